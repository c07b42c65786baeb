#include "stats/leak.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>

#include "stats/prng.h"

#define KIB       1024.0
#define PER_HOUR  360
#define HOURS_MAX 24
#define SEED      1

static struct series_point points[PER_HOUR * HOURS_MAX];

/* Whole pages; a little noise. */
static void fill(size_t hours, double leak_per_hour)
{
	struct prng prng;

	prng_init(&prng, 3);
	for (size_t i = 0; i < hours * PER_HOUR; i++) {
		double hour = (double)i / PER_HOUR;
		double value = 1e7 + leak_per_hour * hour + prng_below(&prng, 4000);
		points[i] = (struct series_point){(double)i * 10, ceil(value / 4096) * 4096};
	}
}

static struct leak_result judge(size_t n)
{
	struct leak_series series = {
		.points = points, .n = n, .limits = leak_limits_memory((double)n * 10)};
	struct leak_result result;
	size_t index;

	assert_int_equal(leak_judge(&series, 1, SEED, &result, &index), 0);
	return result;
}

static void test_leak(void **state)
{
	(void)state;
	fill(1, 100 * KIB);
	struct leak_result result = judge(PER_HOUR), again = judge(PER_HOUR);

	assert_int_equal(result.verdict, LEAK_VERDICT_LEAK);
	assert_true(fabs(result.slope_per_hour - 100 * KIB) < 5 * KIB);
	assert_true(result.low_per_hour < 100 * KIB && result.high_per_hour > 100 * KIB);
	assert_true(result.tail == 0.005);
	assert_int_equal(result.n_steps, 0);
	assert_memory_equal(&result, &again, sizeof(result));
}

static void test_no_leak(void **state)
{
	(void)state;
	fill(4, 0);
	struct leak_result result = judge(4 * PER_HOUR);

	assert_int_equal(result.verdict, LEAK_VERDICT_NO_LEAK);
	assert_true(result.high_per_hour < 100 * KIB);
	fill(4, -50 * KIB); /* it shrinks */
	assert_int_equal(judge(4 * PER_HOUR).verdict, LEAK_VERDICT_NO_LEAK);
}

/* Between the least effect and the bound neither claim holds, or the one that does is right. */
static void test_small_leak(void **state)
{
	(void)state;
	fill(1, 20 * KIB);
	assert_int_equal(judge(PER_HOUR).verdict, LEAK_VERDICT_NO_LEAK); /* above 100 KiB */
	fill(24, 25 * KIB);
	assert_int_equal(judge(24 * PER_HOUR).verdict, LEAK_VERDICT_LEAK);
}

static void test_step(void **state)
{
	(void)state;
	fill(1, 0);
	for (size_t i = 200; i < PER_HOUR; i++) {
		points[i].value += 200 * KIB;
	}
	struct leak_result result = judge(PER_HOUR);

	assert_int_equal(result.verdict, LEAK_VERDICT_STEPPED);
	assert_int_equal(result.n_steps, 1);
	assert_true(fabs(result.steps[0].height - 200 * KIB) < 8 * KIB);
	assert_int_equal(result.steps[0].at, (2000 - 600) / 60 + 1);
	for (size_t i = 0; i < PER_HOUR; i++) { /* a leak besides */
		points[i].value += 100 * KIB * (double)i / PER_HOUR;
	}
	assert_int_equal(judge(PER_HOUR).verdict, LEAK_VERDICT_LEAK);
}

/* What rose in steps and fell again has not risen. */
static void test_steps_up_and_down(void **state)
{
	(void)state;
	fill(1, 0);
	for (size_t i = 120; i < PER_HOUR; i++) {
		bool is_up = i < 200 || (i >= 240 && i < 300);
		points[i].value += is_up ? 200 * KIB : 0;
	}
	struct leak_result result = judge(PER_HOUR);

	assert_true(result.n_steps > 0);
	assert_int_not_equal(result.verdict, LEAK_VERDICT_STEPPED);
	assert_int_not_equal(result.verdict, LEAK_VERDICT_LEAK);
}

static void test_plateau(void **state)
{
	(void)state;
	fill(1, 0);
	for (size_t i = 0; i < PER_HOUR; i++) {
		points[i].value += 4096 * KIB * (1 - exp(-(double)i / 90));
	}
	assert_int_equal(judge(PER_HOUR).verdict, LEAK_VERDICT_STEPPED);
}

