#include "accept/baseline.h"

#include <errno.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "util/fixture-tree.h"

static int load(const struct tree *tree, const char *text, struct baseline *ret_baseline)
{
	char path[128];
	struct error err;

	tree_write(tree, "/accept.json", text);
	snprintf(path, sizeof(path), "%s/accept.json", tree->root.path);
	return baseline_load(ret_baseline, path, &err);
}

static void test_load(void **state)
{
	const struct tree *tree = *state;
	struct report_criterion criteria[] = {
		{.id = "F1", .baseline = NAN}, {.id = "P2", .baseline = NAN}};
	struct baseline baseline;

	assert_int_equal(load(tree,
				 "{\"stage\":\"baseline\",\"ages\":[[200.5,10],[0,0]],"
				 "\"criteria\":[{\"id\":\"P2\",\"value\":31},{\"id\":\"F1\","
				 "\"value\":null},{\"id\":\"X\",\"value\":1}]}",
				 &baseline),
		0);
	assert_int_equal(baseline.prove.n, 2);
	assert_true(baseline.prove.ages[0].sum == 200.5);
	baseline_apply(&baseline, criteria, 2);
	assert_true(isnan(criteria[0].baseline));
	assert_true(criteria[1].baseline == 31);
	baseline_done(&baseline);
}

static void test_refuses(void **state)
{
	const struct tree *tree = *state;
	struct baseline baseline;
	struct error err;

	assert_int_equal(baseline_load(&baseline, "/nonexistent/accept.json", &err), -ENOENT);
	for (const char *const *text = (const char *const[]){"", "[]", "{\"stage\":\"hardware\"}",
		     "{\"stage\":\"baseline\"}", "{\"stage\":\"baseline\",\"ages\":[]}",
		     "{\"stage\":\"baseline\",\"ages\":[[1]]}",
		     "{\"stage\":\"baseline\",\"ages\":[[1,\"2\"]]}",
		     "{\"stage\":\"baseline\",\"ages\":[[1,2,3]]}", NULL};
		*text; text++) {
		assert_int_equal(load(tree, *text, &baseline), -EINVAL);
	}
}

int main(void)
{
	static struct tree tree;
	const struct CMUnitTest tests[] = {
		tree_test(test_load, &tree),
		tree_test(test_refuses, &tree),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
