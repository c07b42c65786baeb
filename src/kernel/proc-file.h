/*
 * A text file of /proc, /sys or a cgroup that is read again and again: it stays open, each read
 * starts over at offset 0, and nothing is allocated. One thread per file.
 */
#ifndef KERNEL_PROC_FILE_H
#define KERNEL_PROC_FILE_H

#include <stddef.h>

#include "util/sysroot.h"

struct proc_file {
	int fd; /* -1: not open */
};

#define PROC_FILE_CLOSED ((struct proc_file){.fd = -1})

/* Opens root + path, which may be a folder. 0; a negative errno, and then the file is closed. */
int proc_file_open(struct proc_file *file, const struct sysroot *root, const char *path);

/*
 * Reads the whole file and ends it with NUL. 0; -EBADF when it is not open; -E2BIG when buffer
 * holds the first size - 1 bytes of a longer one; another negative errno, such as -ESRCH for a
 * process that ended and -ENODEV for a device or cgroup that is gone.
 */
int proc_file_read(const struct proc_file *file, char *buffer, size_t size);

/* Does nothing to a closed one. */
void proc_file_close(struct proc_file *file);

#endif
