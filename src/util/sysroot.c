#include "util/sysroot.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "util/cleanup.h"
#include "util/io.h"

const struct sysroot sysroot_real = {.path = ""};

int sysroot_path(const struct sysroot *root, const char *path, char *buffer, size_t size)
{
	int length = snprintf(buffer, size, "%s%s", root->path, path);

	return length < 0 || (size_t)length >= size ? -ENAMETOOLONG : 0;
}

int sysroot_read(const struct sysroot *root, const char *path, char *buffer, size_t size)
{
	char full[PATH_MAX];
	int r = sysroot_path(root, path, full, sizeof(full));
	if (r < 0) {
		return r;
	}
	_cleanup_close_ int fd = open(full, O_RDONLY | O_CLOEXEC);
	if (fd < 0) {
		return -errno;
	}
	size_t used = 0;
	r = io_read_all(fd, buffer, size, &used);
	if (r < 0) {
		return r;
	}
	while (used > 0 && isspace((unsigned char)buffer[used - 1])) {
		used--;
	}
	buffer[used] = '\0';
	return 0;
}

int sysroot_write(const struct sysroot *root, const char *path, const char *text)
{
	char full[PATH_MAX];
	size_t size = strlen(text);

	int r = sysroot_path(root, path, full, sizeof(full));
	if (r < 0) {
		return r;
	}
	/* O_TRUNC, which the kernel's files pass over, makes captured trees behave like them. */
	_cleanup_close_ int fd = open(full, O_WRONLY | O_TRUNC | O_CLOEXEC | O_NOCTTY);
	if (fd < 0) {
		return -errno;
	}
	ssize_t n = write(fd, text, size);
	if (n < 0) {
		return -errno;
	}
	return (size_t)n == size ? 0 : -EIO;
}

FILE *sysroot_open_file(const struct sysroot *root, const char *path)
{
	char full[PATH_MAX];

	int r = sysroot_path(root, path, full, sizeof(full));
	if (r < 0) {
		errno = -r;
		return NULL;
	}
	return fopen(full, "re");
}

DIR *sysroot_open_folder(const struct sysroot *root, const char *path)
{
	char full[PATH_MAX];

	int r = sysroot_path(root, path, full, sizeof(full));
	if (r < 0) {
		errno = -r;
		return NULL;
	}
	return opendir(full);
}

int sysroot_readlink(const struct sysroot *root, const char *path, char *buffer, size_t size)
{
	char full[PATH_MAX];

	int r = sysroot_path(root, path, full, sizeof(full));
	if (r < 0) {
		return r;
	}
	ssize_t length = readlink(full, buffer, size);
	if (length < 0) {
		return -errno;
	}
	if ((size_t)length == size) {
		return -ENAMETOOLONG;
	}
	buffer[length] = '\0';
	return 0;
}

bool sysroot_exists(const struct sysroot *root, const char *path)
{
	char full[PATH_MAX];
	struct stat status;

	return sysroot_path(root, path, full, sizeof(full)) == 0 && lstat(full, &status) == 0;
}
