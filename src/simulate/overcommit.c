#include "simulate/overcommit.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <jansson.h>
#include <limits.h>
#include <stdio.h>
#include <sys/file.h>
#include <unistd.h>

#include "util/cleanup.h"
#include "util/file/folder.h"
#include "util/json.h"
#include "util/log.h"
#include "util/parse.h"

#define SYSCTL "/proc/sys/vm/nr_overcommit_hugepages"
#define FOLDER "/run/twinlens-simulate"
#define LOCK   FOLDER "/lock"
#define STATE  FOLDER "/nr_overcommit_hugepages.json"
#define NEW    STATE ".new"

static int read_value(const struct sysroot *root, uint64_t *ret_value)
{
	char text[32];
	int r = sysroot_read(root, SYSCTL, text, sizeof(text));

	return r < 0 ? r : parse_u64(text, 0, INT64_MAX, ret_value);
}

static int write_value(const struct sysroot *root, uint64_t value, struct error *err)
{
	char text[32];

	snprintf(text, sizeof(text), "%" PRIu64, value);
	int r = sysroot_write(root, SYSCTL, text);
	return r < 0 ? error_set(err, r, SYSCTL ": cannot write %s: %s", text, error_name(r)) : 0;
}

static int make_folder(const struct sysroot *root)
{
	char path[PATH_MAX];
	int r = sysroot_path(root, FOLDER, path, sizeof(path));

	return r < 0 ? r : folder_make(path);
}

int overcommit_lock(const struct sysroot *root, struct error *err)
{
	char path[PATH_MAX];
	int r = make_folder(root);

	if (r == 0) {
		r = sysroot_path(root, LOCK, path, sizeof(path));
	}
	if (r < 0) {
		return error_set(err, r, FOLDER ": %s", error_name(r));
	}
	_cleanup_close_ int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (fd < 0) {
		return error_set(err, -errno, LOCK ": %s", error_name(-errno));
	}
	if (flock(fd, LOCK_EX | LOCK_NB) < 0) {
		return errno == EWOULDBLOCK
			       ? error_set(err, -EBUSY,
					 "another twinlens simulate --whole-machine is running; "
					 "wait for its end")
			       : error_set(err, -errno, LOCK ": %s", error_name(-errno));
	}
	return take_fd(fd);
}

static int write_state(const struct sysroot *root, uint64_t before, uint64_t set, struct error *err)
{
	char path[PATH_MAX], new[PATH_MAX];
	_cleanup_json_ json_t *state =
		json_pack("{s:I, s:I}", "before", (json_int_t)before, "set", (json_int_t)set);
	int r = sysroot_path(root, STATE, path, sizeof(path));

	if (r == 0) {
		r = sysroot_path(root, NEW, new, sizeof(new));
	}
	if (r == 0 && !state) {
		r = -ENOMEM;
	}
	if (r == 0 && (json_dump_file(state, new, 0) < 0 || rename(new, path) < 0)) {
		r = errno ? -errno : -EIO;
	}
	return r < 0 ? error_set(err, r, STATE ": %s", error_name(r)) : 0;
}

int overcommit_raise(const struct sysroot *root, uint64_t pages, struct error *err)
{
	uint64_t before;
	int r = read_value(root, &before);

	if (r < 0) {
		return error_set(err, r == -ENOENT ? -ENOTSUP : r, SYSCTL ": %s", error_name(r));
	}
	r = write_state(root, before, before + pages, err);
	return r < 0 ? r : write_value(root, before + pages, err);
}

static int restore(const struct sysroot *root, const json_t *state, struct error *err)
{
	const json_t *before = json_object_get(state, "before"),
		     *set = json_object_get(state, "set");
	uint64_t value;

	if (!json_is_integer(before) || !json_is_integer(set) || json_integer_value(before) < 0) {
		return error_set(err, -EBADMSG, STATE ": not a state file; remove it");
	}
	int r = read_value(root, &value);
	if (r < 0) {
		return error_set(err, r, SYSCTL ": %s", error_name(r));
	}
	if (value == (uint64_t)json_integer_value(set)) {
		return write_value(root, (uint64_t)json_integer_value(before), err);
	}
	if (value != (uint64_t)json_integer_value(before)) {
		log_warning(SYSCTL ": it is %" PRIu64
				   ", changed by something else since; it was %lld "
				   "before the simulation",
			value, (long long)json_integer_value(before));
	}
	return 0;
}

int overcommit_restore(const struct sysroot *root, struct error *err)
{
	char path[PATH_MAX];
	json_error_t bad;
	int r = sysroot_path(root, STATE, path, sizeof(path));

	if (r < 0 || !sysroot_exists(root, STATE)) {
		return r;
	}
	_cleanup_json_ json_t *state = json_load_file(path, 0, &bad);
	if (!state) {
		return error_set(err, -EBADMSG, STATE ": %s; remove it", bad.text);
	}
	r = restore(root, state, err);
	if (r == 0 && unlink(path) < 0) {
		r = error_set(err, -errno, STATE ": %s", error_name(-errno));
	}
	return r;
}
