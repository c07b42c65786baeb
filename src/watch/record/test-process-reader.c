#include "watch/record/process.h"

#include <errno.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "util/clock.h"
#include "util/fixture-tree.h"

static struct tree tree;
static struct process_reader reader;
static struct process_sample sample;

static void write_process(int pid, const char *comm, unsigned start, unsigned ticks, unsigned anon)
{
	char path[64], text[512];

	snprintf(path, sizeof(path), "/proc/%d/comm", pid);
	snprintf(text, sizeof(text), "%s\n", comm);
	tree_write(&tree, path, text);
	snprintf(path, sizeof(path), "/proc/%d/stat", pid);
	snprintf(text, sizeof(text),
		"%d (%s) S 1 1 1 0 -1 4194560 1 0 0 0 %u 0 0 0 20 0 3 0 %u 4096 10 0\n", pid, comm,
		ticks, start);
	tree_write(&tree, path, text);
	snprintf(path, sizeof(path), "/proc/%d/smaps_rollup", pid);
	snprintf(text, sizeof(text),
		"x [rollup]\nRss: 9 kB\nPss: 8 kB\nPss_Anon: %u kB\nSwapPss: 1 kB\n", anon);
	tree_write(&tree, path, text);
	snprintf(path, sizeof(path), "/proc/%d/fd/0", pid);
	tree_write(&tree, path, "");
}

static void remove_process(int pid)
{
	char path[64];

	snprintf(path, sizeof(path), "/proc/%d/stat", pid);
	tree_write(&tree, path, ""); /* an open one of /proc answers ESRCH then */
	snprintf(path, sizeof(path), "/proc/%d", pid);
	tree_remove(&tree, path);
}

static void watch_name(const char *comm, const char *name)
{
	struct process_target target = {.pid = 0};

	snprintf(target.comm, sizeof(target.comm), "%s", comm);
	snprintf(target.name, sizeof(target.name), "%s", name);
	assert_int_equal(process_reader_open(&reader, &tree.root), 0);
	assert_int_equal(process_reader_add(&reader, &target), 0);
}

static void take_sample(unsigned second)
{
	process_reader_sample(&reader, second * NSEC_PER_SEC, &sample);
}

static void test_follows_a_process_over_a_restart(void **state)
{
	(void)state;
	const struct process_entry *entry = &sample.entries[0];

	watch_name("twinlens-serve", "serve");
	take_sample(1);
	assert_int_equal(sample.n, 0);
	write_process(50, "twinlens-serve", 700, 10, 100);
	take_sample(2);
	assert_int_equal(sample.n, 0); /* the next look is later */
	take_sample(20);
	assert_int_equal(sample.n, 1);
	assert_string_equal(entry->name, "serve");
	assert_int_equal(entry->pid, 50);
	assert_true(entry->values[PROCESS_ANONYMOUS] == 101 * 1024.0);
	assert_true(entry->values[PROCESS_THREADS] == 3.0);
	assert_true(entry->values[PROCESS_DESCRIPTORS] == 1.0);
	assert_true(isnan(entry->values[PROCESS_CPU_PERCENT]));
	assert_true(isnan(entry->values[PROCESS_USS]));
	write_process(50, "twinlens-serve", 700, 10 + (unsigned)reader.ticks_per_s, 200);
	take_sample(22);
	assert_true(entry->values[PROCESS_CPU_PERCENT] == 50.0);
	assert_true(entry->values[PROCESS_RESTARTS] == 0.0);

	remove_process(50);
	take_sample(23);
	assert_true(entry->is_ended);
	assert_true(isnan(entry->values[PROCESS_ANONYMOUS]));
	write_process(60, "twinlens-serve", 900, 0, 50);
	take_sample(24); /* looked for at once */
	assert_false(entry->is_ended);
	assert_int_equal(entry->pid, 60);
	assert_true(entry->values[PROCESS_RESTARTS] == 1.0);
	process_reader_close(&reader);
}

