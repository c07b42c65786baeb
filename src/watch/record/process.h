/*
 * The figures of the processes that are watched, and of the cgroups of their services. Reading the
 * memory of a process waits for its mmap_lock, so this has a thread of its own. Files stay open;
 * nothing is allocated per sample.
 *
 * A process keeps its name while it is gone, and its successor takes it over: that is a restart. A
 * pid alone is no identity, but an open file of a process that ended is not one of its successor.
 */
#ifndef WATCH_RECORD_PROCESS_H
#define WATCH_RECORD_PROCESS_H

#include "kernel/cgroup.h"
#include "kernel/proc-file.h"
#include "watch/record/sample.h"

#define PROCESS_TEXT_SIZE 16384
#define PROCESS_SCAN_NS   UINT64_C(10000000000) /* between looks for new processes */

/* All processes whose comm(5) is this, or the one of this pid. */
struct process_target {
	char comm[PROCESS_NAME_MAX]; /* "" when pid is meant; compared as far as the kernel keeps
					it, 15 bytes */
	char name[PROCESS_NAME_MAX]; /* of its figures; "" for its comm. A second one is NAME-2 */
	pid_t pid;
};

struct watched_process {
	char name[PROCESS_NAME_MAX];
	size_t target;
	pid_t pid;
	bool is_ended, is_extra;
	uint64_t restarts;
	struct proc_file stat, memory, descriptors;
	int memory_error;
	struct cgroup_files cgroup; /* open while service is not "" */
	char service[PROCESS_NAME_MAX];
	bool has_before;
	uint64_t start_ticks, taken_ns, cpu_ticks, stalled_us;
	uint64_t resident_bytes; /* by stat, just before the memory is read */
};

struct process_reader {
	const struct sysroot *root;
	struct process_target targets[WATCH_PROCESSES_MAX];
	size_t n_targets;
	struct watched_process processes[WATCH_PROCESSES_MAX];
	size_t n;
	struct proc_file folder; /* /proc */
	uint64_t next_scan_ns;
	long ticks_per_s, page_bytes;
	char text[PROCESS_TEXT_SIZE];
};

/* root must outlive the reader. 0 or a negative errno. */
int process_reader_open(struct process_reader *reader, const struct sysroot *root);
void process_reader_close(struct process_reader *reader);

/* 0, or -ENOSPC when there are WATCH_PROCESSES_MAX. Before the first sample. */
int process_reader_add(struct process_reader *reader, const struct process_target *target);

/* The first running process of a target, by the last sample; 0 when none is running. */
pid_t process_reader_find(const struct process_reader *reader, size_t target);

/* Looks for new processes when that is due, and fills all of ret_sample but time and server. */
void process_reader_sample(
	struct process_reader *reader, uint64_t taken_ns, struct process_sample *ret_sample);

#endif
