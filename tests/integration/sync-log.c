/*
 * Preloaded into the program: each fsync that succeeds is a line "fsync PATH" in the file that
 * SYNC_LOG names. The mock of systemd writes its calls there, too: so the test sees their order.
 */
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "preload.h"

static void write_line(const char *path)
{
	char line[PATH_MAX + sizeof("fsync \n")];
	const char *log = getenv("SYNC_LOG");
	int fd = log ? open(log, O_WRONLY | O_APPEND | O_CLOEXEC) : -1;

	if (fd >= 0) {
		int length = snprintf(line, sizeof(line), "fsync %s\n", path);
		if (write(fd, line, (size_t)length) != length) {
			abort();
		}
		close(fd);
	}
}

int fsync(int fd)
{
	char path[PATH_MAX];
	int r = NEXT(fsync)(fd);

	preload_path(fd, path);
	if (r == 0 && path[0]) {
		write_line(path);
	}
	return r;
}
