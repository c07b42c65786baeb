#include "kernel/process/process-stat.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <unistd.h>

#include <cmocka.h>

#include "util/fixture-tree.h"

static struct tree tree;

static void test_parses_a_command_with_brackets(void **state)
{
	(void)state;
	struct process_stat stat;

	assert_int_equal(process_stat_parse("42 (a) b (c) D 41 2 3 4 5 6 7 8 9 10 11 12 13 14 15 "
					    "16 3 0 500 123456 99 1 2",
				 &stat),
		0);
	assert_int_equal(stat.state, 'D');
	assert_int_equal(stat.parent, 41);
	assert_int_equal(stat.minor_faults, 7);
	assert_int_equal(stat.major_faults, 9);
	assert_int_equal(stat.user_ticks, 11);
	assert_int_equal(stat.system_ticks, 12);
	assert_int_equal(stat.threads, 3);
	assert_int_equal(stat.start_ticks, 500);
	assert_int_equal(stat.virtual_bytes, 123456);
	assert_int_equal(stat.resident_pages, 99);
}

static void test_refuses_text_that_ends_early(void **state)
{
	(void)state;
	static const char *const texts[] = {"", "42", "42 (a", "42 (a)", "42 (a) S 1 2 3",
		"42 (a) S 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 3 0 500"};
	struct process_stat stat;

	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		assert_int_equal(process_stat_parse(texts[i], &stat), -EINVAL);
	}
}

static void test_reads_a_process(void **state)
{
	(void)state;
	struct process_stat stat;

	tree_write(&tree, "/proc/7/stat",
		"7 (x) R 6 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 3 0 500 1 99\n");
	assert_int_equal(process_stat_read(&tree.root, 7, &stat), 0);
	assert_int_equal(stat.parent, 6);
	assert_int_equal(process_stat_read(&tree.root, 8, &stat), -ENOENT);
	assert_int_equal(process_stat_read(&sysroot_real, 0, &stat), 0);
	assert_int_equal(stat.parent, getppid());
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_parses_a_command_with_brackets),
		cmocka_unit_test(test_refuses_text_that_ends_early),
		tree_test(test_reads_a_process, &tree),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
