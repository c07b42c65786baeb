/*
 * Preloaded into a program that lives for hours: the calendar and the time since the boot go
 * ACCELERATE times as fast since CLOCK_MONOTONIC was ACCELERATE_FROM ns, and all else takes the
 * time that it takes. MEMINFO=FILE: stands for /proc/meminfo.
 */
/* Both open and open64 are defined here, so the first must not be made a name of the second. */
#undef _FILE_OFFSET_BITS

#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "preload.h"

#define NSEC_PER_SEC 1000000000LL

int open64(const char *path, int flags, ...);

static int64_t to_ns(const struct timespec *time)
{
	return time->tv_sec * NSEC_PER_SEC + time->tv_nsec;
}

static int64_t setting(const char *name)
{
	const char *text = getenv(name);

	return text ? strtoll(text, NULL, 10) : 0;
}

int clock_gettime(clockid_t clock, struct timespec *ret_time)
{
	struct timespec now;

	if (NEXT(clock_gettime)(clock, ret_time) < 0) {
		return -1;
	}
	int64_t times = setting("ACCELERATE");
	if (times <= 1 || (clock != CLOCK_REALTIME && clock != CLOCK_BOOTTIME)) {
		return 0;
	}
	NEXT(clock_gettime)(CLOCK_MONOTONIC, &now);
	int64_t ns = to_ns(ret_time) + (times - 1) * (to_ns(&now) - setting("ACCELERATE_FROM"));
	*ret_time = (struct timespec){.tv_sec = ns / NSEC_PER_SEC, .tv_nsec = ns % NSEC_PER_SEC};
	return 0;
}

static const char *redirect(const char *path)
{
	const char *file = getenv("MEMINFO");

	return file && strcmp(path, "/proc/meminfo") == 0 ? file : path;
}

int open(const char *path, int flags, ...)
{
	va_list arguments;

	va_start(arguments, flags);
	mode_t mode = preload_mode(flags, arguments);
	va_end(arguments);
	return NEXT(open)(redirect(path), flags, mode);
}

int open64(const char *path, int flags, ...)
{
	va_list arguments;

	va_start(arguments, flags);
	mode_t mode = preload_mode(flags, arguments);
	va_end(arguments);
	return NEXT(open64)(redirect(path), flags, mode);
}
