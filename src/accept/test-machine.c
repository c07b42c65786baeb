#include "accept/machine.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "util/fixture-tree.h"

static struct machine_facts facts;

static const char *value_of(const char *key)
{
	for (size_t i = 0; i < facts.n; i++) {
		if (strcmp(facts.facts[i].key, key) == 0) {
			return facts.facts[i].value;
		}
	}
	return "(none)";
}

static void test_board(void **state)
{
	const struct tree *tree = *state;

	tree_write(tree, "/proc/device-tree/model", "Orange Pi 5");
	tree_write(tree, "/etc/os-release", "NAME=x\nPRETTY_NAME=\"Debian GNU/Linux 12\"\n");
	tree_write(tree, "/proc/meminfo",
		"MemTotal:        3930112 kB\nMemAvailable:    2000000 kB\nHugetlb: 2048 kB\n");
	tree_write(tree, "/proc/cmdline", "console=ttyS2 mem=4G\n");
	machine_facts_read(&facts, &tree->root);
	assert_string_equal(value_of("model"), "Orange Pi 5");
	assert_string_equal(value_of("system"), "Debian GNU/Linux 12");
	assert_string_equal(value_of("memory"), "3838 MiB");
	assert_string_equal(value_of("huge_pages"), "2 MiB");
	assert_string_equal(value_of("command_line"), "console=ttyS2 mem=4G");
	assert_string_equal(value_of("governor"), "(none)");
	assert_non_null(strstr(value_of("kernel"), "Linux"));
}

int main(void)
{
	static struct tree tree;
	const struct CMUnitTest tests[] = {
		tree_test(test_board, &tree),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
