#include "profile/work.h"

#include <errno.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "kernel/proc-text.h"
#include "util/clock.h"
#include "util/fixture-tree.h"

static struct tree tree;

static char *print(const struct work_reading *before, const struct work_reading *after,
	struct work_total *ret_total, struct costs *costs)
{
	char *text = NULL;
	size_t size;
	FILE *file = open_memstream(&text, &size);

	assert_non_null(file);
	work_print(file, before, after, ret_total, costs);
	fclose(file);
	return text;
}

static bool is_near(double value, double wanted)
{
	return fabs(value - wanted) < 1e-9;
}

/* Two seconds: one thread runs on, one has begun, one has ended. */
static void test_differences_of_two_readings(void **state)
{
	(void)state;
	uint64_t second = (uint64_t)sysconf(_SC_CLK_TCK);
	struct task old[] = {
		{.tid = 5, .name = "a", .has_schedstat = true, .cpu_ns = 1000, .user_ticks = 9},
		{.tid = 6, .name = "gone"},
	};
	struct task new[] = {
		{.tid = 5,
			.name = "a",
			.has_schedstat = true,
			.cpu_ns = 1000 + NSEC_PER_SEC,
			.delay_ns = NSEC_PER_SEC / 2,
			.user_ticks = 9 + second,
			.voluntary_switches = 20,
			.minor_faults = 3},
		{.tid = 7, .name = "new", .start_ticks = 9, .system_ticks = second / 2},
	};
	const struct work_reading before = {
		.read_ns = NSEC_PER_SEC, .stalled_us = 100, .tasks = {.tasks = old, .n = 2}};
	const struct work_reading after = {.read_ns = 3 * NSEC_PER_SEC,
		.stalled_us = 100 + 200000,
		.user_ticks = second,
		.system_ticks = second,
		.tasks = {.tasks = new, .n = 2}};
	struct work_total total;
	struct costs costs = {0};

	char *text = print(&before, &after, &total, &costs);
	assert_int_equal(total.elapsed_ns, 2 * NSEC_PER_SEC);
	assert_true(is_near(total.cpu_percent, 100));
	assert_true(is_near(total.stalled_percent, 10));
	assert_int_equal(costs.n, 3);
	assert_true(is_near(costs.items[0].percent, 50));
	assert_true(is_near(costs.items[1].percent, 25));
	assert_true(is_near(costs.items[2].percent, 25));
	assert_non_null(strstr(text, "1 threads ended"));
	assert_non_null(strstr(text, "    10.0 ")); /* waits a second */
	free(text);
}

static void test_what_is_not_known_is_not_0(void **state)
{
	(void)state;
	struct task task = {.tid = 5, .name = "a"};
	const struct work_reading before = {
		.stalled_us = PROC_ABSENT, .tasks = {.tasks = &task, .n = 1}};
	const struct work_reading after = {.read_ns = NSEC_PER_SEC,
		.stalled_us = PROC_ABSENT,
		.tasks = {.tasks = &task, .n = 1}};
	struct work_total total;
	struct costs costs = {0};

	char *text = print(&before, &after, &total, &costs);
	assert_true(isnan(total.stalled_percent));
	assert_non_null(strstr(text, " - ")); /* the delay */
	assert_non_null(strstr(text, "not known"));
	assert_int_equal(costs.n, 0);
	free(text);
}

static void test_reads_the_stall_of_the_cgroup(void **state)
{
	(void)state;
	_cleanup_work_reading_ struct work_reading reading = {0};
	static const char pressure[] = "some avg10=0.00 avg60=0.00 avg300=0.00 total=77\n"
				       "full avg10=0.00 avg60=0.00 avg300=0.00 total=7\n";

	tree_write(&tree, "/proc/5/stat",
		"5 (a) S 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 3 0 500 123456 99\n");
	tree_write(&tree, "/proc/5/task/5/stat",
		"5 (a) S 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 3 0 500 123456 99\n");
	tree_write(&tree, "/proc/5/task/5/comm", "a\n");
	tree_write(&tree, "/proc/5/task/5/status",
		"Name:\ta\nvoluntary_ctxt_switches:\t3\nnonvoluntary_ctxt_switches:\t4\n");
	tree_write(&tree, "/proc/5/cgroup", "0::/system.slice/x.service\n");
	tree_write(&tree, "/sys/fs/cgroup/system.slice/x.service/memory.current", "4096\n");
	tree_write(&tree, "/sys/fs/cgroup/system.slice/x.service/memory.pressure", pressure);
	assert_int_equal(work_read(&tree.root, 5, 500, &reading), 0);
	assert_int_equal(reading.stalled_us, 77);
	assert_non_null(strstr(reading.stalled_where, "/system.slice/x.service"));
	assert_int_equal(work_read(&tree.root, 5, 501, &reading), -ESRCH);
	work_reading_done(&reading);
	tree_remove(&tree, "/sys/fs/cgroup/system.slice/x.service/memory.pressure");
	tree_write(&tree, "/proc/pressure/memory", pressure);
	assert_int_equal(work_read(&tree.root, 5, 500, &reading), 0);
	assert_int_equal(reading.stalled_us, 77);
	assert_non_null(strstr(reading.stalled_where, "whole machine"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_differences_of_two_readings),
		cmocka_unit_test(test_what_is_not_known_is_not_0),
		tree_test(test_reads_the_stall_of_the_cgroup, &tree),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
