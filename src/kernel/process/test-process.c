#include "kernel/process/process.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "util/fixture-tree.h"

static struct tree tree;

static void test_reads_a_captured_tree(void **state)
{
	(void)state;
	struct process_stats process;

	tree_write(&tree, "/proc/uptime", "1000.50 2000.00\n");
	tree_write(&tree, "/proc/self/smaps_rollup",
		"55 rollup\nRss:     4000 kB\nPss:     2500 kB\nPss_Dirty:   1 kB\n"
		"Private_Clean:    300 kB\nPrivate_Dirty:     700 kB\n");
	tree_write(&tree, "/proc/self/stat",
		"42 (a) b (c) S 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 3 0 500 123456 99 1 2\n");

	process_stats_read(&tree.root, &process);
	assert_int_equal(process.rss_bytes, 4000 * 1024);
	assert_int_equal(process.pss_bytes, 2500 * 1024);
	assert_int_equal(process.private_bytes, 700 * 1024);
	assert_int_equal(process.threads, 3);
	assert_int_equal(process.virtual_bytes, 123456);
}

/* As on Linux 6.1 for a process with a heap of 28 MB that grew while it was read. */
static void test_knows_torn_sums(void **state)
{
	(void)state;
	const uint64_t mib = 1 << 20;
	const struct process_memory whole = {.rss = 32 * mib}, torn = {.rss = 4 * mib};

	assert_true(process_memory_is_torn(&torn, 32 * mib));
	assert_false(process_memory_is_torn(&whole, 32 * mib));
	assert_false(process_memory_is_torn(&whole, 33 * mib)); /* stat counts in batches */
	assert_false(process_memory_is_torn(&whole, 0));
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
		tree_test(test_reads_a_captured_tree, &tree),
		cmocka_unit_test(test_knows_torn_sums),
		cmocka_unit_test(test_reads_this_process),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
