#include "kernel/process.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

#include <cmocka.h>

static void put(const char *root, const char *path, const char *text)
{
	char full[256];

	snprintf(full, sizeof(full), "%s%s", root, path);
	FILE *file = fopen(full, "we");
	assert_non_null(file);
	fputs(text, file);
	fclose(file);
}

static void remove_file(const char *root, const char *path)
{
	char full[256];

	snprintf(full, sizeof(full), "%s%s", root, path);
	remove(full);
}

static void test_reads_a_captured_tree(void **state)
{
	(void)state;
	char path[] = "/tmp/test-metrics-XXXXXX", folder[64];
	assert_non_null(mkdtemp(path));
	const struct sysroot root = {.path = path};
	struct process_stats process;
	struct memory_stats memory;

	snprintf(folder, sizeof(folder), "%s/proc", path);
	mkdir(folder, 0700);
	snprintf(folder, sizeof(folder), "%s/proc/self", path);
	mkdir(folder, 0700);
	put(path, "/proc/uptime", "1000.50 2000.00\n");
	put(path, "/proc/meminfo",
		"MemTotal:        4000000 kB\nMemFree:          100 kB\nMemAvailable:    3000000 "
		"kB\n");
	put(path, "/proc/self/smaps_rollup",
		"55 rollup\nRss:     4000 kB\nPss:     2500 kB\nPss_Dirty:   1 kB\n"
		"Private_Clean:    300 kB\nPrivate_Dirty:     700 kB\n");
	put(path, "/proc/self/stat",
		"42 (a) b (c) S 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 3 0 500 123456 99 1 2");

	process_stats_read(&root, &process);
	memory_stats_read(&root, &memory);
	assert_int_equal(process.rss_bytes, 4000 * 1024);
	assert_int_equal(process.pss_bytes, 2500 * 1024);
	assert_int_equal(process.private_bytes, 700 * 1024);
	assert_int_equal(process.threads, 3);
	assert_int_equal(process.virtual_bytes, 123456);
	assert_int_equal(memory.total_bytes, 4000000ULL * 1024);
	assert_true(fabs(memory.used_percent - 25.0) < 1e-9);

	remove_file(path, "/proc/meminfo");
	memory_stats_read(&root, &memory);
	assert_int_equal(memory.total_bytes, 0);
	assert_true(memory.used_percent == 0.0);
	static const char *const rest[] = {"/proc/uptime", "/proc/self/smaps_rollup",
		"/proc/self/stat", "/proc/self", "/proc", ""};
	for (size_t i = 0; i < sizeof(rest) / sizeof(rest[0]); i++) {
		remove_file(path, rest[i]);
	}
}

static void test_reads_this_process(void **state)
{
	(void)state;
	struct process_stats process;

	process_stats_read(&sysroot_real, &process);
	assert_true(process.rss_bytes >= process.pss_bytes);
	assert_true(process.private_bytes > 0);
	assert_int_equal(process.threads, 1);
	assert_true(process.open_fds >= 3);
	assert_true(process.start_time_s > 1600000000);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_reads_a_captured_tree),
		cmocka_unit_test(test_reads_this_process),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
