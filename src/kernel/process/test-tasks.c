#include "kernel/process/tasks.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <unistd.h>

#include <cmocka.h>

#include "util/fixture-tree.h"

static const struct sysroot captured = {.path = FIXTURES "/process/two-threads"};
static struct tree tree;

static void test_reads_the_threads_of_a_server(void **state)
{
	(void)state;
	_cleanup_tasks_ struct tasks tasks = {0};

	assert_int_equal(tasks_read(&captured, 1234, &tasks), 0);
	assert_int_equal(tasks.n, 2);
	assert_int_equal(tasks.tasks[0].tid, 1234);
	assert_string_equal(tasks.tasks[0].name, "twinlens-serve");
	assert_string_equal(tasks.tasks[1].name, "cam0");
	assert_true(tasks.tasks[1].has_schedstat);
	assert_int_equal(tasks.tasks[1].cpu_ns, 38720224);
	assert_int_equal(tasks.tasks[1].delay_ns, 17737950);
	assert_int_equal(tasks.tasks[1].voluntary_switches, 62);
	assert_int_equal(tasks.tasks[1].involuntary_switches, 33);
	assert_int_equal(tasks.tasks[0].minor_faults, 395);
	assert_int_equal(tasks.tasks[0].major_faults, 1);
	assert_int_equal(tasks.tasks[1].user_ticks, 3);
	assert_int_equal(tasks.tasks[1].start_ticks, 173166);
}

static void write_task(const char *tid, const char *schedstat)
{
	char path[64], text[256];

	snprintf(path, sizeof(path), "/proc/5/task/%s/stat", tid);
	snprintf(text, sizeof(text),
		"%s (a b) S 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 3 0 500 123456 99\n", tid);
	tree_write(&tree, path, text);
	snprintf(path, sizeof(path), "/proc/5/task/%s/comm", tid);
	tree_write(&tree, path, "a b\n");
	snprintf(path, sizeof(path), "/proc/5/task/%s/status", tid);
	tree_write(&tree, path,
		"Name:\ta b\nvoluntary_ctxt_switches:\t3\nnonvoluntary_ctxt_switches:\t4\n");
	if (schedstat) {
		snprintf(path, sizeof(path), "/proc/5/task/%s/schedstat", tid);
		tree_write(&tree, path, schedstat);
	}
}

static void test_a_kernel_without_schedstat(void **state)
{
	(void)state;
	_cleanup_tasks_ struct tasks tasks = {0};

	write_task("5", NULL);
	write_task("6", "0 0 0\n");
	write_task("17", "11 12 13\n");
	assert_int_equal(tasks_read(&tree.root, 5, &tasks), 0);
	assert_int_equal(tasks.n, 3);
	assert_false(tasks.tasks[0].has_schedstat);
	assert_false(tasks.tasks[1].has_schedstat);
	assert_true(tasks.tasks[2].has_schedstat);
	assert_string_equal(tasks.tasks[2].name, "a b");
	assert_int_equal(tasks.tasks[2].voluntary_switches, 3);
}

static void test_a_thread_that_ends_meanwhile_is_left_out(void **state)
{
	(void)state;
	_cleanup_tasks_ struct tasks tasks = {0};

	write_task("5", NULL);
	write_task("6", NULL);
	tree_remove(&tree, "/proc/5/task/6/status");
	assert_int_equal(tasks_read(&tree.root, 5, &tasks), 0);
	assert_int_equal(tasks.n, 1);
}

static void test_the_same_number_may_be_another_thread(void **state)
{
	(void)state;
	struct task listed[] = {{.tid = 5, .start_ticks = 500}, {.tid = 6, .start_ticks = 500}};
	const struct tasks tasks = {.tasks = listed, .n = 2};
	const struct task same = {.tid = 6, .start_ticks = 500};
	const struct task later = {.tid = 6, .start_ticks = 900};

	assert_ptr_equal(tasks_find(&tasks, &same), &listed[1]);
	assert_null(tasks_find(&tasks, &later));
}

static void test_refuses_what_is_not_of_the_form(void **state)
{
	(void)state;
	struct tasks tasks;

	assert_int_equal(tasks_read(&tree.root, 5, &tasks), -ENOENT);
	write_task("5", NULL);
	tree_write(&tree, "/proc/5/task/5/status", "Name:\tx\n");
	assert_int_equal(tasks_read(&tree.root, 5, &tasks), -EINVAL);
}

static void test_reads_itself(void **state)
{
	(void)state;
	_cleanup_tasks_ struct tasks tasks = {0};

	assert_int_equal(tasks_read(&sysroot_real, getpid(), &tasks), 0);
	assert_int_equal(tasks.tasks[0].tid, getpid());
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_reads_the_threads_of_a_server),
		tree_test(test_a_kernel_without_schedstat, &tree),
		tree_test(test_a_thread_that_ends_meanwhile_is_left_out, &tree),
		cmocka_unit_test(test_the_same_number_may_be_another_thread),
		tree_test(test_refuses_what_is_not_of_the_form, &tree),
		cmocka_unit_test(test_reads_itself),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
