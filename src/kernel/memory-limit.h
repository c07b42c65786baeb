/*
 * What is swapped in is charged to the cgroup that it was swapped out from. When that may not hold
 * it, the kernel kills a process of the cgroup, however much memory the machine has.
 */
#ifndef KERNEL_MEMORY_LIMIT_H
#define KERNEL_MEMORY_LIMIT_H

#include <stdint.h>

#include "util/sysroot.h"

#define MEMORY_LIMIT_PATH_MAX 256

struct memory_limit {
	char path[MEMORY_LIMIT_PATH_MAX]; /* of the file that has the limit; cut when longer */
	uint64_t max;
	uint64_t used;    /* without file pages that can be dropped at once */
	uint64_t swapped; /* of it, at the most */
};

/*
 * The first cgroup, of version 1 or 2, that cannot hold what comes back to it when a swap area with
 * used_bytes in it is given up. In which area its pages are the kernel does not tell: any may be in
 * this one. 1 with ret_limit; 0 when there is none; a negative errno.
 */
int memory_limit_find(
	const struct sysroot *root, uint64_t used_bytes, struct memory_limit *ret_limit);

#endif
