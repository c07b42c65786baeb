#include "kernel/process/process.h"

#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "kernel/proc-text.h"
#include "kernel/process/process-stat.h"
#include "util/clock.h"

#define RESIDENT_SLACK_BYTES (UINT64_C(2) << 20)

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

struct raw {
	uint64_t rss, pss, pss_anon, private_clean, private_dirty, private_hugetlb, swap_pss;
};

static const struct proc_field fields[] = {
	{"Rss", offsetof(struct raw, rss)},
	{"Pss", offsetof(struct raw, pss)},
	{"Pss_Anon", offsetof(struct raw, pss_anon)},
	{"Private_Clean", offsetof(struct raw, private_clean)},
	{"Private_Dirty", offsetof(struct raw, private_dirty)},
	{"Private_Hugetlb", offsetof(struct raw, private_hugetlb)},
	{"SwapPss", offsetof(struct raw, swap_pss)},
};

/* Absent when one of the two is. */
static uint64_t add_known(uint64_t a, uint64_t b)
{
	return a == PROC_ABSENT || b == PROC_ABSENT ? PROC_ABSENT : proc_sum(a, b);
}

int process_memory_parse(const char *text, struct process_memory *ret_memory)
{
	struct raw raw;

	proc_fields_parse(text, fields, sizeof(fields) / sizeof(fields[0]), &raw);
	if (raw.rss == PROC_ABSENT || raw.pss == PROC_ABSENT) {
		return -EINVAL;
	}
	uint64_t private_hugetlb = raw.private_hugetlb == PROC_ABSENT ? 0 : raw.private_hugetlb;
	*ret_memory = (struct process_memory){
		.rss = raw.rss,
		.pss = raw.pss,
		.uss = add_known(add_known(raw.private_clean, raw.private_dirty), private_hugetlb),
		.private_dirty = raw.private_dirty,
		.swap = raw.swap_pss,
		.anonymous = add_known(raw.pss_anon, raw.swap_pss),
	};
	return 0;
}

bool process_memory_is_torn(const struct process_memory *memory, uint64_t resident_bytes)
{
	return proc_sum(memory->rss, RESIDENT_SLACK_BYTES) < resident_bytes;
}

int process_descriptors_count(const struct proc_file *folder, uint64_t *ret_n)
{
	_Alignas(struct dirent64) char buffer[2048];
	uint64_t n = 0;

	if (lseek(folder->fd, 0, SEEK_SET) < 0) {
		return -errno;
	}
	for (;;) {
		long size = syscall(SYS_getdents64, folder->fd, buffer, sizeof(buffer));
		if (size < 0) {
			return -errno;
		}
		if (size == 0) {
			*ret_n = n;
			return 0;
		}
		for (long at = 0; at < size;) {
			const struct dirent64 *entry = (const struct dirent64 *)(buffer + at);
			n += entry->d_name[0] != '.';
			at += entry->d_reclen;
		}
	}
}

static unsigned count_own_descriptors(const struct sysroot *root)
{
	struct proc_file folder;
	uint64_t n = 0;

	if (proc_file_open(&folder, root, "/proc/self/fd") < 0) {
		return 0;
	}
	if (process_descriptors_count(&folder, &n) < 0) {
		n = 0;
	}
	proc_file_close(&folder);
	return n > 0 ? (unsigned)n - 1 : 0; /* without the one that reads the folder */
}

static uint64_t or_zero(uint64_t value)
{
	return value == PROC_ABSENT ? 0 : value;
}

static void read_memory(const struct sysroot *root, struct process_stats *stats)
{
	char text[4096];
	struct process_memory memory;

	if (sysroot_read(root, "/proc/self/smaps_rollup", text, sizeof(text)) == 0 &&
		process_memory_parse(text, &memory) == 0) {
		stats->rss_bytes = memory.rss;
		stats->pss_bytes = memory.pss;
		stats->private_bytes = or_zero(memory.private_dirty);
	}
}

void process_stats_read(const struct sysroot *root, struct process_stats *ret_stats)
{
	struct process_stats stats = {.cpu_seconds = (double)clock_process_cpu_ns() / NSEC_PER_SEC};
	struct rlimit limit;

	read_memory(root, &stats);
	read_stat(root, &stats);
	stats.open_fds = count_own_descriptors(root);
	if (getrlimit(RLIMIT_NOFILE, &limit) == 0) {
		stats.max_fds = limit.rlim_cur;
	}
	*ret_stats = stats;
}
