#include "util/beside.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

int beside_find(const char *verb, char path[PATH_MAX])
{
	ssize_t length = readlink("/proc/self/exe", path, PATH_MAX - 1);

	if (length < 0) {
		return -errno;
	}
	path[length] = '\0';
	char *last = strrchr(path, '/') + 1;
	size_t room = PATH_MAX - (size_t)(last - path);
	if ((size_t)snprintf(last, room, "twinlens-%s", verb) >= room) {
		return -ENAMETOOLONG;
	}
	return access(path, X_OK) < 0 ? -errno : 0;
}
