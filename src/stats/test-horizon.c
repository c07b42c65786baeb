#include "stats/horizon.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "stats/prng.h"

#define MINUTE_H (1.0 / 60)

/* The hours that the rule was made for: 100 KB/h, sd 20 KB, by the autocorrelation at 1 min. */
static void test_needed(void **state)
{
	(void)state;
	static const struct {
		double tau_min, hours;
	} wanted[] = {{0, 0.5}, {5, 1.1}, {15, 1.6}};

	for (size_t i = 0; i < 3; i++) {
		struct noise noise = {.sd = 20};
		if (wanted[i].tau_min > 0) {
			noise.autocorrelation = exp(-1 / wanted[i].tau_min);
		}
		double hours = horizon_needed_h(noise, MINUTE_H, 100);
		assert_true(fabs(hours - wanted[i].hours) < 0.05);
		double error = horizon_slope_error(noise, MINUTE_H, hours);
		assert_true(fabs(error * (2.576 + 1.645) - 100) < 1e-6);
	}
	assert_true(horizon_needed_h((struct noise){0}, MINUTE_H, 100) == 0);
}

/* The estimate is near the truth although the line was taken out. */
static void test_noise(void **state)
{
	(void)state;
	static const double truth[] = {0, 0.5, 0.8};
	enum { N = 50, ROUNDS = 400 };

	for (size_t k = 0; k < 3; k++) {
		double sum = 0;
		struct prng prng;
		prng_init(&prng, k);
		for (int round = 0; round < ROUNDS; round++) {
			double y[N], value = 0, mean_y = 0, product = 0, square = 0;
			for (int i = -50; i < N; i++) {
				value = truth[k] * value +
					(double)(prng_next(&prng) >> 11) * 0x1p-53 - 0.5;
				if (i >= 0) {
					y[i] = value;
					mean_y += value / N;
				}
			}
			for (int i = 0; i < N; i++) {
				product += (i - (N - 1) / 2.0) * (y[i] - mean_y);
				square += (i - (N - 1) / 2.0) * (i - (N - 1) / 2.0);
			}
			for (int i = 0; i < N; i++) {
				y[i] -= product / square * i;
			}
			sum += noise_of_residuals(y, N).autocorrelation / ROUNDS;
		}
		assert_true(fabs(sum - truth[k]) < 0.06); /* 0 is the mean of values >= 0 */
	}
}

static void test_noise_of_nothing(void **state)
{
	(void)state;
	static const double level[] = {4, 4, 4, 4}, swing[] = {1, -1, 1, -1, 1, -1};

	assert_true(noise_of_residuals(level, 4).sd == 0);
	assert_true(noise_of_residuals(swing, 6).autocorrelation == 0);
	assert_true(fabs(noise_of_residuals(swing, 6).sd - sqrt(6.0 / 4)) < 1e-12);
}

static void test_normal_quantile(void **state)
{
	(void)state;
	assert_true(fabs(horizon_normal_quantile(0.5)) < 1e-9);
	assert_true(fabs(horizon_normal_quantile(0.025) - 1.959963985) < 1e-8);
	assert_true(fabs(horizon_normal_quantile(0.005) - 2.575829304) < 1e-8);
	assert_true(fabs(horizon_normal_quantile(1e-9) - 5.997807015) < 1e-8);
}

static void test_exhausted(void **state)
{
	(void)state;
	assert_true(fabs(horizon_exhausted_s(100, 876000) - 8760.0 * 3600) < 1e-3);
	assert_true(isinf(horizon_exhausted_s(0, 1)));
	assert_true(isinf(horizon_exhausted_s(-5, 1)));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_needed),
		cmocka_unit_test(test_noise),
		cmocka_unit_test(test_noise_of_nothing),
		cmocka_unit_test(test_normal_quantile),
		cmocka_unit_test(test_exhausted),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
