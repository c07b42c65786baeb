#include "kernel/meminfo.h"

#include <errno.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "util/fixture-tree.h"

static struct tree tree;

static void test_tells_absent_from_nothing(void **state)
{
	(void)state;
	struct meminfo info;

	meminfo_parse(
		"MemTotal:  4000000 kB\nMemFree:  100 kB\nMemAvailable:        0 kB\n", &info);
	assert_int_equal(info.bytes[MEMINFO_TOTAL], UINT64_C(4000000) << 10);
	assert_true(info.has[MEMINFO_AVAILABLE]);
	assert_int_equal(info.bytes[MEMINFO_AVAILABLE], 0);

	/* Kernels before 3.14; the name of another line is not taken for it. */
	meminfo_parse("NotMemAvailable: 1 kB\nMemAvailableX: 1 kB\nMemTotal:", &info);
	assert_false(info.has[MEMINFO_AVAILABLE]);
	assert_false(info.has[MEMINFO_TOTAL]);
	meminfo_parse("Hugepagesize:       2048 kB\n", &info);
	assert_int_equal(info.bytes[MEMINFO_HUGE_PAGE], 2048 << 10);
	meminfo_parse("MemFree: 1 kB\nMemTotal:  4000", &info); /* cut */
	assert_true(info.has[MEMINFO_FREE]);
	assert_false(info.has[MEMINFO_TOTAL]);
	meminfo_parse("", &info);
	assert_false(info.has[MEMINFO_TOTAL]);
}

static void test_reads_a_field(void **state)
{
	(void)state;
	uint64_t bytes = 1;

	assert_int_equal(meminfo_read_field(&tree.root, MEMINFO_AVAILABLE, &bytes), 0);
	assert_int_equal(bytes, UINT64_C(3) << 30);
	tree_write(&tree, "/proc/meminfo", "MemTotal: 5 kB\n");
	assert_int_equal(meminfo_read_field(&tree.root, MEMINFO_AVAILABLE, &bytes), -ENOENT);
	tree_remove(&tree, "/proc/meminfo");
	assert_int_equal(meminfo_read_field(&tree.root, MEMINFO_TOTAL, &bytes), -ENOENT);
	assert_int_equal(bytes, UINT64_C(3) << 30);
}

/* 100 kB in all, 20 of them huge pages, 1 kB for each that is accounted for. */
static void test_derives_figures(void **state)
{
	(void)state;
	struct meminfo info;

	meminfo_parse("MemTotal: 100 kB\nMemFree: 1 kB\nMemAvailable: 20 kB\nBuffers: 1 kB\n"
		      "Cached: 1 kB\nAnonPages: 1 kB\nSlab: 1 kB\nKernelStack: 1 kB\n"
		      "PageTables: 1 kB\nPercpu: 1 kB\nHugetlb: 20 kB\n",
		&info);
	assert_true(fabs(meminfo_used_percent(&info) - 75) < 1e-9);
	assert_int_equal(meminfo_unaccounted_bytes(&info, 2 << 10), 70 << 10);
	assert_int_equal(meminfo_unaccounted_bytes(&info, 100 << 10), 0);
	meminfo_parse("MemTotal: 100 kB\n", &info);
	assert_true(isnan(meminfo_used_percent(&info)));
	meminfo_parse("", &info);
	assert_true(isnan(meminfo_used_percent(&info)));
	assert_int_equal(meminfo_unaccounted_bytes(&info, 0), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_derives_figures),
		cmocka_unit_test(test_tells_absent_from_nothing),
		tree_test(test_reads_a_field, &tree),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
