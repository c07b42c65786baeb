/*
 * What a process holds. Its memory comes from smaps_rollup: since Linux 6.2 the counters of
 * /proc/PID/status are off by up to 32 pages for each processor. Reading smaps_rollup holds the
 * mmap_lock of that process for reading, and waits for a writer that holds it.
 */
#ifndef KERNEL_PROCESS_PROCESS_H
#define KERNEL_PROCESS_PROCESS_H

#include <stdbool.h>
#include <stdint.h>

#include "kernel/proc-file.h"
#include "util/sysroot.h"

/* In bytes; each is PROC_ABSENT when the kernel does not tell. */
struct process_memory {
	uint64_t rss;
	uint64_t pss;           /* shared pages are parted among those who share them */
	uint64_t uss;           /* pages of this process alone */
	uint64_t private_dirty; /* of them, those that cannot be dropped */
	uint64_t swap;          /* SwapPss */
	uint64_t anonymous;     /* Pss_Anon + SwapPss: what only the process can give back,
				   wherever it is; since Linux 5.3 */
};

/* The text of /proc/PID/smaps_rollup (Linux 4.14). 0, or -EINVAL when it has no Rss or Pss. */
int process_memory_parse(const char *text, struct process_memory *ret_memory);

/*
 * Whether a whole mapping may be missing: show_smaps_rollup() lets go of mmap_lock when the process
 * waits for it, and where the mappings changed meanwhile, Linux 6.1 leaves one out of the sums, the
 * heap for instance. resident_bytes is what stat counted just before, which is ahead by up to 64
 * pages a thread.
 */
bool process_memory_is_torn(const struct process_memory *memory, uint64_t resident_bytes);

/*
 * The entries of an open /proc/PID/fd, by getdents64(2) into a buffer on the stack: readdir(3)
 * takes 32 KiB of heap. 0 or a negative errno.
 */
int process_descriptors_count(const struct proc_file *folder, uint64_t *ret_n);

/* This process. */
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
