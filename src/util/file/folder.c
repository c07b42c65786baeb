#include "util/file/folder.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "util/cleanup.h"
#include "util/io.h"

static int split_parent(const char *path, char *parent)
{
	const char *slash = strrchr(path, '/');

	if (!slash || strlen(path) >= PATH_MAX) {
		return slash ? -ENAMETOOLONG : -EINVAL;
	}
	size_t length = slash == path ? 1 : (size_t)(slash - path);
	memcpy(parent, path, length);
	parent[length] = '\0';
	return 0;
}

int folder_open_parent(const char *path)
{
	char parent[PATH_MAX];

	int r = split_parent(path, parent);
	if (r < 0) {
		return r;
	}
	int fd = open(parent, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	return fd < 0 ? -errno : fd;
}

int folder_sync_parent(const char *path)
{
	_cleanup_close_ int fd = folder_open_parent(path);

	if (fd < 0) {
		return fd;
	}
	return fsync(fd) < 0 ? -errno : 0;
}

int folder_make(const char *path)
{
	char part[PATH_MAX];

	if (path[0] != '/' || strlen(path) >= sizeof(part)) {
		return path[0] == '/' ? -ENAMETOOLONG : -EINVAL;
	}
	for (const char *end = path; *end;) {
		end += 1 + strcspn(end + 1, "/");
		memcpy(part, path, (size_t)(end - path));
		part[end - path] = '\0';
		int r = mkdir(part, 0755) < 0 ? -errno : folder_sync_parent(part);
		if (r < 0 && r != -EEXIST && r != -EISDIR) {
			return r;
		}
	}
	return 0;
}

static int write_durably(const char *path, const char *data, size_t size)
{
	_cleanup_close_ int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
	if (fd < 0) {
		return -errno;
	}
	int r = io_write_all(fd, data, size);
	if (r < 0) {
		return r;
	}
	return fsync(fd) < 0 ? -errno : 0;
}

int folder_replace_file(const char *path, const char *data, size_t size)
{
	char temporary[PATH_MAX];

	if ((size_t)snprintf(temporary, sizeof(temporary), "%s.new", path) >= sizeof(temporary)) {
		return -ENAMETOOLONG;
	}
	int r = write_durably(temporary, data, size);
	if (r == 0 && rename(temporary, path) < 0) {
		r = -errno;
	}
	if (r < 0) {
		unlink(temporary);
		return r;
	}
	return folder_sync_parent(path);
}
