#include "stats/looks.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static void test_tails(void **state)
{
	(void)state;
	assert_true(looks_tail(600) == 0.005);
	assert_true(looks_tail(3600) == 0.005);
	assert_true(looks_tail(3610) == 0.005); /* one interval late */
	assert_true(looks_tail(2 * 3600) == 0.0025);
	assert_true(looks_tail(4 * 3600) == 0.0025);
	assert_true(looks_tail(24 * 3600) == 0.00125);
	assert_true(looks_tail(7 * 86400) == 0.000625);
	assert_true(looks_tail(14 * 86400) == 0.0003125);
}

/* All looks that there can be err less than once in 100. */
static void test_sum(void **state)
{
	(void)state;
	double sum = 0, time_s = LOOKS_FIRST_S;

	for (int i = 0; i < 40; i++) {
		sum += looks_tail(time_s);
		time_s = looks_next_s(time_s);
	}
	assert_true(sum <= 0.01);
}

static void test_times(void **state)
{
	(void)state;
	assert_true(looks_next_s(0) == 3600);
	assert_true(looks_next_s(3500) == 3600);
	assert_true(looks_next_s(3590) == 4 * 3600); /* the first look is now */
	assert_true(looks_next_s(5 * 3600) == 24 * 3600);
	assert_true(looks_next_s(7 * 86400) == 14 * 86400);
	assert_true(looks_at_s(3610) == 3600);
	assert_true(looks_at_s(3700) == 4 * 3600);
	assert_true(looks_at_s(15 * 86400) == 28 * 86400);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_tails),
		cmocka_unit_test(test_sum),
		cmocka_unit_test(test_times),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