static void test_knows_a_pid_that_was_used_again(void **state)
{
	(void)state;

	write_process(50, "one", 700, 10, 100);
	watch_name("one", "");
	take_sample(1);
	assert_false(sample.entries[0].is_ended);
	write_process(50, "one", 701, 10, 100);
	take_sample(2);
	assert_true(sample.entries[0].is_ended);
	take_sample(3);
	assert_false(sample.entries[0].is_ended);
	assert_true(sample.entries[0].values[PROCESS_RESTARTS] == 1.0);
	process_reader_close(&reader);
}

static void test_numbers_those_of_one_name(void **state)
{
	(void)state;

	write_process(50, "my.app", 1, 0, 1);
	write_process(51, "my.app", 2, 0, 1);
	write_process(52, "other", 3, 0, 1);
	watch_name("my.app", "");
	take_sample(1);
	assert_int_equal(sample.n, 2);
	assert_string_equal(sample.entries[0].name, "my_app");
	assert_string_equal(sample.entries[1].name, "my_app-2");
	remove_process(sample.entries[1].pid);
	take_sample(2);
	assert_int_equal(sample.n, 2);
	assert_true(sample.entries[1].is_ended);
	take_sample(3);
	assert_int_equal(sample.n, 1);
	remove_process(sample.entries[0].pid); /* the first one keeps its place */
	take_sample(4);
	take_sample(5);
	assert_int_equal(sample.n, 1);
	assert_true(sample.entries[0].is_ended);
	process_reader_close(&reader);
}

static void test_watches_a_pid(void **state)
{
	(void)state;
	const struct process_target target = {.pid = 52};

	write_process(52, "other", 3, 0, 1);
	write_process(53, "other", 3, 0, 1);
	assert_int_equal(process_reader_open(&reader, &tree.root), 0);
	assert_int_equal(process_reader_add(&reader, &target), 0);
	take_sample(1);
	assert_int_equal(sample.n, 1);
	assert_string_equal(sample.entries[0].name, "other");
	process_reader_close(&reader);
}

static void test_tells_why_memory_is_absent(void **state)
{
	(void)state;

	write_process(50, "one", 1, 0, 1);
	tree_remove(&tree, "/proc/50/smaps_rollup");
	watch_name("one", "");
	take_sample(1);
	assert_int_equal(sample.entries[0].memory_error, -ENOENT);
	assert_false(sample.entries[0].is_ended);
	assert_true(isnan(sample.entries[0].values[PROCESS_PSS]));
	write_process(50, "one", 1, 0, 1);
	take_sample(2);
	assert_int_equal(sample.entries[0].memory_error, 0);
	process_reader_close(&reader);
}

static void test_reads_the_cgroup_of_a_service(void **state)
{
	(void)state;
	const struct process_entry *entry = &sample.entries[0];

	write_process(50, "one", 1, 0, 1);
	tree_write(&tree, "/proc/50/cgroup", "0::/system.slice/my.one.service\n");
	tree_write(&tree, "/sys/fs/cgroup/system.slice/my.one.service/memory.current", "4096\n");
	tree_write(&tree, "/sys/fs/cgroup/system.slice/my.one.service/memory.pressure",
		"some avg10=0.00 avg60=0.00 avg300=0.00 total=1000\n");
	watch_name("one", "");
	take_sample(1);
	assert_string_equal(entry->service, "my_one");
	assert_true(entry->service_values[SERVICE_CURRENT] == 4096.0);
	assert_true(isnan(entry->service_values[SERVICE_PSI_SOME]));
	tree_write(&tree, "/sys/fs/cgroup/system.slice/my.one.service/memory.pressure",
		"some avg10=0.00 avg60=0.00 avg300=0.00 total=501000\n");
	take_sample(2);
	assert_true(entry->service_values[SERVICE_PSI_SOME] == 50.0);
	assert_true(isnan(entry->service_values[SERVICE_SOCKET]));
	process_reader_close(&reader);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		tree_test(test_follows_a_process_over_a_restart, &tree),
		tree_test(test_knows_a_pid_that_was_used_again, &tree),
		tree_test(test_numbers_those_of_one_name, &tree),
		tree_test(test_watches_a_pid, &tree),
		tree_test(test_tells_why_memory_is_absent, &tree),
		tree_test(test_reads_the_cgroup_of_a_service, &tree),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
