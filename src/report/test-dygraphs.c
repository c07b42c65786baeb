#include "report/dygraphs.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#include "util/fixture-tree.h"

static void test_load(void **state)
{
	const struct tree *tree = *state;
	struct report_dygraphs dygraphs;

	assert_int_equal(dygraphs_load(&tree->root, &dygraphs), -ENOENT);
	assert_null(dygraphs.script);
	tree_write(tree, DYGRAPHS_FOLDER "/dygraph.min.js", "var Dygraph;");
	assert_int_equal(dygraphs_load(&tree->root, &dygraphs), -ENOENT);
	assert_null(dygraphs.script);
	tree_write(tree, DYGRAPHS_FOLDER "/dygraph.min.css", ".x{}");
	assert_int_equal(dygraphs_load(&tree->root, &dygraphs), 0);
	assert_string_equal(dygraphs.script, "var Dygraph;");
	assert_string_equal(dygraphs.style, ".x{}");
	dygraphs_done(&dygraphs);
	tree_write(tree, DYGRAPHS_FOLDER "/dygraph.min.js", "'</Script>'");
	assert_int_equal(dygraphs_load(&tree->root, &dygraphs), -EBADMSG);
	assert_null(dygraphs.script);
	assert_null(dygraphs.style);
}

int main(void)
{
	static struct tree tree;
	const struct CMUnitTest tests[] = {
		tree_test(test_load, &tree),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
