#include "stats/bootstrap.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "stats/quantile.h"
#include "stats/slope.h"

#define N          50
#define REPLICATES 999
#define DEPTH      6

static void fill_noise(struct prng *prng, double *values, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		values[i] = 0;
		for (int k = 0; k < 12; k++) { /* nearly normal, sd 1 */
			values[i] += (double)(prng_next(prng) >> 11) * 0x1p-53 - 0.5;
		}
	}
}

static void test_blocks_stay_together(void **state)
{
	(void)state;
	double values[N], drawn[N];
	struct prng prng;

	prng_init(&prng, 7);
	for (size_t i = 0; i < N; i++) {
		values[i] = (double)i;
	}
	size_t block = bootstrap_block_length(N), starts[N] = {0};
	assert_int_equal(block, 10);
	assert_int_equal(bootstrap_block_length(12), 4);
	for (int round = 0; round < 1000; round++) {
		bootstrap_draw_blocks(&prng, values, N, block, drawn);
		for (size_t i = 0; i < N; i++) {
			if (i % block == 0) {
				starts[(size_t)drawn[i]]++;
			} else {
				assert_true(drawn[i] == drawn[i - 1] + 1);
			}
		}
	}
	assert_true(starts[0] > 0 && starts[N - block] > 0); /* the first block and the last */
}

/* The shortcut finds what sorting all replicates finds. */
static void test_tails_are_exact(void **state)
{
	(void)state;
	static double low[DEPTH], high[DEPTH], all[REPLICATES];
	double x[N], residuals[N], drawn[N], reciprocals[SLOPE_PAIRS(N)];
	double scratch[N + SLOPE_PAIRS(N)];
	struct bootstrap_tails tails = {
		.n_replicates = REPLICATES, .depth = DEPTH, .low = low, .high = high};
	struct prng prng, again;

	prng_init(&prng, 3);
	fill_noise(&prng, residuals, N);
	for (size_t i = 0; i < N; i++) {
		x[i] = (double)i / 60;
		residuals[i] = round(residuals[i] * 2); /* ties */
	}
	slope_prepare(x, N, reciprocals);
	again = prng;
	bootstrap_slopes(&prng, reciprocals, 100, residuals, N, scratch, &tails);
	for (size_t i = 0; i < REPLICATES; i++) {
		bootstrap_draw_blocks(&again, residuals, N, bootstrap_block_length(N), drawn);
		all[i] = 100 + slope_theil_sen(reciprocals, drawn, N, scratch);
	}
	quantile_sort(all, REPLICATES);
	for (size_t i = 0; i < DEPTH; i++) {
		assert_true(low[i] == all[i]);
		assert_true(high[i] == all[REPLICATES - 1 - i]);
	}
	assert_int_equal(bootstrap_depth(REPLICATES, 0.005), DEPTH);
	assert_true(bootstrap_quantile_low(&tails, 0.005) == all[4]);
	assert_true(bootstrap_quantile_high(&tails, 0.005) == all[REPLICATES - 5]);
	assert_true(bootstrap_quantile_low(&tails, 0.0025) == (all[1] + all[2]) / 2);
	assert_true(bootstrap_quantile_low(&tails, 1e-6) == all[0]);
}

/* How often a 99 % interval misses the slope of independent noise. */
static void test_interval_covers(void **state)
{
	(void)state;
	static double low[DEPTH], high[DEPTH];
	double x[N], y[N], reciprocals[SLOPE_PAIRS(N)], scratch[N + SLOPE_PAIRS(N)];
	struct bootstrap_tails tails = {
		.n_replicates = REPLICATES, .depth = DEPTH, .low = low, .high = high};
	struct prng prng;
	int missed = 0;

	prng_init(&prng, 11);
	for (size_t i = 0; i < N; i++) {
		x[i] = (double)i;
	}
	slope_prepare(x, N, reciprocals);
	for (int round = 0; round < 200; round++) {
		fill_noise(&prng, y, N);
		double slope = slope_theil_sen(reciprocals, y, N, scratch);
		for (size_t i = 0; i < N; i++) {
			y[i] = (y[i] - slope * x[i]) * bootstrap_correction(N);
		}
		bootstrap_slopes(&prng, reciprocals, slope, y, N, scratch, &tails);
		missed += bootstrap_quantile_low(&tails, 0.005) > 0 ||
			  bootstrap_quantile_high(&tails, 0.005) < 0;
	}
	assert_in_range(missed, 0, 9); /* without the correction 14 and more */
	print_message("99 %% interval of independent noise: missed %d of 200\n", missed);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_blocks_stay_together),
		cmocka_unit_test(test_tails_are_exact),
		cmocka_unit_test(test_interval_covers),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
