#include "profile/target.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "util/fixture-tree.h"

static struct tree tree;

static void add_process(const char *pid, const char *name, char state)
{
	char path[64], text[128];

	snprintf(path, sizeof(path), "/proc/%s/comm", pid);
	tree_write(&tree, path, name);
	snprintf(path, sizeof(path), "/proc/%s/stat", pid);
	snprintf(text, sizeof(text),
		"%s (x) %c 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 3 0 500 123456 99\n", pid, state);
	tree_write(&tree, path, text);
	snprintf(path, sizeof(path), "/proc/%s/smaps", pid);
	tree_write(&tree, path, "");
	snprintf(path, sizeof(path), "/proc/%s/exe", pid);
	tree_link(&tree, path, "/usr/libexec/twinlens/twinlens-serve");
}

static void test_finds_the_one_that_runs(void **state)
{
	(void)state;
	struct target target;
	struct error err;

	add_process("70", "twinlens-serve\n", 'S');
	add_process("80", "twinlens-serve\n", 'Z');
	add_process("90", "twinlens\n", 'S');
	assert_int_equal(target_find(&tree.root, 0, &target, &err), 0);
	assert_int_equal(target.pid, 70);
	assert_int_equal(target.start_ticks, 500);
	assert_string_equal(target.program, "/usr/libexec/twinlens/twinlens-serve");
}

static void test_several_are_named(void **state)
{
	(void)state;
	struct target target;
	struct error err;

	add_process("70", "twinlens-serve\n", 'S');
	add_process("71", "twinlens-serve\n", 'R');
	assert_int_equal(target_find(&tree.root, 0, &target, &err), -ENOTUNIQ);
	assert_non_null(strstr(err.text, "70"));
	assert_non_null(strstr(err.text, "71"));
	assert_int_equal(target_find(&tree.root, 71, &target, &err), 0);
	assert_int_equal(target.pid, 71);
}

static void test_none(void **state)
{
	(void)state;
	struct target target;
	struct error err;

	add_process("90", "sh\n", 'S');
	assert_int_equal(target_find(&tree.root, 0, &target, &err), -ESRCH);
	assert_int_equal(target_find(&tree.root, 91, &target, &err), -ESRCH);
	tree_remove(&tree, "/proc/90/exe");
	assert_int_equal(target_find(&tree.root, 90, &target, &err), -EINVAL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		tree_test(test_finds_the_one_that_runs, &tree),
		tree_test(test_several_are_named, &tree),
		tree_test(test_none, &tree),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
