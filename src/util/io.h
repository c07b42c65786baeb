/* Whole reads and writes: what a signal interrupts or the kernel takes in parts goes on. */
#ifndef UTIL_IO_H
#define UTIL_IO_H

#include <stddef.h>

/*
 * Reads to the end, at most size - 1 bytes: a full buffer counts as a longer file. 0, -E2BIG, or
 * another negative errno.
 */
int io_read_all(int fd, char *buffer, size_t size, size_t *ret_used);

/* Writes all of it. 0 or a negative errno; -EIO when the file takes no more. */
int io_write_all(int fd, const char *data, size_t size);

#endif
