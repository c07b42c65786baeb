#include "stats/windows.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>

#define HOUR_POINTS 360

static void fill(struct series_point *points, size_t n, double interval_s)
{
	for (size_t i = 0; i < n; i++) {
		points[i] = (struct series_point){1e6 + (double)i * interval_s, (double)i};
	}
}

static void test_lengths(void **state)
{
	(void)state;
	static struct series_point points[60480];
	static const struct {
		double hours, warm_up_s, window_s;
		size_t n;
	} wanted[] = {
		{1, 600, 60, 50}, {4, 1440, 240, 54}, {24, 1800, 1440, 58}, {168, 1800, 10080, 59}};
	struct windows windows;

	fill(points, 60480, 10);
	for (size_t i = 0; i < 4; i++) {
		size_t n = (size_t)(wanted[i].hours * HOUR_POINTS);
		assert_int_equal(windows_init(points, n, 0, &windows), 0);
		assert_true(fabs(windows.duration_s - wanted[i].hours * 3600) < 1e-6);
		assert_true(fabs(windows.warm_up_s - wanted[i].warm_up_s) < 1e-6);
		assert_true(fabs(windows.window_s - wanted[i].window_s) < 1e-6);
		assert_int_equal(windows.n, wanted[i].n);
	}
}

static void test_minima(void **state)
{
	(void)state;
	struct series_point points[HOUR_POINTS];
	struct windows windows;

	fill(points, HOUR_POINTS, 10);
	points[64].value = -1; /* in the first window, 600 to 660 s */
	points[59].value = -2; /* of the warm-up */
	assert_int_equal(windows_init(points, HOUR_POINTS, 0, &windows), 0);
	assert_true(windows.minimum[0] == -1);
	assert_true(windows.minimum[1] == 66);
	assert_true(windows.minimum[49] == 354);
	assert_true(fabs(windows.time_h[0] - 630.0 / 3600) < 1e-12);

	assert_int_equal(windows_init(points, HOUR_POINTS, 7 * 60, &windows), 0);
	assert_int_equal(windows.n, 7); /* an incomplete one is left out */
	assert_true(windows.minimum[0] == -1 && windows.minimum[1] == 102);
}

static void test_gap(void **state)
{
	(void)state;
	struct series_point points[HOUR_POINTS];
	struct windows windows;

	fill(points, HOUR_POINTS, 10);
	for (size_t i = 100; i < HOUR_POINTS; i++) {
		points[i].time_s += 1200;
	}
	assert_int_equal(windows_init(points, HOUR_POINTS, 0, &windows), 0);
	for (size_t i = 1; i < windows.n; i++) {
		assert_true(windows.time_h[i] > windows.time_h[i - 1]);
	}
	assert_in_range(windows.n, 35, 45); /* none where there is nothing */
}

static void test_refused(void **state)
{
	(void)state;
	struct series_point points[] = {{0, 1}, {10, 1}, {20, 1}};
	struct windows windows = {.n = 77};

	assert_int_equal(windows_init(points, 1, 0, &windows), -EINVAL);
	points[1].time_s = 20;
	assert_int_equal(windows_init(points, 3, 0, &windows), -EINVAL);
	points[1].time_s = NAN;
	assert_int_equal(windows_init(points, 3, 0, &windows), -EINVAL);
	points[1] = (struct series_point){10, INFINITY};
	assert_int_equal(windows_init(points, 3, 0, &windows), -EINVAL);
	assert_int_equal(windows.n, 77);
	points[1] = (struct series_point){10, 1};
	assert_int_equal(windows_init(points, 3, 0, &windows), 0);
	assert_int_equal(windows.n, 0); /* all of it is warm-up */
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_lengths),
		cmocka_unit_test(test_minima),
		cmocka_unit_test(test_gap),
		cmocka_unit_test(test_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
