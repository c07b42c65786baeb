/*
 * The names are kept, one after the other in one block, and sorted by an index of their offsets;
 * both are bounded. What a file holds is read when it is its turn.
 */
#include "source/replay-impl.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <string.h>
#include <sys/stat.h>

#include "util/cleanup.h"

#define FILES_MAX ((uint32_t)100000)
#define NAMES_MAX ((size_t)4 << 20) /* bytes of all names together */

struct folder {
	int fd;
	char *path;
	char *names;
	size_t names_used, names_size;
	uint32_t *offsets; /* of names, sorted */
	uint32_t n, n_allocated;
	uint32_t next;
	uint32_t n_missing; /* files in a row that were not there */
};

size_t replay_folder_worst_bytes(void)
{
	return sizeof(struct folder) + 2 * NAMES_MAX + 2 * FILES_MAX * sizeof(uint32_t);
}

static void folder_close(void *recording)
{
	struct folder *folder = recording;

	close_fd(folder->fd);
	free(folder->offsets);
	free(folder->names);
	free(folder->path);
	free(folder);
}

static bool has_suffix(const char *name, const char *suffix)
{
	size_t length = strlen(name), suffix_length = strlen(suffix);

	return length > suffix_length && strcasecmp(name + length - suffix_length, suffix) == 0;
}

/* Makes room for one more name of so many bytes. */
static int reserve(struct folder *folder, size_t bytes)
{
	if (folder->n == FILES_MAX || folder->names_used + bytes > NAMES_MAX) {
		return -EINVAL;
	}
	if (folder->n == folder->n_allocated) {
		uint32_t n = folder->n_allocated ? 2 * folder->n_allocated : 64;
		uint32_t *offsets = reallocarray(folder->offsets, n, sizeof(*offsets));
		if (!offsets) {
			return -ENOMEM;
		}
		folder->offsets = offsets;
		folder->n_allocated = n;
	}
	if (folder->names_used + bytes > folder->names_size) {
		size_t size = 2 * folder->names_size + bytes + 1024;
		char *names = realloc(folder->names, size);
		if (!names) {
			return -ENOMEM;
		}
		folder->names = names;
		folder->names_size = size;
	}
	return 0;
}

static int add_name(struct folder *folder, const char *name)
{
	size_t bytes = strlen(name) + 1;
	int r = reserve(folder, bytes);

	if (r < 0) {
		return r;
	}
	folder->offsets[folder->n++] = (uint32_t)folder->names_used;
	memcpy(folder->names + folder->names_used, name, bytes);
	folder->names_used += bytes;
	return 0;
}

static int compare_names(const void *a, const void *b, void *names)
{
	return strcmp((const char *)names + *(const uint32_t *)a,
		(const char *)names + *(const uint32_t *)b);
}

static int read_names(struct folder *folder)
{
	int fd = fcntl(folder->fd, F_DUPFD_CLOEXEC, 0);
	DIR *dir = fd >= 0 ? fdopendir(fd) : NULL;
	const struct dirent *entry;
	int r = 0;

	if (!dir) {
		r = -errno;
		close_fd(fd);
		return r;
	}
	errno = 0;
	while (r == 0 && (entry = readdir(dir))) {
		if (has_suffix(entry->d_name, ".jpg") || has_suffix(entry->d_name, ".jpeg")) {
			r = add_name(folder, entry->d_name);
		}
	}
	r = r == 0 ? -errno : r;
	closedir(dir);
	if (folder->n > 1) {
		qsort_r(folder->offsets, folder->n, sizeof(*folder->offsets), compare_names,
			folder->names);
	}
	return r;
}

/* Reads a whole regular file. 0 or the enum frame_drop; a negative errno of opening it. */
static int read_picture(const struct folder *folder, const char *name, struct frame *frame)
{
	_cleanup_close_ int fd =
		openat(folder->fd, name, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	struct stat status;

	if (fd < 0 || fstat(fd, &status) < 0) {
		return -errno;
	}
	if (!S_ISREG(status.st_mode)) {
		return FRAME_DROP_CORRUPT;
	}
	if ((uint64_t)status.st_size > frame->capacity) {
		return FRAME_DROP_OVERSIZE;
	}
	while (frame->size < (size_t)status.st_size) {
		ssize_t n =
			read(fd, frame->data + frame->size, (size_t)status.st_size - frame->size);
		if (n < 0 && errno == EINTR) {
			continue;
		}
		if (n < 0) {
			return FRAME_DROP_CORRUPT;
		}
		if (n == 0) {
			break; /* it has become shorter */
		}
		frame->size += (size_t)n;
	}
	return frame->size == 0 ? FRAME_DROP_EMPTY : 0;
}

static bool is_deleted(const struct folder *folder)
{
	struct stat status;

	return fstat(folder->fd, &status) < 0 || status.st_nlink == 0;
}

static int folder_read(void *recording, struct frame *frame, struct error *err)
{
	struct folder *folder = recording;
	const char *name = folder->names + folder->offsets[folder->next];

	folder->next = (folder->next + 1) % folder->n;
	int r = read_picture(folder, name, frame);
	if (r >= 0) {
		folder->n_missing = 0;
		return r;
	}
	if (is_deleted(folder)) {
		return error_set(err, -ENOENT, "replay: %s: the folder was deleted", folder->path);
	}
	if (++folder->n_missing >= folder->n) {
		return error_set(err, r, "replay: %s: no picture of %u can be opened: %s",
			folder->path, folder->n, error_name(r));
	}
	return FRAME_DROP_EMPTY;
}

static int error_names(const struct folder *folder, int r, struct error *err)
{
	if (r == -EINVAL) {
		return error_set(err, r, "replay: %s: more than %u pictures, or %zu bytes of names",
			folder->path, FILES_MAX, NAMES_MAX);
	}
	return error_set(err, r, "replay: %s: reading the folder: %s", folder->path, error_name(r));
}

int replay_folder_open(int fd, const char *path, const struct replay_ops **ret_ops,
	void **ret_folder, struct error *err)
{
	static const struct replay_ops ops = {.read = folder_read, .close = folder_close};
	struct folder *folder = calloc(1, sizeof(*folder));

	if (!folder) {
		close_fd(fd);
		return error_set(err, -ENOMEM, "replay: %s: %s", path, error_name(-ENOMEM));
	}
	folder->fd = fd;
	folder->path = strdup(path);
	int r = folder->path ? read_names(folder) : -ENOMEM;
	if (r < 0) {
		r = error_names(folder, r, err);
	} else if (folder->n == 0) {
		r = error_set(err, -ENOENT, "replay: %s: no .jpg or .jpeg in this folder", path);
	}
	if (r < 0) {
		folder_close(folder);
		return r;
	}
	*ret_ops = &ops;
	*ret_folder = folder;
	return 0;
}
