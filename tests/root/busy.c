/*
 * Preloaded into a program: zram devices are busy, as when udev looks at them. Each of the calls
 * that the kernel refuses then (opening one for oneself, swapon, reset, hot_remove) fails BUSY
 * times with EBUSY. OTHER_SIZE is what the kernel makes of a disksize.
 */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/swap.h>
#include <unistd.h>

#include "preload.h"

enum busy_call { BUSY_OPEN, BUSY_SWAPON, BUSY_RESET, BUSY_REMOVE, BUSY_COUNT };

static bool is_busy(enum busy_call call)
{
	static long counts[BUSY_COUNT];
	const char *times = getenv("BUSY");

	if (!times || counts[call]++ >= atol(times)) {
		return false;
	}
	errno = EBUSY;
	return true;
}

static bool ends_in(const char *text, const char *end)
{
	return strlen(text) >= strlen(end) && strcmp(text + strlen(text) - strlen(end), end) == 0;
}

int open64(const char *path, int flags, ...)
{
	va_list arguments;

	va_start(arguments, flags);
	mode_t mode = preload_mode(flags, arguments);
	va_end(arguments);
	bool is_alone = !(flags & O_CREAT) && (flags & O_EXCL);
	if (is_alone && strncmp(path, "/dev/zram", 9) == 0 && is_busy(BUSY_OPEN)) {
		return -1;
	}
	return NEXT(open64)(path, flags, mode);
}

int swapon(const char *path, int flags)
{
	return is_busy(BUSY_SWAPON) ? -1 : NEXT(swapon)(path, flags);
}

ssize_t write(int fd, const void *data, size_t size)
{
	char path[PATH_MAX];

	preload_path(fd, path);
	if ((ends_in(path, "/reset") && is_busy(BUSY_RESET)) ||
		(ends_in(path, "/hot_remove") && is_busy(BUSY_REMOVE))) {
		return -1;
	}
	const char *other = getenv("OTHER_SIZE");
	if (other && ends_in(path, "/disksize")) {
		return NEXT(write)(fd, other, strlen(other)) < 0 ? -1 : (ssize_t)size;
	}
	return NEXT(write)(fd, data, size);
}