static void test_sawtooth(void **state)
{
	(void)state;
	for (int falls = 0; falls < 2; falls++) {
		fill(1, 0);
		for (size_t i = 0; i < PER_HOUR; i++) {
			double phase = (double)(i % 42) / 42;
			points[i].value += 1024 * KIB * (falls ? 1 - phase : phase);
		}
		assert_int_not_equal(judge(PER_HOUR).verdict, LEAK_VERDICT_LEAK);
	}
}

/* Steps without end are growth. */
static void test_growth_by_steps(void **state)
{
	(void)state;
	fill(4, 0);
	for (size_t i = 0; i < 4 * PER_HOUR; i++) {
		points[i].value += 64 * KIB * (double)(i / 60);
	}
	assert_int_equal(judge(4 * PER_HOUR).verdict, LEAK_VERDICT_LEAK);
}

static void test_too_short(void **state)
{
	(void)state;
	fill(1, 1000 * KIB);
	struct leak_result result = judge(PER_HOUR / 2);

	assert_int_equal(result.verdict, LEAK_VERDICT_UNDECIDED);
	assert_false(result.has_slope);
	assert_true(result.needed_s == 1800);
	result = judge(PER_HOUR * 3 / 4);
	assert_int_equal(result.verdict, LEAK_VERDICT_UNDECIDED);
	assert_true(result.has_slope);
	assert_true(result.needed_s == 900);
}

/* Noise that swings for an hour: neither claim, and the next look. */
static void test_undecided(void **state)
{
	(void)state;
	fill(1, 0);
	for (size_t i = 0; i < PER_HOUR; i++) {
		points[i].value += 60 * KIB * sin((double)i / 40);
	}
	struct leak_result result = judge(PER_HOUR);

	assert_int_equal(result.verdict, LEAK_VERDICT_UNDECIDED);
	assert_true(result.needed_s == 23 * 3600); /* so slow is the swing */
	/* which five blocks do not show */
	assert_true(result.low_per_hour < result.drawn_low_per_hour);
	assert_true(result.high_per_hour > result.drawn_high_per_hour);
}

/* Each series bears a share of the level; where one leaks, the rest shares the level again. */
static void test_several(void **state)
{
	(void)state;
	static struct series_point level[PER_HOUR];
	struct leak_series series[3];
	struct leak_result results[3];
	size_t index = 77;

	fill(1, 0);
	for (size_t i = 0; i < PER_HOUR; i++) {
		level[i] = points[i];
	}
	fill(1, 100 * KIB);
	for (size_t i = 0; i < 3; i++) {
		series[i] = (struct leak_series){.points = i == 1 ? points : level,
			.n = PER_HOUR,
			.limits = leak_limits_memory(3600)};
	}
	assert_int_equal(leak_judge(series, 3, SEED, results, &index), 0);
	assert_int_equal(results[0].verdict, LEAK_VERDICT_NO_LEAK);
	assert_int_equal(results[1].verdict, LEAK_VERDICT_LEAK);
	assert_int_equal(leak_worst(results, 3), LEAK_VERDICT_LEAK);
	assert_true(results[1].tail == 0.005 / 3);
	assert_true(results[0].tail == 0.0025 && results[2].tail == 0.0025);

	level[9].value = NAN;
	assert_int_equal(leak_judge(series, 3, SEED, results, &index), -EINVAL);
	assert_int_equal(index, 0);
}

static void test_names(void **state)
{
	(void)state;
	assert_string_equal(leak_verdict_name(LEAK_VERDICT_LEAK), "LEAK");
	assert_string_equal(leak_verdict_name(LEAK_VERDICT_NO_LEAK), "NO LEAK");
	assert_string_equal(leak_verdict_name(LEAK_VERDICT_STEPPED), "STEPPED");
	assert_string_equal(leak_verdict_name(LEAK_VERDICT_UNDECIDED), "UNDECIDED");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_leak),
		cmocka_unit_test(test_no_leak),
		cmocka_unit_test(test_small_leak),
		cmocka_unit_test(test_step),
		cmocka_unit_test(test_steps_up_and_down),
		cmocka_unit_test(test_plateau),
		cmocka_unit_test(test_sawtooth),
		cmocka_unit_test(test_growth_by_steps),
		cmocka_unit_test(test_too_short),
		cmocka_unit_test(test_undecided),
		cmocka_unit_test(test_several),
		cmocka_unit_test(test_names),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
