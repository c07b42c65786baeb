#include "watch/record/interval.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "util/clock.h"

#define MINUTE (60 * NSEC_PER_SEC)

static void test_shortens_while_memory_falls(void **state)
{
	(void)state;
	/* 100 of 1000 in a second: nothing is left in 9 s, so look again in 0.9 s */
	assert_int_equal(interval_shorten(MINUTE, 1000, 900, NSEC_PER_SEC), 900 * NSEC_PER_MSEC);
	assert_int_equal(interval_shorten(MINUTE, 1000, 1, NSEC_PER_SEC), INTERVAL_MIN_NS);
	assert_int_equal(interval_shorten(MINUTE, 1000, 0, NSEC_PER_SEC), INTERVAL_MIN_NS);
}

static void test_keeps_the_interval_otherwise(void **state)
{
	(void)state;
	assert_int_equal(interval_shorten(MINUTE, 1000, 999, NSEC_PER_SEC), MINUTE);
	assert_int_equal(interval_shorten(MINUTE, 1000, 1000, NSEC_PER_SEC), MINUTE);
	assert_int_equal(interval_shorten(MINUTE, 900, 1000, NSEC_PER_SEC), MINUTE);
	assert_int_equal(interval_shorten(MINUTE, NAN, 1000, NSEC_PER_SEC), MINUTE);
	assert_int_equal(interval_shorten(MINUTE, 1000, 1, 0), MINUTE);
	assert_int_equal(interval_shorten(10, 1000, 1, NSEC_PER_SEC), 10);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_shortens_while_memory_falls),
		cmocka_unit_test(test_keeps_the_interval_otherwise),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
