#include "simulate/ballast.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include "util/clock.h"
#include "util/fixture-tree.h"

#define MIB (UINT64_C(1) << 20)

static struct ballast ballast;
static struct error err;

/* Without huge pages, so that locked ones are to fill up all of it. */
static void make_machine(const struct tree *tree)
{
	tree_write(tree, "/proc/meminfo",
		"MemTotal: 8000000 kB\nMemFree: 7000000 kB\nMemAvailable: 7500000 kB\n");
}

static void test_out_of_time(void **state)
{
	const struct tree *tree = *state;
	const struct ballast_request request = {.bytes = 4096 * MIB, .spare_bytes = 64 * MIB};

	make_machine(tree);
	assert_int_equal(ballast_take(&ballast, &tree->root, &request, &err), -ETIMEDOUT);
	assert_int_equal(ballast.huge_bytes + ballast.locked_bytes, 0);
	assert_non_null(strstr(err.text, "only 0 of 4096 MiB"));
	assert_null(strchr(err.text, '\n'));
}

static void test_what_others_need_is_left(void **state)
{
	const struct tree *tree = *state;
	const struct ballast_request request = {.bytes = 4 * MIB,
		.spare_bytes = 7500000 * UINT64_C(1024),
		.timeout_ns = NSEC_PER_SEC};

	make_machine(tree);
	assert_int_equal(ballast_take(&ballast, &tree->root, &request, &err), -ENOMEM);
	assert_int_equal(ballast.huge_bytes + ballast.locked_bytes, 0);
}

static void test_all_of_it(void **state)
{
	const struct tree *tree = *state;
	const struct ballast_request request = {
		.bytes = MIB, .spare_bytes = 64 * MIB, .timeout_ns = 30 * NSEC_PER_SEC};

	make_machine(tree);
	assert_int_equal(ballast_take(&ballast, &tree->root, &request, &err), 0);
	assert_int_equal(ballast.locked_bytes, MIB);
	assert_false(ballast.was_late);
}

int main(void)
{
	static struct tree tree;
	const struct CMUnitTest tests[] = {
		tree_test(test_out_of_time, &tree),
		tree_test(test_what_others_need_is_left, &tree),
		tree_test(test_all_of_it, &tree),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
