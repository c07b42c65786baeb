/*
 * Preloaded into a program: counts the calls that change something on the machine, and before the
 * KILL_AT-th, or the first of the function KILL_CALL, sends the whole program KILL_SIGNAL (9 by
 * default). Children count with their parent.
 * With HANG_SWAPOFF, swapoff(2) never returns; with FAIL_SWAPOFF it fails with that errno. With
 * MEMORY_FILE, what the process has for itself is written there when it ends.
 */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/swap.h>
#include <time.h>
#include <unistd.h>

#include "preload.h"

static _Atomic long *count;
static const char *kill_call;
static long kill_at;
static int kill_signal = SIGKILL;
static pid_t first;

__attribute__((constructor)) static void begin(void)
{
	const char *at = getenv("KILL_AT"), *number = getenv("KILL_SIGNAL");

	kill_call = getenv("KILL_CALL");
	kill_at = at ? atol(at) : 0;
	kill_signal = number ? atoi(number) : SIGKILL;
	first = getpid();
	count = mmap(
		NULL, sizeof(*count), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (count == MAP_FAILED) {
		abort();
	}
}

__attribute__((destructor)) static void end(void)
{
	const char *path = getenv("MEMORY_FILE");
	char line[256];

	if (!path || getpid() != first) {
		return;
	}
	FILE *in = fopen("/proc/self/smaps_rollup", "re"), *out = fopen(path, "we");
	while (in && out && fgets(line, sizeof(line), in)) {
		fputs(line, out);
	}
	if (out) {
		fclose(out);
	}
}

static void step(const char *function)
{
	bool is_at = kill_call ? strcmp(function, kill_call) == 0
			       : kill_at > 0 && atomic_fetch_add(count, 1) + 1 == kill_at;

	if (!is_at) {
		return;
	}
	kill(first, kill_signal);
	if (kill_signal == SIGKILL) {
		kill(getpid(), SIGKILL);
	}
}

ssize_t write(int fd, const void *data, size_t size)
{
	if (fd > STDERR_FILENO) {
		step(__func__);
	}
	return NEXT(write)(fd, data, size);
}

ssize_t pwrite64(int fd, const void *data, size_t size, off64_t offset)
{
	step(__func__);
	return NEXT(pwrite64)(fd, data, size, offset);
}

static bool is_hot_add(int fd)
{
	static const char name[] = "/hot_add";
	char path[PATH_MAX];

	preload_path(fd, path);
	size_t length = strlen(path);
	return length >= strlen(name) && strcmp(path + length - strlen(name), name) == 0;
}

static uint64_t now_us(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000000 + (uint64_t)now.tv_nsec / 1000;
}

/* Returns when the child is about to count the time. */
static void kill_after_us(uint64_t delay_us)
{
	_Atomic bool *is_ready = mmap(
		NULL, sizeof(*is_ready), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	pid_t child = is_ready == MAP_FAILED ? -1 : fork();

	if (child < 0) {
		abort();
	}
	if (child > 0) {
		while (!atomic_load(is_ready)) {
		}
		return;
	}
	atomic_store(is_ready, true);
	for (uint64_t begun = now_us(); now_us() - begun < delay_us;) {
	}
	kill(first, SIGKILL);
	_exit(0);
}

/* From hot_add: it makes a device. */
ssize_t read(int fd, void *data, size_t size)
{
	if (is_hot_add(fd)) {
		step("hot_add");
		if (getenv("KILL_IN_HOT_ADD")) {
			kill_after_us((uint64_t)atol(getenv("KILL_IN_HOT_ADD")));
		}
	}
	return NEXT(read)(fd, data, size);
}

int fsync(int fd)
{
	step(__func__);
	return NEXT(fsync)(fd);
}

int ftruncate64(int fd, off64_t size)
{
	step(__func__);
	return NEXT(ftruncate64)(fd, size);
}

int rename(const char *from, const char *to)
{
	step(__func__);
	return NEXT(rename)(from, to);
}

int renameat(int from_fd, const char *from, int to_fd, const char *to)
{
	step(__func__);
	return NEXT(renameat)(from_fd, from, to_fd, to);
}

int unlink(const char *path)
{
	step(__func__);
	return NEXT(unlink)(path);
}

int unlinkat(int fd, const char *path, int flags)
{
	step(__func__);
	return NEXT(unlinkat)(fd, path, flags);
}

int mkdir(const char *path, mode_t mode)
{
	step(__func__);
	return NEXT(mkdir)(path, mode);
}

int rmdir(const char *path)
{
	step(__func__);
	return NEXT(rmdir)(path);
}

int symlink(const char *target, const char *path)
{
	step(__func__);
	return NEXT(symlink)(target, path);
}

int swapon(const char *path, int flags)
{
	step(__func__);
	return NEXT(swapon)(path, flags);
}

int swapoff(const char *path)
{
	step(__func__);
	if (getenv("HANG_SWAPOFF")) {
		pause();
	}
	if (getenv("FAIL_SWAPOFF")) {
		errno = atoi(getenv("FAIL_SWAPOFF"));
		return -1;
	}
	return NEXT(swapoff)(path);
}

int open64(const char *path, int flags, ...)
{
	va_list arguments;

	va_start(arguments, flags);
	mode_t mode = preload_mode(flags, arguments);
	va_end(arguments);
	if (flags & O_CREAT) {
		step(__func__);
	}
	return NEXT(open64)(path, flags, mode);
}

int openat64(int fd, const char *path, int flags, ...)
{
	va_list arguments;

	va_start(arguments, flags);
	mode_t mode = preload_mode(flags, arguments);
	va_end(arguments);
	if (flags & O_CREAT) {
		step(__func__);
	}
	return NEXT(openat64)(fd, path, flags, mode);
}
