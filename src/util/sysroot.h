/*
 * Where /proc, /sys and /dev are read from: "/" on a real machine, a captured tree in tests.
 */
#ifndef UTIL_SYSROOT_H
#define UTIL_SYSROOT_H

#include <stddef.h>

struct sysroot {
	const char *path; /* "" for the real machine, else a folder without a trailing slash */
};

extern const struct sysroot sysroot_real;

/* Writes root + path (absolute) to buffer. 0, or -ENAMETOOLONG. */
int sysroot_path(const struct sysroot *root, const char *path, char *buffer, size_t size);

/*
 * Reads at most size - 1 bytes of a small text file into buffer, NUL-terminated, trailing white
 * space removed. 0, or a negative errno (-E2BIG when the file is larger).
 */
int sysroot_read(const struct sysroot *root, const char *path, char *buffer, size_t size);

#endif
