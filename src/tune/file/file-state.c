#include "tune/file/file-state.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <string.h>
#include <sys/stat.h>

#include "tune/file/file-change.h"
#include "util/cleanup.h"
#include "util/file/folder.h"
#include "util/io.h"
#include "util/json.h"

#define TEMPORARY_SUFFIX ".twinlens-new"

static bool is_type(const json_t *state, const char *type)
{
	return strcmp(json_text(state, "type"), type) == 0;
}

/* The topmost folder above path that is missing. */
static void find_missing(const struct sysroot *root, const char *path, char *missing)
{
	missing[0] = '\0';
	for (const char *slash = strchr(path + 1, '/'); slash; slash = strchr(slash + 1, '/')) {
		char part[PATH_MAX];
		snprintf(part, sizeof(part), "%.*s", (int)(slash - path), path);
		if (!sysroot_exists(root, part)) {
			memcpy(missing, part, strlen(part) + 1);
			return;
		}
	}
}

static json_t *describe_absent(const struct sysroot *root, const char *path)
{
	char missing[PATH_MAX];

	find_missing(root, path, missing);
	return json_pack("{s:s,s:s}", "type", "absent", "made", missing);
}

static json_t *hex_of(const char *data, size_t size)
{
	_cleanup_free_ char *hex = malloc(2 * size + 1);

	if (!hex) {
		return NULL;
	}
	for (size_t i = 0; i < size; i++) {
		snprintf(hex + 2 * i, 3, "%02x", (unsigned char)data[i]);
	}
	return json_stringn(hex, 2 * size);
}

static int describe_file(const char *full, const struct stat *status, json_t **ret_state)
{
	_cleanup_free_ char *data = malloc(FILE_CHANGE_SIZE_MAX);
	_cleanup_close_ int fd = open(full, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NOCTTY);

	if (fd < 0 || !data) {
		return data ? -errno : -ENOMEM;
	}
	ssize_t size = pread(fd, data, FILE_CHANGE_SIZE_MAX, 0);
	if (size < 0 || size == FILE_CHANGE_SIZE_MAX) {
		return size < 0 ? -errno : -EFBIG;
	}
	/* What is not UTF-8 without NUL is no JSON string. */
	json_t *text = memchr(data, '\0', (size_t)size) ? NULL : json_stringn(data, (size_t)size);
	json_t *content = text ? text : hex_of(data, (size_t)size);
	json_t *state = json_pack("{s:s,s:o,s:i,s:i,s:i,s:[I,I]}", "type", "file",
		text ? "text" : "hex", content, "mode", (int)(status->st_mode & 07777), "uid",
		(int)status->st_uid, "gid", (int)status->st_gid, "mtime",
		(json_int_t)status->st_mtim.tv_sec, (json_int_t)status->st_mtim.tv_nsec);
	if (!state) {
		return -ENOMEM;
	}
	*ret_state = state;
	return 0;
}

static int describe_link(const struct sysroot *root, const char *path, json_t **ret_state)
{
	char target[PATH_MAX];

	int r = sysroot_readlink(root, path, target, sizeof(target));
	if (r < 0) {
		return r;
	}
	json_t *state = json_pack("{s:s,s:s}", "type", "link", "target", target);
	if (!state) {
		return -ENOMEM;
	}
	*ret_state = state;
	return 0;
}

int file_state_read(const struct sysroot *root, const char *path, json_t **ret_state)
{
	char full[PATH_MAX];
	struct stat status;

	int r = sysroot_path(root, path, full, sizeof(full));
	if (r < 0) {
		return r;
	}
	if (lstat(full, &status) < 0) {
		if (errno != ENOENT) {
			return -errno;
		}
		*ret_state = describe_absent(root, path);
		return *ret_state ? 0 : -ENOMEM;
	}
	if (S_ISLNK(status.st_mode)) {
		return describe_link(root, path, ret_state);
	}
	return S_ISREG(status.st_mode) ? describe_file(full, &status, ret_state) : -ENOTSUP;
}

static bool is_same_member(const json_t *a, const json_t *b, const char *key, bool is_required)
{
	const json_t *in_a = json_object_get(a, key), *in_b = json_object_get(b, key);

	if (!in_a || !in_b) {
		return !is_required || (!in_a && !in_b);
	}
	return json_equal(in_a, in_b);
}

bool file_state_is_equal(const json_t *a, const json_t *b)
{
	return is_same_member(a, b, "type", true) && is_same_member(a, b, "target", true) &&
	       is_same_member(a, b, "text", true) && is_same_member(a, b, "hex", true) &&
	       is_same_member(a, b, "mode", false) && is_same_member(a, b, "uid", false) &&
	       is_same_member(a, b, "gid", false);
}

