/* Commands that change the fake cameras while they run. */
#include "shim.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static int errno_of(const char *name)
{
	for (int error = 1; error < 134; error++) {
		const char *known = strerrorname_np(error);
		if (known && strcmp(known, name) == 0) {
			return error;
		}
	}
	return 0;
}

static int index_of(const char *name, const char *const *names, int n)
{
	for (int i = 0; i < n; i++) {
		if (strcmp(name, names[i]) == 0) {
			return i;
		}
	}
	return -1;
}

static void set_present(struct shim_device *device, bool is_present, const char *path)
{
	if (is_present && path[0]) {
		snprintf(device->path, sizeof(device->path), "%s", path);
	}
	device->is_present = is_present;
	shim_publish(device);
	if (!is_present) {
		shim_hang_up(device);
	}
}

static bool obey_command(
	struct shim_device *device, const char *command, const char *a, const char *b, unsigned n)
{
	static const char *const faults[] = {"none", "error", "empty", "truncated", "tail", "noeoi",
		"nodht", "garbage", "oversize", "overrun"};
	static const char *const calls[] = {
		"open", "querycap", "s_fmt", "reqbufs", "qbuf", "dqbuf", "streamon"};

	if (strcmp(command, "fault") == 0) {
		int fault = index_of(a, faults, SHIM_FAULT_COUNT);
		if (fault < 0) {
			return false;
		}
		device->fault = (enum shim_fault)fault;
		device->fault_left = (unsigned)strtoul(b, NULL, 10);
	} else if (strcmp(command, "refuse") == 0) {
		int call = index_of(a, calls, SHIM_CALL_COUNT);
		if (call < 0) {
			return false;
		}
		device->refusals[call] = (struct shim_refusal){errno_of(b), n};
	} else if (strcmp(command, "freeze") == 0 || strcmp(command, "thaw") == 0) {
		device->is_frozen = command[0] == 'f';
	} else if (strcmp(command, "repeat") == 0) {
		device->repeats = (unsigned)strtoul(a, NULL, 10);
	} else if (strcmp(command, "slow") == 0) {
		device->stop_ms = (unsigned)strtoul(a, NULL, 10);
	} else if (strcmp(command, "disconnect") == 0) {
		set_present(device, false, "");
	} else if (strcmp(command, "reconnect") == 0) {
		set_present(device, true, a);
	} else {
		return false;
	}
	return true;
}

static void obey_line(const char *line)
{
	char path[SHIM_PATH_MAX] = "", command[16] = "", a[SHIM_PATH_MAX] = "", b[32] = "";
	unsigned n = 0;

	if (sscanf(line, "%255s %15s %255s %31s %u", path, command, a, b, &n) < 2) {
		return;
	}
	for (unsigned i = 0; i < shim.n_devices; i++) {
		struct shim_device *device = &shim.devices[i];
		if (strcmp(device->key, path) == 0) {
			if (!obey_command(device, command, a, b, n)) {
				shim_complain("bad command", line);
			}
			return;
		}
	}
	shim_complain("no such device", line);
}

void shim_obey(void)
{
	char text[4096];

	if (shim.control_fd < 0) {
		return;
	}
	ssize_t size = pread(shim.control_fd, text, sizeof(text) - 1, shim.control_offset);
	if (size <= 0) {
		return;
	}
	text[size] = '\0';
	for (char *line = text, *end; (end = strchr(line, '\n')); line = end + 1) {
		*end = '\0';
		shim.control_offset += end + 1 - line;
		obey_line(line);
	}
}

int shim_refuses(struct shim_device *device, enum shim_call call)
{
	struct shim_refusal *refusal = &device->refusals[call];
	int error = refusal->error;

	if (error && refusal->left > 0 && --refusal->left == 0) {
		refusal->error = 0;
	}
	return error;
}
