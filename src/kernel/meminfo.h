/* /proc/meminfo: how the memory of the machine is used. */
#ifndef KERNEL_MEMINFO_H
#define KERNEL_MEMINFO_H

#include <stdbool.h>
#include <stdint.h>

#include "util/sysroot.h"

enum meminfo_field {
	MEMINFO_TOTAL,        /* MemTotal */
	MEMINFO_AVAILABLE,    /* MemAvailable, since Linux 3.14 */
	MEMINFO_FREE,         /* MemFree */
	MEMINFO_BUFFERS,      /* Buffers */
	MEMINFO_CACHED,       /* Cached: page cache with tmpfs, without buffers and swap cache */
	MEMINFO_ANONYMOUS,    /* AnonPages */
	MEMINFO_SLAB,         /* Slab */
	MEMINFO_RECLAIMABLE,  /* SReclaimable */
	MEMINFO_KERNEL_STACK, /* KernelStack */
	MEMINFO_PAGE_TABLES,  /* PageTables */
	MEMINFO_PER_CPU,      /* Percpu, since Linux 4.20 */
	MEMINFO_HUGETLB,      /* Hugetlb, since Linux 4.16: all that is set aside, of all sizes */
	MEMINFO_CMA_TOTAL,    /* CmaTotal, with CONFIG_CMA */
	MEMINFO_CMA_FREE,     /* CmaFree */
	MEMINFO_FIELD_COUNT,
};

struct meminfo {
	uint64_t bytes[MEMINFO_FIELD_COUNT]; /* 0 where has says that the kernel lists no such line
					      */
	bool has[MEMINFO_FIELD_COUNT];
};

/* A number that was cut is not listed. */
void meminfo_parse(const char *text, struct meminfo *ret_info);

/* 0 or a negative errno. */
int meminfo_read(const struct sysroot *root, struct meminfo *ret_info);

/* One field, in bytes. 0; -ENOENT when the kernel does not list it; another negative errno. */
int meminfo_read_field(const struct sysroot *root, enum meminfo_field field, uint64_t *ret_bytes);

#endif