static int write_content(int fd, const json_t *state)
{
	const char *text = json_text(state, "text");
	const char *hex = json_string_value(json_object_get(state, "hex"));

	if (!hex) {
		return io_write_all(fd, text, strlen(text));
	}
	for (; hex[0] && hex[1]; hex += 2) {
		const char digits[] = {hex[0], hex[1], '\0'};
		const char byte = (char)strtoul(digits, NULL, 16);
		int r = io_write_all(fd, &byte, 1);
		if (r < 0) {
			return r;
		}
	}
	return 0;
}

static int set_attributes(int fd, const json_t *state)
{
	const json_t *mtime = json_object_get(state, "mtime");
	const json_t *uid = json_object_get(state, "uid");

	if (uid && fchown(fd, (uid_t)json_integer_value(uid),
			   (gid_t)json_integer_value(json_object_get(state, "gid"))) < 0) {
		return -errno;
	}
	if (fchmod(fd, (mode_t)json_integer_value(json_object_get(state, "mode"))) < 0) {
		return -errno;
	}
	const struct timespec times[] = {
		{.tv_nsec = UTIME_OMIT},
		{.tv_sec = (time_t)json_integer_value(json_array_get(mtime, 0)),
			.tv_nsec = (long)json_integer_value(json_array_get(mtime, 1))},
	};
	return mtime && futimens(fd, times) < 0 ? -errno : 0;
}

static int write_file(const char *temporary, const json_t *state)
{
	_cleanup_close_ int fd =
		open(temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);

	if (fd < 0) {
		return -errno;
	}
	int r = write_content(fd, state);
	if (r == 0) {
		r = set_attributes(fd, state);
	}
	return r == 0 && fsync(fd) < 0 ? -errno : r;
}

/* Folders that were made for the file go, the lowest first; one that has other files stays. */
static int remove_made(const struct sysroot *root, const char *path, const json_t *state)
{
	const char *made = json_text(state, "made");
	char part[PATH_MAX], full[PATH_MAX];

	if (!made[0]) {
		return 0;
	}
	snprintf(part, sizeof(part), "%s", path);
	while (strlen(part) > strlen(made)) {
		*strrchr(part, '/') = '\0';
		int r = sysroot_path(root, part, full, sizeof(full));
		if (r < 0) {
			return r;
		}
		if (rmdir(full) < 0 && errno != ENOENT) {
			return errno == ENOTEMPTY ? 0 : -errno;
		}
		r = folder_sync_parent(full);
		if (r < 0 && r != -ENOENT) {
			return r;
		}
	}
	return 0;
}

static int remove_file(
	const struct sysroot *root, const char *path, const char *full, const json_t *state)
{
	if (unlink(full) < 0 && errno != ENOENT) {
		return -errno;
	}
	int r = folder_sync_parent(full);
	return r < 0 && r != -ENOENT ? r : remove_made(root, path, state);
}

int file_state_write(const struct sysroot *root, const char *path, const json_t *state)
{
	char full[PATH_MAX - sizeof(TEMPORARY_SUFFIX)], temporary[PATH_MAX], folder[PATH_MAX];

	int r = sysroot_path(root, path, full, sizeof(full));
	if (r < 0) {
		return r;
	}
	snprintf(temporary, sizeof(temporary), "%s" TEMPORARY_SUFFIX, full);
	if (unlink(temporary) < 0 && errno != ENOENT) {
		return -errno;
	}
	if (is_type(state, "absent")) {
		return remove_file(root, path, full, state);
	}
	snprintf(folder, sizeof(folder), "%.*s", (int)(strrchr(full, '/') - full), full);
	r = folder_make(folder);
	if (r == 0 && is_type(state, "link")) {
		r = symlink(json_text(state, "target"), temporary) < 0 ? -errno : 0;
	} else if (r == 0) {
		r = write_file(temporary, state);
	}
	if (r == 0 && rename(temporary, full) < 0) {
		r = -errno;
	}
	if (r < 0) {
		unlink(temporary);
		return r;
	}
	return folder_sync_parent(full);
}

bool file_state_has_leftovers(const struct sysroot *root, const char *path, const json_t *state)
{
	char temporary[PATH_MAX];
	const char *made = json_text(state, "made");

	snprintf(temporary, sizeof(temporary), "%.*s" TEMPORARY_SUFFIX,
		(int)(PATH_MAX - sizeof(TEMPORARY_SUFFIX)), path);
	return sysroot_exists(root, temporary) || (made[0] && sysroot_exists(root, made));
}
