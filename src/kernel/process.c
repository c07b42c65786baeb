#include "kernel/process.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#include "kernel/proc-text.h"
#include "kernel/process-stat.h"
#include "util/cleanup.h"
#include "util/clock.h"

static uint64_t read_boot_time_s(const struct sysroot *root)
{
	char text[64];
	struct timespec now;

	if (sysroot_read(root, "/proc/uptime", text, sizeof(text)) < 0) {
		return 0;
	}
	clock_gettime(CLOCK_REALTIME, &now);
	return (uint64_t)now.tv_sec - strtoull(text, NULL, 10);
}

static void read_stat(const struct sysroot *root, struct process_stats *stats)
{
	struct process_stat stat;

	if (process_stat_read(root, 0, &stat) == 0) {
		stats->threads = stat.threads;
		stats->virtual_bytes = stat.virtual_bytes;
		stats->start_time_s =
			read_boot_time_s(root) + stat.start_ticks / (uint64_t)sysconf(_SC_CLK_TCK);
	}
}

static unsigned count_fds(const struct sysroot *root)
{
	_cleanup_folder_ DIR *folder = sysroot_open_folder(root, "/proc/self/fd");
	unsigned n = 0;

	if (!folder) {
		return 0;
	}
	for (struct dirent *entry = readdir(folder); entry; entry = readdir(folder)) {
		n += entry->d_name[0] != '.';
	}
	return n > 0 ? n - 1 : 0; /* without the one that reads the folder */
}

void process_stats_read(const struct sysroot *root, struct process_stats *ret_stats)
{
	struct process_stats stats = {.cpu_seconds = (double)clock_process_cpu_ns() / NSEC_PER_SEC};
	char text[4096];
	struct rlimit limit;

	if (sysroot_read(root, "/proc/self/smaps_rollup", text, sizeof(text)) == 0) {
		proc_text_find_bytes(text, "Rss", &stats.rss_bytes);
		proc_text_find_bytes(text, "Pss", &stats.pss_bytes);
		proc_text_find_bytes(text, "Private_Dirty", &stats.private_bytes);
	}
	read_stat(root, &stats);
	stats.open_fds = count_fds(root);
	if (getrlimit(RLIMIT_NOFILE, &limit) == 0) {
		stats.max_fds = limit.rlim_cur;
	}
	*ret_stats = stats;
}
