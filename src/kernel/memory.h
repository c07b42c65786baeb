/* How much memory there is. */
#ifndef KERNEL_MEMORY_H
#define KERNEL_MEMORY_H

#include <stdint.h>

#include "util/sysroot.h"

/* A line of /proc/meminfo, such as "MemAvailable", in bytes. 0; -ENOENT; another negative errno. */
int memory_read(const struct sysroot *root, const char *name, uint64_t *ret_bytes);

#endif
