/* Whether the device files of new zram devices appear in /dev. */
#include "tune/zram/zram-device.h"

#include <limits.h>
#include <stdio.h>
#include <string.h>

#include "util/cleanup.h"

#define DEVICES_MAX 64

/* See proc_pid_mountinfo(5): "22 1 0:5 / /dev rw,relatime shared:2 - devtmpfs udev rw". */
static bool is_devtmpfs(const char *line)
{
	const char *type = strstr(line, " - ");

	return type && strncmp(type, " - devtmpfs ", strlen(" - devtmpfs ")) == 0;
}

/* The kernel makes the files in devtmpfs itself. What is mounted last counts. */
static bool has_devtmpfs(const struct sysroot *root)
{
	_cleanup_file_ FILE *file = sysroot_open_file(root, "/proc/self/mountinfo");
	_cleanup_free_ char *line = NULL;
	char point[8];
	bool is_found = false;
	size_t size = 0;

	while (file && getline(&line, &size, file) > 0) {
		if (sscanf(line, "%*s %*s %*s %*s %7s", point) == 1 && strcmp(point, "/dev") == 0) {
			is_found = is_devtmpfs(line);
		}
	}
	return is_found;
}

bool zram_has_nodes(const struct sysroot *root)
{
	int numbers[DEVICES_MAX];

	if (has_devtmpfs(root)) {
		return true;
	}
	int n = zram_device_list(root, numbers, DEVICES_MAX);
	for (int i = 0; i < n; i++) {
		char path[ZRAM_PATH_MAX];
		zram_device_path(numbers[i], path);
		if (sysroot_exists(root, path)) {
			return true;
		}
	}
	return false;
}
