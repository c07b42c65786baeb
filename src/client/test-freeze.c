#include "client/freeze.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

#include "util/clock.h"

static struct freeze_window filled(unsigned n, uint64_t interval_ms)
{
	struct freeze_window window = {0};

	for (unsigned i = 0; i < n; i++) {
		assert_false(freeze_window_add(&window, interval_ms * NSEC_PER_MSEC));
	}
	return window;
}

static void check(unsigned n, uint64_t interval_ms, uint64_t gap_ms, bool is_freeze)
{
	struct freeze_window window = filled(n, interval_ms);

	assert_int_equal(freeze_window_judge(&window, gap_ms * NSEC_PER_MSEC), is_freeze);
	assert_int_equal(freeze_window_judge(&window, gap_ms * NSEC_PER_MSEC), is_freeze);
	assert_int_equal(freeze_window_add(&window, gap_ms * NSEC_PER_MSEC), is_freeze);
}

/* 29 of 30 ms and one of x: the average is (870 + x) / 30, and x must exceed it by 150 ms. */
static void test_excess_of_150_ms(void **state)
{
	(void)state;
	check(40, 30, 185, false);
	check(40, 30, 186, true);
}

/* 29 of 100 ms and one of x: three times the average, which is more than 150 ms above it. */
static void test_three_times_the_average(void **state)
{
	(void)state;
	check(40, 100, 322, false);
	check(40, 100, 323, true);
}

static void test_not_before_five(void **state)
{
	(void)state;
	check(0, 30, 60000, false);
	check(3, 30, 60000, false);
	check(4, 30, 60000, true);
}

static void test_intervals_are_forgotten(void **state)
{
	(void)state;
	struct freeze_window window = filled(30, 1000);

	assert_false(freeze_window_judge(&window, 500 * NSEC_PER_MSEC));
	for (unsigned i = 0; i < 30; i++) {
		assert_false(freeze_window_add(&window, 30 * NSEC_PER_MSEC));
	}
	assert_int_equal(window.sum_us, 900000);
	assert_true(freeze_window_add(&window, 500 * NSEC_PER_MSEC));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_excess_of_150_ms),
		cmocka_unit_test(test_three_times_the_average),
		cmocka_unit_test(test_not_before_five),
		cmocka_unit_test(test_intervals_are_forgotten),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
