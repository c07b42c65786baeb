/*
 * Preloaded into a program: watches that what a power cut must not lose is on the disk in time. At
 * each call that changes something on the machine, all that was written below the folder DURABLE is
 * there, with its names, and the other way round: what was changed is there before that folder
 * tells of it. A file is there before it takes the name of another; and all of it when the program
 * ends. What is not is written to the file REPORT, and at the end how many changes of the machine
 * there were. What goes with a power cut in any case is not watched.
 */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/swap.h>
#include <unistd.h>

#include "preload.h"

#define DIRTY_MAX 64

static char dirty[DIRTY_MAX][PATH_MAX]; /* files and folders, by their paths */
static size_t n_dirty;
static unsigned n_changes;
static pid_t first;

static void report(const char *what, const char *path)
{
	char line[2 * PATH_MAX];
	int fd = NEXT(open64)(getenv("REPORT"), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
	int size = snprintf(line, sizeof(line), "%s %s\n", what, path);

	if (fd < 0 || NEXT(write)(fd, line, (size_t)size) != size) {
		abort();
	}
	close(fd);
}

static bool is_below(const char *path, const char *folder)
{
	size_t length = strlen(folder);

	return strncmp(path, folder, length) == 0 && (path[length] == '/' || !path[length]);
}

static bool is_lost_anyway(const char *path)
{
	static const char *const folders[] = {"/dev", "/proc", "/run", "/sys"};

	for (size_t i = 0; i < sizeof(folders) / sizeof(folders[0]); i++) {
		if (is_below(path, folders[i])) {
			return true;
		}
	}
	return false;
}

static void clean(const char *path)
{
	for (size_t i = 0; i < n_dirty; i++) {
		if (strcmp(dirty[i], path) == 0) {
			memmove(dirty[i], dirty[--n_dirty], PATH_MAX);
			return;
		}
	}
}

static bool is_dirty(const char *path)
{
	for (size_t i = 0; i < n_dirty; i++) {
		if (strcmp(dirty[i], path) == 0) {
			return true;
		}
	}
	return false;
}

static void soil(const char *path)
{
	if (is_lost_anyway(path) || is_dirty(path)) {
		return;
	}
	if (n_dirty == DIRTY_MAX) {
		abort();
	}
	snprintf(dirty[n_dirty++], PATH_MAX, "%s", path);
}

static void soil_folder_of(const char *path)
{
	char folder[PATH_MAX];
	const char *slash = strrchr(path, '/');

	snprintf(folder, sizeof(folder), "%.*s", (int)(slash - path), path);
	soil(folder);
}

static bool is_durable(const char *path)
{
	const char *folder = getenv("DURABLE");

	return is_below(path, folder) || is_below(folder, path);
}

/* A call that changes path: what waits for the disk is of the same side. */
static void change(const char *call, const char *path)
{
	bool is_ours = is_durable(path);

	n_changes += !is_ours;
	for (size_t i = 0; i < n_dirty; i++) {
		if (is_durable(dirty[i]) != is_ours) {
			report(call, dirty[i]);
		}
	}
}

static void path_of(int fd, const char *name, char path[static PATH_MAX])
{
	if (name && name[0] == '/') {
		snprintf(path, PATH_MAX, "%s", name);
		return;
	}
	preload_path(fd, path);
	size_t length = strlen(path);
	if (length == 0) {
		abort();
	}
	if (name) {
		snprintf(path + length, PATH_MAX - length, "/%s", name);
	}
}

__attribute__((constructor)) static void begin(void)
{
	first = getpid();
}

__attribute__((destructor)) static void end(void)
{
	char text[32];

	if (getpid() != first) {
		return;
	}
	for (size_t i = 0; i < n_dirty; i++) {
		report("exit", dirty[i]);
	}
	snprintf(text, sizeof(text), "%u", n_changes);
	report("changes", text);
}

static void write_to(const char *call, int fd)
{
	char path[PATH_MAX];

	path_of(fd, NULL, path);
	change(call, path);
	soil(path);
}

ssize_t write(int fd, const void *data, size_t size)
{
	if (fd > STDERR_FILENO) {
		write_to(__func__, fd);
	}
	return NEXT(write)(fd, data, size);
}

ssize_t pwrite64(int fd, const void *data, size_t size, off64_t offset)
{
	write_to(__func__, fd);
	return NEXT(pwrite64)(fd, data, size, offset);
}

int ftruncate64(int fd, off64_t size)
{
	write_to(__func__, fd);
	return NEXT(ftruncate64)(fd, size);
}

int fsync(int fd)
{
	char path[PATH_MAX];

	path_of(fd, NULL, path);
	clean(path);
	return NEXT(fsync)(fd);
}

static void move(const char *from, const char *to)
{
	if (is_dirty(from)) {
		report("rename", from);
	}
	change("rename", to);
	soil_folder_of(from);
	soil_folder_of(to);
}

int rename(const char *from, const char *to)
{
	move(from, to);
	return NEXT(rename)(from, to);
}

int renameat(int from_fd, const char *from, int to_fd, const char *to)
{
	char from_path[PATH_MAX], to_path[PATH_MAX];

	path_of(from_fd, from, from_path);
	path_of(to_fd, to, to_path);
	move(from_path, to_path);
	return NEXT(renameat)(from_fd, from, to_fd, to);
}

/* result: of a call that changed a name in the folder of path. */
static int changed(int result, const char *path)
{
	int number = errno;

	if (result >= 0) {
		soil_folder_of(path);
	}
	errno = number;
	return result;
}

/* What is gone need not be on the disk itself. */
static int removed(int result, const char *path)
{
	if (result == 0) {
		clean(path);
	}
	return changed(result, path);
}

int unlink(const char *path)
{
	change(__func__, path);
	return removed(NEXT(unlink)(path), path);
}

int unlinkat(int fd, const char *name, int flags)
{
	char path[PATH_MAX];

	path_of(fd, name, path);
	change(__func__, path);
	return removed(NEXT(unlinkat)(fd, name, flags), path);
}

int mkdir(const char *path, mode_t mode)
{
	change(__func__, path);
	return changed(NEXT(mkdir)(path, mode), path);
}

int rmdir(const char *path)
{
	change(__func__, path);
	return removed(NEXT(rmdir)(path), path);
}

int symlink(const char *target, const char *path)
{
	change(__func__, path);
	return changed(NEXT(symlink)(target, path), path);
}

int swapon(const char *path, int flags)
{
	change(__func__, path);
	return NEXT(swapon)(path, flags);
}

int swapoff(const char *path)
{
	change(__func__, path);
	return NEXT(swapoff)(path);
}

static int create(int fd, const char *name, int flags, mode_t mode)
{
	char path[PATH_MAX];

	path_of(fd, name, path);
	bool is_new = access(path, F_OK) < 0;
	change("open", path);
	int r = NEXT(openat64)(fd, name, flags, mode);
	return is_new ? changed(r, path) : r;
}

int open64(const char *path, int flags, ...)
{
	va_list arguments;

	va_start(arguments, flags);
	mode_t mode = preload_mode(flags, arguments);
	va_end(arguments);
	return flags & O_CREAT ? create(AT_FDCWD, path, flags, mode)
			       : NEXT(open64)(path, flags, mode);
}

int openat64(int fd, const char *path, int flags, ...)
{
	va_list arguments;

	va_start(arguments, flags);
	mode_t mode = preload_mode(flags, arguments);
	va_end(arguments);
	return flags & O_CREAT ? create(fd, path, flags, mode)
			       : NEXT(openat64)(fd, path, flags, mode);
}
