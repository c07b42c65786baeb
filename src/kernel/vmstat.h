/* /proc/vmstat: counters of the memory management since boot. */
#ifndef KERNEL_VMSTAT_H
#define KERNEL_VMSTAT_H

#include <stdint.h>

/* Each is PROC_ABSENT when the kernel has no such counter. */
struct vmstat {
	uint64_t major_faults;
	uint64_t refaults;  /* pages that were evicted and needed again, of files and anonymous */
	uint64_t oom_kills; /* since Linux 4.13 */
	uint64_t allocation_stalls; /* direct reclaims, of all zones */
	uint64_t compaction_failures;
	uint64_t zspages; /* pages that zsmalloc holds now, for zram and zswap */
};

/* 0, or -EINVAL when text has none of the counters. */
int vmstat_parse(const char *text, struct vmstat *ret_vmstat);

#endif
