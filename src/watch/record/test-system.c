#include "watch/record/system.h"

#include <errno.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "util/clock.h"
#include "util/fixture-tree.h"

#define KIB 1024.0

static struct tree tree;
static struct system_reader reader;
static struct system_sample sample;

static void read_kernel(const char *name)
{
	static char path[512];
	static struct sysroot root;

	snprintf(path, sizeof(path), "%s/kernel/%s", FIXTURES, name);
	root.path = path;
	assert_int_equal(system_reader_open(&reader, &root), 0);
	reader.page_bytes = 4096;
	system_reader_sample(&reader, NSEC_PER_SEC, &sample);
}

static void assert_near(double a, double b)
{
	if (!(fabs(a - b) < 1e-6 * (fabs(b) + 1.0))) {
		fail_msg("%f is not %f", a, b);
	}
}

static void test_has_the_figures_of_a_board(void **state)
{
	(void)state;
	const double *values = sample.values;

	read_kernel("rk3588-5.10");
	assert_near(values[FIGURE_MEMORY_USED_PERCENT], 100.0 * (3930084 - 1412296) / 3930084);
	assert_near(values[FIGURE_MEMORY_USED_WITHOUT_CACHE],
		(3930084.0 - 224004 - 52280 - 1188744 - 120204) * KIB);
	assert_near(values[FIGURE_MEMORY_UNACCOUNTED],
		(3930084.0 - 224004 - 52280 - 1188744 - 1501820 - 291340 - 12464 - 21180 - 5376 -
			20881 * 4) *
			KIB);
	assert_near(values[FIGURE_MEMORY_CMA_FREE], 1536 * KIB);
	assert_near(values[FIGURE_SWAP_USED], 237568 * KIB);
	assert_near(values[FIGURE_ZRAM_TABLE], 4096 * KIB);
	assert_near(values[FIGURE_ZRAM_USED_PERCENT], 100.0 * 243269632 / 1073741824);
	assert_near(values[FIGURE_PSI_MEMORY_FULL_AVG60], 1.75);
	assert_near(values[FIGURE_CPU_TEMPERATURE], 51.769);
	assert_near(values[FIGURE_SOCKET_TCP], 906 * 4096);
	assert_int_equal(sample.n_zones, 2);
	assert_near((double)sample.zones[1].external[4], 0.914);
	/* Differences need two readings. */
	assert_true(isnan(values[FIGURE_VM_MAJOR_FAULTS]) && isnan(values[FIGURE_PSI_MEMORY_SOME]));
	assert_true(isnan(values[FIGURE_CPU_USED_PERCENT]));
	system_reader_sample(&reader, 2 * NSEC_PER_SEC, &sample);
	assert_near(values[FIGURE_VM_MAJOR_FAULTS], 0.0);
	assert_near(values[FIGURE_PSI_MEMORY_SOME], 0.0);
	assert_true(isnan(values[FIGURE_PSI_CPU_FULL]));
	system_reader_close(&reader);
}

static void test_tells_absent_from_nothing(void **state)
{
	(void)state;
	const double *values = sample.values;

	read_kernel("vendor-4.19-v1");
	assert_int_equal(reader.errors[SOURCE_PSI_MEMORY], -ENOENT);
	assert_int_equal(reader.errors[SOURCE_MEMINFO], 0);
	assert_true(isnan(values[FIGURE_ZRAM_STORED]) && isnan(values[FIGURE_MEMORY_CMA_FREE]));
	assert_true(isnan(values[FIGURE_PSI_MEMORY_FULL_AVG10]));
	assert_true(isnan(values[FIGURE_CPU_TEMPERATURE]) && isnan(values[FIGURE_CPU_FREQUENCY]));
	assert_near(values[FIGURE_SWAP_TOTAL], 0.0);
	assert_false(isnan(values[FIGURE_MEMORY_UNACCOUNTED]));
	system_reader_sample(&reader, 2 * NSEC_PER_SEC, &sample);
	assert_true(isnan(values[FIGURE_VM_OOM_KILLS]));
	assert_near(values[FIGURE_VM_ALLOCATION_STALLS], 0.0);
	system_reader_close(&reader);

	read_kernel("debian-6.1"); /* its zram device is not set up */
	assert_true(isnan(values[FIGURE_ZRAM_STORED]));
	system_reader_close(&reader);

	tree_remove(&tree, "/proc/meminfo");
	assert_int_equal(system_reader_open(&reader, &tree.root), -ENOENT);
}

static void test_leaves_out_hugetlb(void **state)
{
	(void)state;

	tree_write(&tree, "/proc/meminfo",
		"MemTotal: 8000 kB\nMemAvailable: 1000 kB\nHugetlb: 4000 kB\n");
	assert_int_equal(system_reader_open(&reader, &tree.root), 0);
	system_reader_sample(&reader, NSEC_PER_SEC, &sample);
	assert_near(sample.values[FIGURE_MEMORY_USED_PERCENT], 75.0);
	assert_near(system_reader_glance(&reader), 1000 * KIB);
	system_reader_close(&reader);
}

