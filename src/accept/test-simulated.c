#include "accept/simulated.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include "util/fixture-tree.h"

static struct simulated simulated;

static bool has(const struct report_text *texts, size_t n, const char *word)
{
	for (size_t i = 0; i < n; i++) {
		assert_true(texts[i].zh[0] != '\0');
		if (strstr(texts[i].en, word)) {
			return true;
		}
	}
	return false;
}

/* The loader has done it: nothing is taken, and nothing given back. */
static void test_booted_with_less(void **state)
{
	const struct tree *tree = *state;
	struct error err;

	simulated = (struct simulated){0};
	tree_write(tree, "/proc/cmdline", "console=ttyS2 mem=3838M quiet\n");
	assert_int_equal(simulated_take(&simulated, &tree->root, -1, &err), 0);
	assert_false(simulated.is_held);
	assert_int_equal(simulated_give(&simulated, &err), 0);
	simulated_describe(&simulated);
	assert_non_null(strstr(simulated.report.summary.en, "mem=3838M"));
	assert_non_null(strstr(simulated.report.summary.zh, "mem=3838M"));
	assert_true(has(simulated.report.reproduced, simulated.report.n_reproduced, "watermarks"));
	assert_true(has(simulated.report.missing, simulated.report.n_missing, "CMA"));
}

/* Neither is more than is wanted what was asked for; and here is no simulate that takes the rest.
 */
static void test_booted_with_more(void **state)
{
	const struct tree *tree = *state;
	struct error err;

	simulated = (struct simulated){0};
	tree_write(tree, "/proc/cmdline", "mem=8G\n");
	tree_write(tree, "/proc/meminfo", "MemTotal: 8000000 kB\n");
	assert_int_equal(simulated_take(&simulated, &tree->root, -1, &err), -ENOENT);
	assert_string_equal(simulated.booted, "");
	assert_false(simulated.is_held);
}

static void test_what_is_missing(void **state)
{
	(void)state;

	simulated = (struct simulated){.huge_bytes = 4000.0 * 1048576};
	simulated_describe(&simulated);
	assert_non_null(strstr(simulated.report.summary.en, "4000 MiB"));
	assert_false(has(simulated.report.missing, simulated.report.n_missing, "locked"));
	assert_true(has(simulated.report.missing, simulated.report.n_missing, "watermarks"));
	simulated.locked_bytes = 1048576;
	simulated_describe(&simulated);
	assert_true(has(simulated.report.missing, simulated.report.n_missing, "locked"));
}

int main(void)
{
	static struct tree tree;
	const struct CMUnitTest tests[] = {
		tree_test(test_booted_with_less, &tree),
		tree_test(test_booted_with_more, &tree),
		cmocka_unit_test(test_what_is_missing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
