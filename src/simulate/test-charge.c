#include "simulate/charge.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <unistd.h>

#include <cmocka.h>

#include "util/fixture-tree.h"

#define HEAD "Filename\tType\tSize\tUsed\tPriority\n"

static struct tree tree;

static void test_without_swap(void **state)
{
	(void)state;
	struct charge charge;

	tree_remove(&tree, "/proc/swaps");
	assert_int_equal(charge_read(&tree.root, 0, &charge), 0);
	assert_int_equal(charge.bytes, 0);
	assert_true(isnan(charge.ratio));
	tree_write(&tree, "/proc/swaps", HEAD);
	assert_int_equal(charge_read(&tree.root, 4096, &charge), 0);
	assert_int_equal(charge.bytes, 0);
}

/* 100 MiB are swapped out to zram, where they take 30 MiB and a table; 60 MiB are on a disk. */
static void test_takes_the_share_of_the_cgroup(void **state)
{
	(void)state;
	struct charge charge;
	uint64_t table = (UINT64_C(1) << 30) / (uint64_t)sysconf(_SC_PAGESIZE) * 16;
	uint64_t whole = (UINT64_C(30) << 20) + table;

	tree_write(&tree, "/proc/swaps",
		HEAD "/dev/zram1 partition 1048572 102400 10\n/swap file 1048572 61440 -2\n");
	tree_write(&tree, "/sys/block/zram1/disksize", "1073741824\n");
	tree_write(&tree, "/sys/block/zram1/mm_stat",
		"104857600 26214400 31457280 0 40000000 0 0 0 0\n");
	assert_int_equal(charge_read(&tree.root, UINT64_C(80) << 20, &charge), 0);
	assert_int_equal(charge.bytes, whole / 2);
	assert_true(fabs(charge.ratio - 4) < 0.01);
	assert_int_equal(charge_read(&tree.root, UINT64_C(1) << 40, &charge), 0);
	assert_int_equal(charge.bytes, whole); /* the counters are read one after the other */
	assert_int_equal(charge_read(&tree.root, 0, &charge), 0);
	assert_int_equal(charge.bytes, 0);
}

static void test_a_device_that_is_given_up(void **state)
{
	(void)state;
	struct charge charge;

	tree_write(&tree, "/proc/swaps", HEAD "/dev/zram7 partition 1048572 102400 10\n");
	assert_int_equal(charge_read(&tree.root, 4096, &charge), 0);
	assert_int_equal(charge.bytes, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		tree_test(test_without_swap, &tree),
		tree_test(test_takes_the_share_of_the_cgroup, &tree),
		tree_test(test_a_device_that_is_given_up, &tree),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
