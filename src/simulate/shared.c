#include "simulate/shared.h"

#include <limits.h>
#include <stdio.h>
#include <string.h>

#include "kernel/proc-text.h"
#include "kernel/process/process.h"
#include "simulate/group-impl.h"
#include "util/cleanup.h"

#define ROLLUP_SIZE 4096 /* 1 KiB on 6.12 */

/* All that is mapped less what is anonymous: PSS without Pss_Anon. */
static uint64_t read_process(const struct sysroot *root, int pid)
{
	char path[64], text[ROLLUP_SIZE + 1];
	struct process_memory memory;

	snprintf(path, sizeof(path), "/proc/%d/smaps_rollup", pid);
	if (sysroot_read(root, path, text, sizeof(text) - 1) < 0) {
		return 0; /* it has ended */
	}
	strcat(text, "\n"); /* sysroot_read took it */
	if (process_memory_parse(text, &memory) < 0 || memory.anonymous == PROC_ABSENT ||
		memory.swap == PROC_ABSENT || memory.pss + memory.swap < memory.anonymous) {
		return 0;
	}
	return memory.pss + memory.swap - memory.anonymous;
}

uint64_t shared_read(const struct group *group)
{
	struct cgroup_usage usage;
	char path[PATH_MAX];
	uint64_t mapped = 0;
	int pid;

	if (group_file(group, "", "cgroup.procs", path) < 0 ||
		cgroup_usage_read(group->root, &group->path, &usage) < 0 ||
		usage.mapped == PROC_ABSENT) {
		return 0;
	}
	_cleanup_file_ FILE *file = sysroot_open_file(group->root, path);
	while (file && fscanf(file, "%d", &pid) == 1) {
		mapped += read_process(group->root, pid);
	}
	return mapped > usage.mapped ? mapped - usage.mapped : 0;
}
