#include "stats/slope.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#define N 9

static double slope(const double *x, const double *y, size_t n)
{
	double reciprocals[SLOPE_PAIRS(N)], scratch[SLOPE_PAIRS(N)];

	slope_prepare(x, n, reciprocals);
	return slope_theil_sen(reciprocals, y, n, scratch);
}

/* Worked out by hand. */
static void test_by_hand(void **state)
{
	(void)state;
	static const double x[] = {0, 1, 3, 4}, y[] = {0, 2, 3, 10};

	/* the slopes of the pairs: 2 1 2.5 0.5 2.67 7 */
	assert_true(fabs(slope(x, y, 4) - 2.25) < 1e-12);
	assert_true(slope(x, y, 2) == 2);
}

static void test_outliers_do_not_matter(void **state)
{
	(void)state;
	double x[N], y[N];

	for (size_t i = 0; i < N; i++) {
		x[i] = (double)i;
		y[i] = 5 - 3 * x[i];
	}
	y[2] = 1e9;
	y[7] = -1e9; /* two of nine: below 29 % */
	assert_true(slope(x, y, N) == -3);
}

static void test_shift_and_scale(void **state)
{
	(void)state;
	static const double y[N] = {3, 1, 4, 1, 5, 9, 2, 6, 5};
	double x[N], moved[N];

	for (size_t i = 0; i < N; i++) {
		x[i] = (double)(i * i);
		moved[i] = 100 + 2 * y[i] + 7 * x[i];
	}
	assert_true(fabs(slope(x, moved, N) - (2 * slope(x, y, N) + 7)) < 1e-9);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_by_hand),
		cmocka_unit_test(test_outliers_do_not_matter),
		cmocka_unit_test(test_shift_and_scale),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
