#include "util/io.h"

#include <errno.h>
#include <unistd.h>

int io_read_all(int fd, char *buffer, size_t size, size_t *ret_used)
{
	size_t used = 0;

	while (used < size) {
		ssize_t n = read(fd, buffer + used, size - used);
		if (n < 0 && errno == EINTR) {
			continue;
		}
		if (n < 0) {
			return -errno;
		}
		if (n == 0) {
			*ret_used = used;
			return 0;
		}
		used += (size_t)n;
	}
	return -E2BIG;
}

int io_write_all(int fd, const char *data, size_t size)
{
	while (size > 0) {
		ssize_t n = write(fd, data, size);
		if (n < 0 && errno == EINTR) {
			continue;
		}
		if (n <= 0) {
			return n < 0 ? -errno : -EIO;
		}
		data += n;
		size -= (size_t)n;
	}
	return 0;
}
