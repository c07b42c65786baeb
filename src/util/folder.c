#include "util/folder.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <string.h>
#include <sys/stat.h>

#include "util/cleanup.h"

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
