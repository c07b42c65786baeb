#include "report/m4.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#define N 10000

static double times[N], values[N];
static size_t kept[4 * 100];

static void fill(void)
{
	for (size_t i = 0; i < N; i++) {
		times[i] = (double)i;
		values[i] = (double)(i * 7919 % 1000);
	}
}

static void test_keeps_peaks_and_ends(void **state)
{
	(void)state;
	fill();
	values[4321] = 1e6;
	values[8765] = -1e6;
	size_t n = m4_reduce(times, values, N, 0, N - 1, 100, kept), n_found = 0;

	assert_in_range(n, 100, 400);
	assert_int_equal(kept[0], 0);
	assert_int_equal(kept[n - 1], N - 1);
	for (size_t i = 0; i < n; i++) {
		assert_true(i == 0 || kept[i] > kept[i - 1]);
		n_found += kept[i] == 4321 || kept[i] == 8765;
	}
	assert_int_equal(n_found, 2);
}

/* In each column, the extremes of what is kept are those of all that is there. */
static void test_extremes_of_each_column(void **state)
{
	(void)state;
	fill();
	size_t n = m4_reduce(times, values, N, 0, N, 100, kept);

	for (size_t column = 0; column < 100; column++) {
		double low = INFINITY, high = -INFINITY, kept_low = INFINITY, kept_high = -INFINITY;
		for (size_t i = column * 100; i < (column + 1) * 100; i++) {
			low = fmin(low, values[i]);
			high = fmax(high, values[i]);
		}
		for (size_t i = 0; i < n; i++) {
			if (kept[i] / 100 == column) {
				kept_low = fmin(kept_low, values[kept[i]]);
				kept_high = fmax(kept_high, values[kept[i]]);
			}
		}
		assert_true(low == kept_low && high == kept_high);
	}
}

static void test_odd_series(void **state)
{
	(void)state;
	static const double missing[] = {NAN, 1, NAN, 1, NAN};

	assert_int_equal(m4_reduce(times, missing, 0, 0, 1, 100, kept), 0);
	assert_int_equal(m4_reduce(times, missing, 1, 0, 1, 100, kept), 0);
	assert_int_equal(m4_reduce(times, missing, 5, 0, 4, 100, kept), 2);
	assert_int_equal(kept[0], 1);
	assert_int_equal(kept[1], 3);
	assert_int_equal(m4_reduce(times, missing, 5, 0, 0, 100, kept), 2);
	assert_int_equal(m4_reduce(times, missing, 5, 10, 20, 100, kept), 2);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_keeps_peaks_and_ends),
		cmocka_unit_test(test_extremes_of_each_column),
		cmocka_unit_test(test_odd_series),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
