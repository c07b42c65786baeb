#include "stats/change-point.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "stats/prng.h"

#define N 50

static void fill(struct prng *prng, double *values, double sd, double per_value)
{
	for (size_t i = 0; i < N; i++) {
		double noise = 0;
		for (int k = 0; k < 12; k++) {
			noise += (double)(prng_next(prng) >> 11) * 0x1p-53 - 0.5;
		}
		values[i] = sd * noise + per_value * (double)i;
	}
}

static void add_step(double *values, size_t at, double height)
{
	for (size_t i = at; i < N; i++) {
		values[i] += height;
	}
}

static void test_steps_in_a_trend(void **state)
{
	(void)state;
	struct change_point points[CHANGE_POINTS_MAX];
	double values[N], plain[N];
	struct prng prng;

	prng_init(&prng, 5);
	fill(&prng, values, 1, 2);
	for (size_t i = 0; i < N; i++) {
		plain[i] = values[i];
	}
	add_step(values, 12, 40);
	add_step(values, 30, -25);
	size_t n = change_point_find(values, N, 8, points);
	assert_int_equal(n, 2);
	assert_int_equal(points[0].at, 12);
	assert_true(fabs(points[0].height - 40) < 4);
	assert_int_equal(points[1].at, 30);
	assert_true(fabs(points[1].height + 25) < 4);
	change_point_remove(points, n, values, N);
	for (size_t i = 0; i < N; i++) {
		assert_true(fabs(values[i] - plain[i]) < 8);
	}
}

static void test_no_step(void **state)
{
	(void)state;
	struct change_point points[CHANGE_POINTS_MAX];
	double values[N];
	struct prng prng;

	prng_init(&prng, 6);
	for (int round = 0; round < 200; round++) {
		fill(&prng, values, 1, 3);
		assert_int_equal(change_point_find(values, N, 4, points), 0);
	}
	for (size_t i = 0; i < N; i++) { /* slow noise: independent increments */
		values[i] += i > 0 ? values[i - 1] : 0;
	}
	assert_int_equal(change_point_find(values, N, 4, points), 0);
	fill(&prng, values, 0, 0);
	values[20] = 100; /* a spike is not a level */
	assert_int_equal(change_point_find(values, N, 4, points), 0);
	assert_int_equal(change_point_find(values, 11, 4, points), 0);
}

static void test_sawtooth(void **state)
{
	(void)state;
	struct change_point points[CHANGE_POINTS_MAX];
	double values[N];

	for (size_t i = 0; i < N; i++) {
		values[i] = (double)(i % 7) * -9; /* jumps up by 54, falls slowly */
	}
	size_t n = change_point_find(values, N, 8, points);
	double sum = 0;
	for (size_t i = 0; i < n; i++) {
		sum += points[i].height;
	}
	assert_true(fabs(sum) < 54 * 2); /* at most one at each end */
}

/* Steps without end are a trend. */
static void test_stairs(void **state)
{
	(void)state;
	struct change_point points[CHANGE_POINTS_MAX];
	double values[N] = {0};

	for (size_t at = 4; at < N; at += 4) {
		add_step(values, at, 10);
	}
	assert_int_equal(change_point_find(values, N, 5, points), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_steps_in_a_trend),
		cmocka_unit_test(test_no_step),
		cmocka_unit_test(test_sawtooth),
		cmocka_unit_test(test_stairs),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
