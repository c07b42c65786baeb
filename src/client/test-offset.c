#include "client/offset.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

#define MS NSEC_PER_MSEC

static void check(const struct offset *offset, uint64_t now_ns, int64_t ahead_ns, uint64_t error_ns)
{
	int64_t ahead = -1;
	uint64_t error = 0;

	assert_true(offset_best(offset, now_ns, &ahead, &error));
	assert_int_equal(ahead, ahead_ns);
	assert_int_equal(error, error_ns);
}

static void test_nothing(void **state)
{
	(void)state;
	struct offset offset = {0};
	int64_t ahead;
	uint64_t error;

	assert_false(offset_best(&offset, 0, &ahead, &error));
}

static void test_the_quickest_answer_counts(void **state)
{
	(void)state;
	struct offset offset = {0};

	offset_add(&offset, 100 * MS, 110 * MS, 1107 * MS);
	check(&offset, 110 * MS, 1002 * MS, 5 * MS + 1000);
	offset_add(&offset, 200 * MS, 202 * MS, 1201 * MS);
	offset_add(&offset, 300 * MS, 320 * MS, 1319 * MS);
	check(&offset, 320 * MS, 1000 * MS, 1 * MS + 1000);
}

static void test_a_clock_that_is_behind(void **state)
{
	(void)state;
	struct offset offset = {0};

	offset_add(&offset, 5000 * MS, 5004 * MS, 2 * MS);
	check(&offset, 5004 * MS, -(int64_t)(5000 * MS), 2 * MS + 1000);
}

/* On the same machine the server's time lies between the two. */
static void test_the_same_clock(void **state)
{
	(void)state;
	struct offset offset = {0};

	offset_add(&offset, 100 * MS, 110 * MS, 100 * MS);
	check(&offset, 110 * MS, 0, 0);
	offset_add(&offset, 200 * MS, 202 * MS, 202 * MS);
	check(&offset, 210 * MS, 0, 0);
}

static void test_old_ones_are_forgotten(void **state)
{
	(void)state;
	struct offset offset = {0};

	offset_add(&offset, 0, 2 * MS, 1001 * MS);
	offset_add(&offset, 30000 * MS, 30010 * MS, 31015 * MS);
	check(&offset, 30010 * MS, 1000 * MS, 1 * MS + 1000);
	check(&offset, 61000 * MS, 1010 * MS, 5 * MS + 1000);
	check(&offset, 200000 * MS, 1010 * MS, 5 * MS + 1000);
	for (unsigned i = 0; i < OFFSET_SAMPLES; i++) {
		offset_add(&offset, 31000 * MS, 31100 * MS, 32050 * MS);
	}
	check(&offset, 31100 * MS, 1000 * MS, 50 * MS + 1000);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_nothing),
		cmocka_unit_test(test_the_quickest_answer_counts),
		cmocka_unit_test(test_a_clock_that_is_behind),
		cmocka_unit_test(test_the_same_clock),
		cmocka_unit_test(test_old_ones_are_forgotten),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
