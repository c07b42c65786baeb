#include "kernel/command-line.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>

#include <cmocka.h>

#include "util/fixture-tree.h"

static void test_mem(void **state)
{
	const struct tree *tree = *state;
	char value[16];

	tree_write(tree, "/proc/cmdline", "console=ttyS2\n");
	command_line_read_mem(&tree->root, value, sizeof(value));
	assert_string_equal(value, "");
	tree_write(tree, "/proc/cmdline", "console=ttyS2 mem=3838M quiet\n");
	command_line_read_mem(&tree->root, value, sizeof(value));
	assert_string_equal(value, "3838M");
	tree_write(tree, "/proc/cmdline", "mem=4G\n");
	command_line_read_mem(&tree->root, value, sizeof(value));
	assert_string_equal(value, "4G");
	tree_write(tree, "/proc/cmdline", "cma=16M umem=4G\n");
	command_line_read_mem(&tree->root, value, sizeof(value));
	assert_string_equal(value, "");
}

int main(void)
{
	static struct tree tree;
	const struct CMUnitTest tests[] = {
		tree_test(test_mem, &tree),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