static void test_computes_differences(void **state)
{
	(void)state;
	static struct system_raw before, now;

	before = (struct system_raw){.taken_ns = NSEC_PER_SEC,
		.has = {[SOURCE_VMSTAT] = true, [SOURCE_PSI_MEMORY] = true, [SOURCE_STAT] = true},
		.vmstat = {.major_faults = 10, .oom_kills = 1},
		.psi_memory = {.some = {.total_us = 0}, .full = {.avg10_percent = 20.0}},
		.cpu = {.all = {.busy = 10, .total = 100}}};
	now = before;
	now.taken_ns = 3 * NSEC_PER_SEC;
	now.vmstat.major_faults = 25;
	now.psi_memory.some.total_us = 500000;
	now.psi_memory.full.avg10_percent = 15.0;
	now.cpu.all = (struct cpu_times){.busy = 60, .total = 200};
	system_compute(&before, &now, 4096, &sample);
	assert_near(sample.values[FIGURE_VM_MAJOR_FAULTS], 15.0);
	assert_near(sample.values[FIGURE_VM_OOM_KILLS], 0.0);
	assert_near(sample.values[FIGURE_PSI_MEMORY_SOME], 25.0);
	assert_near(sample.values[FIGURE_PSI_MEMORY_FULL_CHANGE], 0.75);
	assert_near(sample.values[FIGURE_CPU_USED_PERCENT], 50.0);
	before.psi_memory.full.avg10_percent = 0.0;
	system_compute(&before, &now, 4096, &sample);
	assert_near(sample.values[FIGURE_PSI_MEMORY_FULL_CHANGE], 1.0);
}

static double sample_change(unsigned tenth, unsigned avg10)
{
	char text[256];

	snprintf(text, sizeof(text),
		"some avg10=0.00 avg60=0.00 avg300=0.00 total=0\n"
		"full avg10=%u.00 avg60=20.00 avg300=0.00 total=0\n",
		avg10);
	tree_write(&tree, "/proc/pressure/memory", text);
	system_reader_sample(&reader, NSEC_PER_SEC + tenth * (NSEC_PER_SEC / 10), &sample);
	return sample.values[FIGURE_PSI_MEMORY_FULL_CHANGE];
}

/* The kernel renews the average every 2 s: 50, 40, 32. */
static void test_sees_pressure_fall_between_samples_of_a_tenth(void **state)
{
	(void)state;

	tree_write(&tree, "/proc/meminfo", "MemTotal: 1 kB\n");
	tree_write(&tree, "/proc/pressure/memory", "some total=0\n");
	assert_int_equal(system_reader_open(&reader, &tree.root), 0);
	sample_change(0, 50);
	for (unsigned tenth = 1; tenth < 40; tenth++) {
		double change = sample_change(tenth, tenth < 20 ? 50 : 40);
		assert_true(change == (tenth < 20 ? 1.0 : 0.8));
	}
	assert_true(sample_change(100, 32) == 0.8); /* a sample before, and longer ago than 2 s */
	system_reader_close(&reader);
}

static void test_finds_zram_that_comes_and_goes(void **state)
{
	(void)state;
	const double *values = sample.values;

	tree_write(&tree, "/proc/meminfo", "MemTotal: 8000 kB\n");
	assert_int_equal(system_reader_open(&reader, &tree.root), 0);
	reader.page_bytes = 4096;
	system_reader_sample(&reader, NSEC_PER_SEC, &sample);
	assert_true(isnan(values[FIGURE_ZRAM_STORED]));
	tree_write(&tree, "/sys/block/zram3/disksize", "4096\n");
	tree_write(&tree, "/sys/block/zram3/mm_stat", "10 5 20 0 0 0 0 0\n");
	system_reader_sample(&reader, 2 * NSEC_PER_SEC, &sample);
	assert_near(values[FIGURE_ZRAM_STORED], 10);
	assert_near(values[FIGURE_ZRAM_RATIO], 2);
	assert_near(values[FIGURE_ZRAM_TABLE], 16);
	system_reader_close(&reader);
}

static void test_reads_this_machine(void **state)
{
	(void)state;

	assert_int_equal(system_reader_open(&reader, &sysroot_real), 0);
	system_reader_sample(&reader, clock_now_ns(), &sample);
	assert_true(sample.values[FIGURE_MEMORY_USED_PERCENT] > 0.0);
	assert_true(sample.values[FIGURE_MEMORY_USED_PERCENT] < 100.0);
	assert_true(sample.n_zones > 0);
	system_reader_close(&reader);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_has_the_figures_of_a_board),
		tree_test(test_tells_absent_from_nothing, &tree),
		tree_test(test_leaves_out_hugetlb, &tree),
		cmocka_unit_test(test_computes_differences),
		tree_test(test_sees_pressure_fall_between_samples_of_a_tenth, &tree),
		tree_test(test_finds_zram_that_comes_and_goes, &tree),
		cmocka_unit_test(test_reads_this_machine),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
