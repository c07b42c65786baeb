/* Looks through /proc, because the kernel does not tell who holds a device. */
#include "source/v4l2/v4l2-holders.h"

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>

#include "util/cleanup.h"

static bool links_to(const struct sysroot *root, const char *path, const char *target)
{
	char link[PATH_MAX];

	return sysroot_readlink(root, path, link, sizeof(link)) == 0 && strcmp(link, target) == 0;
}

static bool process_has_open(const struct sysroot *root, const char *pid, const char *node)
{
	char path[64];
	struct dirent *entry;

	snprintf(path, sizeof(path), "/proc/%.16s/fd", pid);
	_cleanup_folder_ DIR *folder = sysroot_open_folder(root, path);
	if (!folder) {
		return false; /* ended meanwhile, or not for us to see */
	}
	while ((entry = readdir(folder))) {
		snprintf(path, sizeof(path), "/proc/%.16s/fd/%.16s", pid, entry->d_name);
		if (links_to(root, path, node)) {
			return true;
		}
	}
	return false;
}

static void read_command(const struct sysroot *root, const char *pid, char *buffer, size_t size)
{
	char path[64];

	snprintf(path, sizeof(path), "/proc/%.16s/comm", pid);
	if (sysroot_read(root, path, buffer, size) < 0) {
		snprintf(buffer, size, "?");
	}
	for (char *c = buffer; *c; c++) {
		if (!isprint((unsigned char)*c)) {
			*c = '?';
		}
	}
}

size_t v4l2_find_holders(
	const struct sysroot *root, const char *node, struct v4l2_holder *ret_holders, size_t max)
{
	struct dirent *entry;
	size_t n = 0;
	DIR *processes = sysroot_open_folder(root, "/proc");

	if (!processes) {
		return 0;
	}
	while (n < max && (entry = readdir(processes))) {
		const char *pid = entry->d_name;
		if (!isdigit((unsigned char)*pid) || !process_has_open(root, pid, node)) {
			continue;
		}
		ret_holders[n].pid = (pid_t)strtol(pid, NULL, 10);
		read_command(root, pid, ret_holders[n].command, sizeof(ret_holders[n].command));
		n++;
	}
	closedir(processes);
	return n;
}

int v4l2_error_busy(const char *path, struct error *err)
{
	struct v4l2_holder holders[V4L2_HOLDERS_MAX];
	_cleanup_free_ char *real = realpath(path, NULL);
	size_t n = v4l2_find_holders(&sysroot_real, real ? real : path, holders, V4L2_HOLDERS_MAX);

	for (size_t i = 0; i < n; i++) {
		/* This process has it open to be told that it is busy. */
		if (holders[i].pid != getpid()) {
			return error_set(err, -EBUSY,
				"%s: held by %s (process %d); end it, or choose another device",
				path, holders[i].command, (int)holders[i].pid);
		}
	}
	return error_set(err, -EBUSY,
		"%s: held by another program or another camera; end it, or choose another device",
		path);
}
