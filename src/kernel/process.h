/* What the kernel says of this process. */
#ifndef KERNEL_PROCESS_H
#define KERNEL_PROCESS_H

#include <stdint.h>

#include "util/sysroot.h"

struct process_stats {
	uint64_t rss_bytes, pss_bytes;
	uint64_t private_bytes; /* private dirty: what only this process has, and the kernel cannot
				   drop */
	uint64_t virtual_bytes;
	uint64_t start_time_s; /* of the epoch */
	double cpu_seconds;    /* user and system */
	unsigned threads, open_fds;
	uint64_t max_fds;
};

/* What cannot be read stays 0. */
void process_stats_read(const struct sysroot *root, struct process_stats *ret_stats);

#endif
