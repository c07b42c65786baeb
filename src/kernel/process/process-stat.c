#include "kernel/process/process-stat.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

int process_stat_parse(const char *text, struct process_stat *ret_stat)
{
	struct process_stat stat;
	int parent;

	/* The command stands in brackets and may hold anything, brackets too. */
	const char *rest = strrchr(text, ')');
	if (!rest || sscanf(rest + 1,
			     " %c %d %*d %*d %*d %*d %*u %" SCNu64 " %*u %" SCNu64 " %*u %" SCNu64
			     " %" SCNu64 " %*d %*d %*d %*d %u %*d %" SCNu64 " %" SCNu64 " %" SCNu64,
			     &stat.state, &parent, &stat.minor_faults, &stat.major_faults,
			     &stat.user_ticks, &stat.system_ticks, &stat.threads, &stat.start_ticks,
			     &stat.virtual_bytes, &stat.resident_pages) != 10) {
		return -EINVAL;
	}
	stat.parent = parent;
	*ret_stat = stat;
	return 0;
}

int process_stat_read(const struct sysroot *root, pid_t pid, struct process_stat *ret_stat)
{
	char path[64] = "/proc/self/stat", text[1024];

	if (pid > 0) {
		snprintf(path, sizeof(path), "/proc/%d/stat", (int)pid);
	}
	int r = sysroot_read(root, path, text, sizeof(text));
	return r < 0 ? r : process_stat_parse(text, ret_stat);
}
