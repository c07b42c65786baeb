#include "prove/interval.h"

#include <errno.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>

#include <cmocka.h>

#include "stats/prng.h"

#define N 60

static void fill(uint64_t seed, double *values, double mean, double spread)
{
	struct prng prng;

	prng_init(&prng, seed);
	for (size_t i = 0; i < N; i++) {
		double unit = (double)(prng_next(&prng) >> 11) * 0x1p-53;
		values[i] = mean + spread * (unit - 0.5);
	}
}

/* A 95 % interval misses about one time in 20. */
static void test_coverage(void **state)
{
	(void)state;
	double values[N];
	unsigned n_missed = 0;

	for (uint64_t seed = 0; seed < 400; seed++) {
		struct interval interval;
		fill(seed, values, 30, 2);
		assert_int_equal(interval_of_mean(values, N, &interval), 0);
		assert_true(interval.low <= interval.mean && interval.mean <= interval.high);
		n_missed += interval.low > 30 || interval.high < 30;
	}
	assert_in_range(n_missed, 8, 50);
}

static void test_unknown_values(void **state)
{
	(void)state;
	struct interval interval;
	double values[N];

	fill(1, values, 30, 2);
	for (size_t i = 0; i < N; i += 2) {
		values[i] = NAN;
	}
	assert_int_equal(interval_of_mean(values, N, &interval), 0);
	assert_int_equal(interval.n, N / 2);
	assert_int_equal(interval_of_mean(values, 10, &interval), -ENODATA);
	assert_int_equal(interval_of_mean(values, 0, &interval), -ENODATA);
}

static void test_needed(void **state)
{
	(void)state;
	const struct interval interval = {60, 29.4, 29.2, 29.6};

	assert_true(fabs(interval_needed(&interval, 29.5) - 4) < 1e-6);
	assert_true(interval_needed(&interval, 20) == 1);
	assert_true(isinf(interval_needed(&interval, 29.4)));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_coverage),
		cmocka_unit_test(test_unknown_values),
		cmocka_unit_test(test_needed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
