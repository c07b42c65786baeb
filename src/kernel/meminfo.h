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
	MEMINFO_HUGE_PAGE,    /* Hugepagesize, with CONFIG_HUGETLB_PAGE: the default size of one */
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

/*
 * 100 * (total - hugetlb - available) / (total - hugetlb): huge pages that are set aside are no
 * part of the memory that the machine can use otherwise. NAN when the kernel lists no available
 * memory.
 */
double meminfo_used_percent(const struct meminfo *info);

/*
 * Memory that is in no other figure, which drivers hold for the most part: total less free,
 * buffers, cached, anonymous, slab, kernel stacks, page tables, per-CPU, huge pages, and
 * zsmalloc_bytes (nr_zspages of /proc/vmstat; 0 where there is none). Figures that the kernel does
 * not list count as 0, and stay in the result. 0 when the sum is larger, as the kernel reads them
 * one by one.
 */
uint64_t meminfo_unaccounted_bytes(const struct meminfo *info, uint64_t zsmalloc_bytes);

#endif
