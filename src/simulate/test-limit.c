#include "simulate/limit.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#define MIB    (UINT64_C(1) << 20)
#define MEMORY (1000 * MIB)

static uint64_t next(uint64_t limit, uint64_t current, uint64_t charge, double ratio)
{
	const struct limit_reading reading = {
		.current_bytes = current, .charge_bytes = charge, .ratio = ratio};
	bool is_frozen;

	return limit_next(MEMORY, limit, &reading, &is_frozen);
}

static void test_stays_without_swap(void **state)
{
	(void)state;
	assert_int_equal(next(MEMORY, 900 * MIB, 0, NAN), MEMORY);
	assert_int_equal(next(MEMORY, 0, 0, 3), MEMORY);
}

static void test_falls_by_one_percent_at_the_most(void **state)
{
	(void)state;
	assert_int_equal(next(MEMORY, 0, 300 * MIB, 3), 990 * MIB);
	assert_int_equal(next(990 * MIB, 0, 300 * MIB, 3), 980 * MIB);
	assert_int_equal(next(MEMORY, 0, 4 * MIB, 3), 996 * MIB);
}

static void test_does_not_fall_far_below_what_is_used(void **state)
{
	(void)state;
	assert_int_equal(next(950 * MIB, 990 * MIB, 300 * MIB, 3), 940 * MIB);
	assert_int_equal(next(930 * MIB, 990 * MIB, 300 * MIB, 3), 926 * MIB);
	/* 64 MiB below what is used is above the limit: it stays, and does not rise. */
	assert_int_equal(next(900 * MIB, 990 * MIB, 300 * MIB, 3), 900 * MIB);
}

static void test_rises_at_once(void **state)
{
	(void)state;
	assert_int_equal(next(700 * MIB, 600 * MIB, 100 * MIB, 3), 900 * MIB);
	assert_int_equal(next(700 * MIB, 600 * MIB, 0, NAN), MEMORY);
	assert_int_equal(next(700 * MIB, 600 * MIB, 0, 1.0), MEMORY);
}

static void test_is_frozen_when_nothing_compresses(void **state)
{
	(void)state;
	const struct limit_reading reading = {
		.current_bytes = 900 * MIB, .charge_bytes = 300 * MIB, .ratio = 1.05};
	bool is_frozen = false;

	assert_int_equal(limit_next(MEMORY, 950 * MIB, &reading, &is_frozen), 950 * MIB);
	assert_true(is_frozen);
	/* It was set for more memory. */
	assert_int_equal(limit_next(MEMORY, 1200 * MIB, &reading, &is_frozen), 1190 * MIB);
	assert_int_equal(limit_next(MEMORY, 1001 * MIB, &reading, &is_frozen), MEMORY);
}

static void test_never_falls_below_nothing(void **state)
{
	(void)state;
	uint64_t limit = MEMORY;

	for (int i = 0; i < 200; i++) {
		limit = next(limit, 10 * MIB, 2 * MEMORY, 3);
	}
	assert_int_equal(limit, 0);
}

/*
 * A load of demand bytes: what does not fit under the limit is swapped, and takes 1/ratio of it in
 * zram. Returns the limit after a minute.
 */
static uint64_t settle(uint64_t demand, double ratio, unsigned *ret_changes)
{
	uint64_t limit = MEMORY;

	*ret_changes = 0;
	for (int i = 0; i < 600; i++) {
		uint64_t current = demand < limit ? demand : limit;
		double zram = (double)(demand - current) / ratio;
		uint64_t now = next(limit, current, (uint64_t)zram, ratio);
		*ret_changes += i >= 500 && (now > limit ? now - limit : limit - now) > MIB;
		limit = now;
	}
	return limit;
}

static void test_settles_where_everything_fits(void **state)
{
	(void)state;
	unsigned changes;

	/* Limit and zram make up the memory: limit + (demand - limit) / ratio = memory. */
	uint64_t limit = settle(1500 * MIB, 3, &changes);
	assert_in_range(limit, 745 * MIB, 755 * MIB);
	assert_int_equal(changes, 0);
	limit = settle(1200 * MIB, 2, &changes);
	assert_in_range(limit, 795 * MIB, 805 * MIB);
	assert_int_equal(changes, 0);
	assert_int_equal(settle(900 * MIB, 3, &changes), MEMORY);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_stays_without_swap),
		cmocka_unit_test(test_falls_by_one_percent_at_the_most),
		cmocka_unit_test(test_does_not_fall_far_below_what_is_used),
		cmocka_unit_test(test_rises_at_once),
		cmocka_unit_test(test_is_frozen_when_nothing_compresses),
		cmocka_unit_test(test_never_falls_below_nothing),
		cmocka_unit_test(test_settles_where_everything_fits),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
