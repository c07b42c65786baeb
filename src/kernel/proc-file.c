#include "kernel/proc-file.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <string.h>
#include <unistd.h>

#include "util/cleanup.h"

int proc_file_open(struct proc_file *file, const struct sysroot *root, const char *path)
{
	char full[PATH_MAX];
	int r = sysroot_path(root, path, full, sizeof(full));

	file->fd = -1;
	if (r < 0) {
		return r;
	}
	file->fd = open(full, O_RDONLY | O_CLOEXEC | O_NOCTTY);
	return file->fd < 0 ? -errno : 0;
}

int proc_file_read(const struct proc_file *file, char *buffer, size_t size)
{
	size_t used = 0;

	while (used < size - 1) {
		ssize_t n = pread(file->fd, buffer + used, size - 1 - used, (off_t)used);
		if (n < 0 && errno == EINTR) {
			continue;
		}
		if (n < 0) {
			return -errno;
		}
		if (n == 0) {
			buffer[used] = '\0';
			return 0;
		}
		used += (size_t)n;
	}
	buffer[used] = '\0';
	return -E2BIG;
}

void proc_file_close(struct proc_file *file)
{
	file->fd = close_fd(file->fd);
}
