/*
 * The memory cgroup of a process. Version 2 (memory.current, .stat, .events, .pressure), or 1 where
 * the memory controller is mounted the old way; there only what version 1 counts is present.
 */
#ifndef KERNEL_CGROUP_H
#define KERNEL_CGROUP_H

#include <stddef.h>
#include <stdint.h>

#include "kernel/pressure.h"
#include "kernel/proc-file.h"

#define CGROUP_PATH_MAX 256

enum cgroup_version {
	CGROUP_VERSION_1 = 1,
	CGROUP_VERSION_2 = 2,
};

struct cgroup_path {
	enum cgroup_version version;
	char path[CGROUP_PATH_MAX]; /* in the hierarchy: "/system.slice/twinlens.service" */
};

/* In bytes; each is PROC_ABSENT when the kernel does not tell. */
struct cgroup_memory {
	uint64_t current;
	uint64_t anonymous;
	uint64_t kernel; /* stacks, page tables, per-CPU, slab */
	uint64_t socket;
	uint64_t oom_kills; /* since it was made */
};

/* What a limit did to a cgroup. In bytes; each is PROC_ABSENT when the kernel does not report it.
 */
struct cgroup_usage {
	uint64_t current;
	uint64_t peak;       /* in version 2 since Linux 5.19 */
	uint64_t swap;       /* swapped out, on all areas */
	uint64_t mapped;     /* pages of files that are mapped, and charged to it */
	uint64_t limit_hits; /* allocations that the limit made wait for reclaim, since it was made
			      */
	uint64_t oom_kills;  /* since it was made, by whatever OOM */
	uint64_t some_us, full_us; /* stalled since it was made; in version 2 only */
};

struct cgroup_files {
	enum cgroup_version version;
	struct proc_file current, stat, events, pressure, kernel, socket;
};

/*
 * The text of /proc/PID/cgroup: the memory controller of version 1 where it has one, else version
 * 2. 0; -ENOENT when text has neither; -ENAMETOOLONG.
 */
int cgroup_path_parse(const char *text, struct cgroup_path *ret_path);

/* 0, or a negative errno when it has no memory controller; then nothing is open. */
int cgroup_files_open(
	struct cgroup_files *files, const struct sysroot *root, const struct cgroup_path *path);

/*
 * Reads the files through buffer. ret_some_us is the stall time, PROC_ABSENT where there is no
 * PSI. 0, or the negative errno of memory.current: -ENODEV when the cgroup is gone.
 */
int cgroup_files_read(const struct cgroup_files *files, char *buffer, size_t size,
	struct cgroup_memory *ret_memory, uint64_t *ret_some_us);

void cgroup_files_close(struct cgroup_files *files);

/*
 * The folder of the memory controller's files: "/sys/fs/cgroup/a" or "/sys/fs/cgroup/memory/a". 0
 * or -ENAMETOOLONG.
 */
int cgroup_folder(const struct cgroup_path *path, char *ret_folder, size_t size);

/* Opens, reads and closes what it needs. 0, or the negative errno of the file with current. */
int cgroup_usage_read(
	const struct sysroot *root, const struct cgroup_path *path, struct cgroup_usage *ret_usage);

/* Texts of memory.stat and memory.events, or of memory.oom_control. Set only what they hold. */
void cgroup_stat_parse(enum cgroup_version version, const char *text, struct cgroup_memory *memory);
void cgroup_events_parse(const char *text, struct cgroup_memory *memory);

#endif
