#include "kernel/process.h"

#include <dirent.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#include "util/clock.h"

/* The number after "key:" at the start of a line, in bytes as /proc counts kB; 0 when it is not
 * there. */
static uint64_t read_kb(const char *text, const char *key)
{
	size_t length = strlen(key);

	for (const char *line = text; line; line = strchr(line, '\n')) {
		line += *line == '\n';
		if (strncmp(line, key, length) == 0 && line[length] == ':') {
			return strtoull(line + length + 1, NULL, 10) * 1024;
		}
	}
	return 0;
}

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

/* The fields of proc(5) stat after the command, which is in brackets and may hold anything. */
static void read_stat(const struct sysroot *root, struct process_stats *stats)
{
	char text[1024];
	unsigned long long start_ticks, virtual_bytes;
	unsigned threads;

	if (sysroot_read(root, "/proc/self/stat", text, sizeof(text)) < 0) {
		return;
	}
	const char *rest = strrchr(text, ')');
	if (rest && sscanf(rest + 1,
			    " %*c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %*u %*u %*d %*d %*d %*d"
			    " %u %*d %llu %llu",
			    &threads, &start_ticks, &virtual_bytes) == 3) {
		stats->threads = threads;
		stats->virtual_bytes = virtual_bytes;
		stats->start_time_s =
			read_boot_time_s(root) + start_ticks / (uint64_t)sysconf(_SC_CLK_TCK);
	}
}

static unsigned count_fds(const struct sysroot *root)
{
	char path[PATH_MAX];
	unsigned n = 0;

	if (sysroot_path(root, "/proc/self/fd", path, sizeof(path)) < 0) {
		return 0;
	}
	DIR *folder = opendir(path);
	if (!folder) {
		return 0;
	}
	for (struct dirent *entry = readdir(folder); entry; entry = readdir(folder)) {
		n += entry->d_name[0] != '.';
	}
	closedir(folder);
	return n > 0 ? n - 1 : 0; /* without the one that reads the folder */
}

void process_stats_read(const struct sysroot *root, struct process_stats *ret_stats)
{
	struct process_stats stats = {.cpu_seconds = (double)clock_process_cpu_ns() / NSEC_PER_SEC};
	char text[4096];
	struct rlimit limit;

	if (sysroot_read(root, "/proc/self/smaps_rollup", text, sizeof(text)) == 0) {
		stats.rss_bytes = read_kb(text, "Rss");
		stats.pss_bytes = read_kb(text, "Pss");
		stats.private_bytes = read_kb(text, "Private_Dirty");
	}
	read_stat(root, &stats);
	stats.open_fds = count_fds(root);
	if (getrlimit(RLIMIT_NOFILE, &limit) == 0) {
		stats.max_fds = limit.rlim_cur;
	}
	*ret_stats = stats;
}

void memory_stats_read(const struct sysroot *root, struct memory_stats *ret_stats)
{
	struct memory_stats stats = {0};
	char text[8192];

	if (sysroot_read(root, "/proc/meminfo", text, sizeof(text)) == 0) {
		stats.total_bytes = read_kb(text, "MemTotal");
		stats.available_bytes = read_kb(text, "MemAvailable");
	}
	if (stats.total_bytes > 0) {
		stats.used_percent = 100.0 *
				     ((double)stats.total_bytes - (double)stats.available_bytes) /
				     (double)stats.total_bytes;
	}
	*ret_stats = stats;
}
