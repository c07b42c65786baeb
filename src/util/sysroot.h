/*
 * Where /proc, /sys, /dev and /etc are read and written: "/" on a real machine, a captured tree in
 * tests.
 */
#ifndef UTIL_SYSROOT_H
#define UTIL_SYSROOT_H

#include <dirent.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

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

/*
 * Writes text to a file that is there, such as one of /proc/sys or /sys, in one write(2). 0, or the
 * negative errno of open(2) or write(2): what the kernel says to the value.
 */
int sysroot_write(const struct sysroot *root, const char *path, const char *text);

/* Opens a file for reading, and a folder. NULL with errno set. */
FILE *sysroot_open_file(const struct sysroot *root, const char *path);
DIR *sysroot_open_folder(const struct sysroot *root, const char *path);

/*
 * The target of a symbolic link, NUL-terminated. 0, or a negative errno: -ENAMETOOLONG when buffer
 * does not hold it, -EINVAL when path is not a link.
 */
int sysroot_readlink(const struct sysroot *root, const char *path, char *buffer, size_t size);

/* Whether there is such a file, of any kind. */
bool sysroot_exists(const struct sysroot *root, const char *path);

#endif
