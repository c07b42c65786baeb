/* /proc/PID/stat: what the kernel counts of a process or of one of its threads. */
#ifndef KERNEL_PROCESS_PROCESS_STAT_H
#define KERNEL_PROCESS_PROCESS_STAT_H

#include <stdint.h>
#include <sys/types.h>

#include "util/sysroot.h"

/* Ticks are of sysconf(_SC_CLK_TCK) a second. */
struct process_stat {
	char state; /* 'R', 'S', 'D', 'Z', ...: see proc(5) */
	pid_t parent;
	uint64_t minor_faults, major_faults;
	uint64_t user_ticks, system_ticks;
	unsigned threads;
	uint64_t start_ticks; /* since the machine was started */
	uint64_t virtual_bytes;
	uint64_t resident_pages; /* as counted: off by up to 64 pages a thread */
};

/* 0, or -EINVAL when the text ends early. */
int process_stat_parse(const char *text, struct process_stat *ret_stat);

/* pid 0: this process. 0; -EINVAL; another negative errno, -ENOENT or -ESRCH when it has ended. */
int process_stat_read(const struct sysroot *root, pid_t pid, struct process_stat *ret_stat);

#endif
