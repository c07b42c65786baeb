#include "stats/equivalence.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>

#include "stats/prng.h"

#define N     60
#define N_MAX 1000

static const struct equivalence_bar tenth = {.ratio_max = 1.10};

static void fill(
	uint64_t seed, struct equivalence_block *blocks, size_t n, double mean, double noise)
{
	struct prng prng;

	prng_init(&prng, seed);
	for (size_t i = 0; i < n; i++) {
		double off = (double)(prng_next(&prng) >> 11) * 0x1p-53 - 0.5;
		blocks[i] = (struct equivalence_block){30 * (mean + noise * off), 30};
	}
}

static struct equivalence_result judge(
	double mean, double noise, size_t n, const struct equivalence_bar *bar)
{
	struct equivalence_block blocks[2][N_MAX];
	struct equivalence_result result;

	fill(1, blocks[0], n, 20, noise);
	fill(2, blocks[1], n, mean, noise);
	const struct equivalence_side baseline = {blocks[0], n}, candidate = {blocks[1], n};
	assert_int_equal(equivalence_judge(&baseline, &candidate, bar, 9, &result), 0);
	assert_true(result.low <= result.ratio && result.ratio <= result.high);
	return result;
}

static void test_verdicts(void **state)
{
	(void)state;
	struct equivalence_result result = judge(20.5, 4, N, &tenth);

	assert_int_equal(result.verdict, EQUIVALENCE_VERDICT_PASS);
	assert_true(fabs(result.ratio - 1.025) < 0.03);
	assert_int_equal(judge(24, 4, N, &tenth).verdict, EQUIVALENCE_VERDICT_FAIL);
	result = judge(21.5, 20, 12, &tenth);
	assert_int_equal(result.verdict, EQUIVALENCE_VERDICT_UNDECIDED);
	assert_true(result.needed > 1);
	assert_int_equal(judge(15, 20, N, &tenth).verdict, EQUIVALENCE_VERDICT_PASS);
}

/* What an undecided result says that it takes is about enough. */
static void test_needed(void **state)
{
	(void)state;
	struct equivalence_result result = judge(21, 20, 20, &tenth);

	assert_int_equal(result.verdict, EQUIVALENCE_VERDICT_UNDECIDED);
	assert_in_range(result.needed, 2, 50);
	size_t n = 20 * (size_t)ceil(result.needed);
	assert_int_equal(judge(21, 20, n, &tenth).verdict, EQUIVALENCE_VERDICT_PASS);
}

static void test_floor(void **state)
{
	(void)state;
	const struct equivalence_bar bar = {.ratio_max = 1.10, .floor = 10};

	assert_int_equal(judge(25, 4, N, &tenth).verdict, EQUIVALENCE_VERDICT_FAIL);
	assert_int_equal(judge(25, 4, N, &bar).verdict, EQUIVALENCE_VERDICT_PASS);
	assert_int_equal(judge(45, 4, N, &bar).verdict, EQUIVALENCE_VERDICT_FAIL);
}

/* With a true ratio at the bar, PASS is an error; it is made once in 40 times. */
static void test_error_rate(void **state)
{
	(void)state;
	struct equivalence_block blocks[2][N];
	const struct equivalence_side baseline = {blocks[0], N}, candidate = {blocks[1], N};
	struct equivalence_result result;
	int passed = 0, failed = 0;

	for (uint64_t seed = 0; seed < 400; seed++) {
		fill(2 * seed, blocks[0], N, 20, 10);
		fill(2 * seed + 1, blocks[1], N, 22, 10);
		assert_int_equal(
			equivalence_judge(&baseline, &candidate, &tenth, seed, &result), 0);
		passed += result.verdict == EQUIVALENCE_VERDICT_PASS;
		failed += result.verdict == EQUIVALENCE_VERDICT_FAIL;
	}
	assert_in_range(passed, 2, 24);
	assert_in_range(failed, 2, 24);
}

static void test_refused(void **state)
{
	(void)state;
	struct equivalence_block blocks[N];
	const struct equivalence_side side = {blocks, N},
				      few = {blocks, EQUIVALENCE_BLOCKS_MIN - 1};
	struct equivalence_result result;

	fill(1, blocks, N, 20, 4);
	assert_int_equal(equivalence_judge(&few, &side, &tenth, 0, &result), -EINVAL);
	assert_int_equal(equivalence_judge(&side, &few, &tenth, 0, &result), -EINVAL);
	blocks[3].sum = NAN;
	assert_int_equal(equivalence_judge(&side, &side, &tenth, 0, &result), -EINVAL);
	blocks[3] = (struct equivalence_block){1, -1};
	assert_int_equal(equivalence_judge(&side, &side, &tenth, 0, &result), -EINVAL);
	blocks[3] = (struct equivalence_block){0, 0};
	assert_int_equal(equivalence_judge(&side, &side, &tenth, 0, &result), 0);
	for (size_t i = 0; i < N; i++) {
		blocks[i].sum = 0;
	}
	assert_int_equal(equivalence_judge(&side, &side, &tenth, 0, &result), -EINVAL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_verdicts),
		cmocka_unit_test(test_needed),
		cmocka_unit_test(test_floor),
		cmocka_unit_test(test_error_rate),
		cmocka_unit_test(test_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
