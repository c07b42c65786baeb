#include "stats/quantile.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "stats/prng.h"

#define N_MAX 300

/* Few distinct values, many, or all the same. */
static void fill(struct prng *prng, double *values, size_t n, uint32_t distinct)
{
	for (size_t i = 0; i < n; i++) {
		values[i] = (double)prng_below(prng, distinct) - distinct / 2.0;
	}
}

static void test_median_is_that_of_sorting(void **state)
{
	(void)state;
	static const uint32_t distinct[] = {1, 2, 3, 10, 1000000};
	double values[N_MAX], sorted[N_MAX];
	struct prng prng;

	prng_init(&prng, 1);
	for (size_t n = 1; n <= N_MAX; n++) {
		for (size_t k = 0; k < sizeof(distinct) / sizeof(distinct[0]); k++) {
			fill(&prng, values, n, distinct[k]);
			for (size_t i = 0; i < n; i++) {
				sorted[i] = values[i];
			}
			quantile_sort(sorted, n);
			double wanted = (sorted[(n - 1) / 2] + sorted[n / 2]) / 2;
			assert_true(quantile_median(values, n) == wanted);
		}
	}
}

static void test_median_of_ordered_values(void **state)
{
	(void)state;
	double values[1001];

	for (size_t i = 0; i < 1001; i++) {
		values[i] = (double)i;
	}
	assert_true(quantile_median(values, 1001) == 500);
	for (size_t i = 0; i < 1001; i++) {
		values[i] = i < 500 ? 1000 - (double)i : 0; /* half of them at one end */
	}
	assert_true(quantile_median(values, 1001) == 0);
}

static void test_quantiles(void **state)
{
	(void)state;
	static const double sorted[] = {1, 2, 4, 8};

	assert_true(quantile_of_sorted(sorted, 4, 0) == 1);
	assert_true(quantile_of_sorted(sorted, 4, 1) == 8);
	assert_true(quantile_of_sorted(sorted, 4, 0.5) == 3);
	assert_true(fabs(quantile_of_sorted(sorted, 4, 0.25) - 1.75) < 1e-12);
	assert_true(quantile_of_sorted(sorted, 1, 0.7) == 1);

	assert_true(quantile_of_replicates(sorted, 4, 0.2) == 1);
	assert_true(quantile_of_replicates(sorted, 4, 0.01) == 1);
	assert_true(quantile_of_replicates(sorted, 4, 0.99) == 8);
	assert_true(quantile_of_replicates(sorted, 4, 0.5) == 3);
	assert_true(quantile_of_replicates(sorted, 4, 0.8) == 8);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_median_is_that_of_sorting),
		cmocka_unit_test(test_median_of_ordered_values),
		cmocka_unit_test(test_quantiles),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
