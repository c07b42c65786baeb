#include "simulate/limit.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#define MIB    (UINT64_C(1) << 20)
#define MEMORY (1000 * MIB)

static uint64_t next(uint64_t limit, uint64_t current, uint64_t charge)
{
	const struct limit_reading reading = {.current_bytes = current, .charge_bytes = charge};
	bool is_full;

	return limit_next(MEMORY, limit, &reading, &is_full);
}

static void test_stays_without_swap(void **state)
{
	(void)state;
	assert_int_equal(next(MEMORY, 900 * MIB, 0), MEMORY);
	assert_int_equal(next(MEMORY, 0, 0), MEMORY);
}

static void test_falls_by_one_percent_at_the_most(void **state)
{
	(void)state;
	assert_int_equal(next(MEMORY, 0, 300 * MIB), 990 * MIB);
	assert_int_equal(next(990 * MIB, 0, 300 * MIB), 980 * MIB);
	assert_int_equal(next(MEMORY, 0, 4 * MIB), 996 * MIB);
}

static void test_does_not_fall_far_below_what_is_used(void **state)
{
	(void)state;
	assert_int_equal(next(950 * MIB, 990 * MIB, 300 * MIB), 940 * MIB);
	assert_int_equal(next(930 * MIB, 990 * MIB, 300 * MIB), 926 * MIB);
	/* 64 MiB below what is used is above the limit: it stays, and does not rise. */
	assert_int_equal(next(900 * MIB, 990 * MIB, 300 * MIB), 900 * MIB);
}

static void test_rises_at_once(void **state)
{
	(void)state;
	assert_int_equal(next(700 * MIB, 600 * MIB, 100 * MIB), 900 * MIB);
	assert_int_equal(next(700 * MIB, 600 * MIB, 0), MEMORY);
}

static void test_is_full_when_zram_takes_nearly_all(void **state)
{
	(void)state;
	struct limit_reading reading = {.current_bytes = 10 * MIB, .charge_bytes = 875 * MIB};
	bool is_full;

	assert_int_equal(limit_next(MEMORY, 130 * MIB, &reading, &is_full), 125 * MIB);
	assert_false(is_full);
	reading.charge_bytes++;
	assert_int_equal(limit_next(MEMORY, 130 * MIB, &reading, &is_full), 125 * MIB);
	assert_true(is_full);
	reading.charge_bytes = 2 * MEMORY;
	assert_int_equal(limit_next(MEMORY, 125 * MIB, &reading, &is_full), 125 * MIB);
	assert_true(is_full);
}

/*
 * A load of demand bytes: what does not fit under the limit is swapped, and takes 1/ratio of it in
 * zram, until the board is full. The last limit of a minute, which never falls below an eighth.
 */
static uint64_t settle(uint64_t demand, double ratio, unsigned *ret_changes, bool *ret_is_full)
{
	uint64_t limit = MEMORY;

	*ret_changes = 0;
	*ret_is_full = false;
	for (int i = 0; i < 600 && !*ret_is_full; i++) {
		uint64_t current = demand < limit ? demand : limit;
		double zram = (double)(demand - current) / ratio;
		const struct limit_reading reading = {
			.current_bytes = current, .charge_bytes = (uint64_t)zram};
		uint64_t now = limit_next(MEMORY, limit, &reading, ret_is_full);
		*ret_changes += i >= 500 && (now > limit ? now - limit : limit - now) > MIB;
		limit = now;
		assert_in_range(limit, MEMORY / 8, MEMORY);
	}
	return limit;
}

static void test_settles_where_everything_fits(void **state)
{
	(void)state;
	unsigned changes;
	bool is_full;

	/* Limit and zram make up the memory: limit + (demand - limit) / ratio = memory. */
	uint64_t limit = settle(1500 * MIB, 3, &changes, &is_full);
	assert_in_range(limit, 745 * MIB, 755 * MIB);
	assert_int_equal(changes, 0);
	limit = settle(1200 * MIB, 2, &changes, &is_full);
	assert_in_range(limit, 795 * MIB, 805 * MIB);
	assert_int_equal(changes, 0);
	assert_false(is_full);
	assert_int_equal(settle(900 * MIB, 3, &changes, &is_full), MEMORY);
	assert_false(is_full);
}

/*
 * Half a page that does not compress and half a page of zeros is 1.19 to 1, as a program leaves
 * buffers that it did not fill: each page that is swapped makes room for a sixth of one, so that
 * what is twice the memory never fits.
 */
static void test_is_full_when_hardly_anything_compresses(void **state)
{
	(void)state;
	unsigned changes;
	bool is_full;

	settle(2000 * MIB, 1.19, &changes, &is_full);
	assert_true(is_full);
	settle(1100 * MIB, 1.0, &changes, &is_full);
	assert_true(is_full);
	/* It fits: 1100 = 559 + 541, of which 541 / 1.19 are in zram. */
	assert_in_range(settle(1100 * MIB, 1.19, &changes, &is_full), 468 * MIB, 478 * MIB);
	assert_false(is_full);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_stays_without_swap),
		cmocka_unit_test(test_falls_by_one_percent_at_the_most),
		cmocka_unit_test(test_does_not_fall_far_below_what_is_used),
		cmocka_unit_test(test_rises_at_once),
		cmocka_unit_test(test_is_full_when_zram_takes_nearly_all),
		cmocka_unit_test(test_settles_where_everything_fits),
		cmocka_unit_test(test_is_full_when_hardly_anything_compresses),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
