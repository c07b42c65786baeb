/* /proc/meminfo: how the memory of the machine is used. */
#ifndef KERNEL_MEMINFO_H
#define KERNEL_MEMINFO_H

#include <stdbool.h>
#include <stdint.h>

#include "util/sysroot.h"

enum meminfo_field {
	MEMINFO_TOTAL,     /* MemTotal */
	MEMINFO_AVAILABLE, /* MemAvailable */
	MEMINFO_FIELD_COUNT,
};

struct meminfo {
	uint64_t bytes[MEMINFO_FIELD_COUNT]; /* 0 where has says that the kernel lists no such line
					      */
	bool has[MEMINFO_FIELD_COUNT];
};

void meminfo_parse(const char *text, struct meminfo *ret_info);

/* 0 or a negative errno. */
int meminfo_read(const struct sysroot *root, struct meminfo *ret_info);

/* One field, in bytes. 0; -ENOENT when the kernel does not list it; another negative errno. */
int meminfo_read_field(const struct sysroot *root, enum meminfo_field field, uint64_t *ret_bytes);

#endif
