#include "watch/replace.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <unistd.h>

#include "util/cleanup.h"
#include "util/io.h"

int replace_file(const char *path, const char *data, size_t size)
{
	char temporary[PATH_MAX];

	if ((size_t)snprintf(temporary, sizeof(temporary), "%s.tmp", path) >= sizeof(temporary)) {
		return -ENAMETOOLONG;
	}
	_cleanup_close_ int fd =
		open(temporary, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOCTTY, 0644);
	if (fd < 0) {
		return -errno;
	}
	int r = io_write_all(fd, data, size);
	if (r < 0) {
		unlink(temporary);
		return r;
	}
	return rename(temporary, path) < 0 ? -errno : 0;
}
