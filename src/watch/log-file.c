#include "watch/log-file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "util/cleanup.h"
#include "util/io.h"

void log_file_init(struct log_file *file, const struct log_file_settings *settings)
{
	*file = (struct log_file){.settings = settings, .fd = -1};
}

void log_file_done(struct log_file *file)
{
	file->fd = close_fd(file->fd);
}

static bool is_standard_output(const struct log_file *file)
{
	return strcmp(file->settings->path, "-") == 0;
}

static int open_file(struct log_file *file, uint64_t now_ns)
{
	struct stat status;

	file->fd = open(
		file->settings->path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | O_NOCTTY, 0644);
	if (file->fd < 0) {
		return -errno;
	}
	if (fstat(file->fd, &status) < 0) {
		int r = -errno;
		file->fd = close_fd(file->fd);
		return r;
	}
	file->device = status.st_dev;
	file->inode = status.st_ino;
	file->size_bytes = (uint64_t)status.st_size;
	file->begun_ns = now_ns;
	return 0;
}

/* Whether the path leads to another file by now, or to none. */
static bool was_moved(const struct log_file *file)
{
	struct stat status;

	return stat(file->settings->path, &status) < 0 || status.st_dev != file->device ||
	       status.st_ino != file->inode;
}

static bool is_full(const struct log_file *file, size_t size, uint64_t now_ns)
{
	const struct log_file_settings *settings = file->settings;

	if (file->size_bytes == 0) {
		return false;
	}
	return (settings->rotate_bytes > 0 && file->size_bytes + size > settings->rotate_bytes) ||
	       (settings->rotate_age_ns > 0 && now_ns - file->begun_ns >= settings->rotate_age_ns);
}

/* FILE.7 to FILE.8 first, FILE to FILE.1 last: a crash in between loses nothing. */
static int rotate(struct log_file *file)
{
	char from[LOG_FILE_PATH_MAX + 16], to[LOG_FILE_PATH_MAX + 16];
	const char *path = file->settings->path;

	for (unsigned i = file->settings->keep; i > 0; i--) {
		snprintf(to, sizeof(to), "%s.%u", path, i);
		if (i > 1) {
			snprintf(from, sizeof(from), "%s.%u", path, i - 1);
		} else {
			snprintf(from, sizeof(from), "%s", path);
		}
		if (rename(from, to) < 0 && errno != ENOENT) {
			return -errno;
		}
	}
	if (file->settings->keep == 0 && unlink(path) < 0) {
		return -errno;
	}
	file->fd = close_fd(file->fd);
	return 0;
}

/* Of a line that did not fit as a whole, the part is taken back. */
static int append(struct log_file *file, const char *line, size_t size)
{
	ssize_t n = write(file->fd, line, size);

	if (n == (ssize_t)size) {
		file->size_bytes += size;
		return 0;
	}
	int r = n < 0 ? -errno : -ENOSPC;
	if (n > 0 && ftruncate(file->fd, (off_t)file->size_bytes) < 0) {
		return -errno;
	}
	return r == -EINTR ? -EAGAIN : r;
}

int log_file_write(struct log_file *file, const char *line, size_t size, uint64_t now_ns)
{
	if (!file->settings->path[0]) {
		return 0;
	}
	if (is_standard_output(file)) {
		return io_write_all(STDOUT_FILENO, line, size);
	}
	if (file->fd >= 0 && was_moved(file)) {
		file->fd = close_fd(file->fd);
	}
	int r = file->fd < 0 ? open_file(file, now_ns) : 0;
	if (r == 0 && is_full(file, size, now_ns)) {
		r = rotate(file);
		if (r == 0) {
			r = open_file(file, now_ns);
		}
	}
	return r < 0 ? r : append(file, line, size);
}
