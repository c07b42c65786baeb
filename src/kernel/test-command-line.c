#include "kernel/command-line.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>

#include <cmocka.h>

#include "util/fixture-tree.h"

static void assert_mem(const struct tree *tree, const char *command_line, const char *wanted)
{
	char value[16];

	tree_write(tree, "/proc/cmdline", command_line);
	command_line_read_mem(&tree->root, value, sizeof(value));
	assert_string_equal(value, wanted);
}

static void test_mem(void **state)
{
	const struct tree *tree = *state;

	assert_mem(tree, "console=ttyS2\n", "");
	assert_mem(tree, "console=ttyS2 mem=3838M quiet\n", "3838M");
	assert_mem(tree, "mem=4G\n", "4G");
	assert_mem(tree, "cma=16M umem=4G\n", "");
}

int main(void)
{
	static struct tree tree;
	const struct CMUnitTest tests[] = {
		tree_test(test_mem, &tree),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
