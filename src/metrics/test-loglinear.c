#include "metrics/loglinear.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "metrics/hgrm.h"
#include "util/clock.h"

static const struct loglinear_shape coarse = {.unit_bits = 17, .step_bits = 3, .octaves = 13};

static void assert_near(double value, double wanted, double error)
{
	if (!(fabs(value - wanted) <= error)) {
		fail_msg("%f instead of %f", value, wanted);
	}
}

static void test_values_keep_their_precision(void **state)
{
	(void)state;
	struct loglinear fine;

	assert_int_equal(loglinear_init(&fine, &loglinear_fine), 0);
	for (uint64_t value = 1000; value < 3600 * NSEC_PER_SEC; value += value / 3) {
		loglinear_clear(&fine);
		loglinear_add(&fine, value, 7);
		loglinear_add(&fine, 2 * value, 1); /* so that max_ns does not help */
		double error = fmax(1024, (double)value / 512);
		assert_near(loglinear_quantile(&fine, 0.5), (double)value, error);
		assert_int_equal(fine.max_ns, 2 * value);
		assert_int_equal(fine.total, 8);
	}
	loglinear_done(&fine);
}

static void test_too_large_counts_in_the_last(void **state)
{
	(void)state;
	struct loglinear histogram;

	assert_int_equal(loglinear_init(&histogram, &coarse), 0);
	loglinear_add(&histogram, UINT64_MAX, 1);
	loglinear_add(&histogram, 0, 1);
	assert_int_equal(histogram.max_ns, UINT64_MAX);
	assert_true(loglinear_quantile(&histogram, 0.9) > 8e9);
	assert_true(loglinear_quantile(&histogram, 0.4) < 131072);
	loglinear_done(&histogram);
}

static void test_nothing_added(void **state)
{
	(void)state;
	struct loglinear histogram;

	assert_int_equal(loglinear_init(&histogram, &coarse), 0);
	assert_true(loglinear_quantile(&histogram, 0.5) == 0);
	loglinear_done(&histogram);
	loglinear_done(&histogram);
	loglinear_done(NULL);
}

/* One span is a uniform distribution: its quantiles are known. */
static void check_span(const struct loglinear_shape *shape, uint64_t low, uint64_t high)
{
	struct loglinear histogram;
	double length = (double)(high - low);

	assert_int_equal(loglinear_init(&histogram, shape), 0);
	loglinear_add_span(&histogram, low, high);
	assert_int_equal(histogram.total, high - low);
	assert_int_equal(histogram.max_ns, high);
	for (unsigned percent = 1; percent < 100; percent++) {
		double wanted = (double)low + length * percent / 100;
		double error = fmax(
			(double)(1 << shape->unit_bits), wanted / (double)(1 << shape->step_bits));
		assert_near(loglinear_quantile(&histogram, percent / 100.0), wanted, error);
	}
	loglinear_done(&histogram);
}

static void test_a_span_is_uniform(void **state)
{
	(void)state;
	check_span(&loglinear_fine, 0, 33 * NSEC_PER_MSEC);
	check_span(&loglinear_fine, 250000, NSEC_PER_SEC + 250000);
	check_span(&loglinear_fine, 1024, 2048);
	check_span(&loglinear_fine, 700, 900);
	check_span(&coarse, 0, 3 * NSEC_PER_SEC);
	check_span(&coarse, 20 * NSEC_PER_MSEC, 2 * NSEC_PER_SEC);
}

/*
 * 10 s of 30 frames a second with one freeze of 1 s: an ordinary picture is up to 33 ms old, the
 * frozen one up to 1 s. Of the time, 1 s of 10 is frozen, so p95 is in its middle.
 */
static void test_a_freeze_shows_over_time(void **state)
{
	(void)state;
	struct loglinear over_time, by_frame;

	assert_int_equal(loglinear_init(&over_time, &loglinear_fine), 0);
	assert_int_equal(loglinear_init(&by_frame, &loglinear_fine), 0);
	for (unsigned i = 0; i < 270; i++) {
		loglinear_add_span(&over_time, 0, NSEC_PER_SEC / 30);
		loglinear_add(&by_frame, 100000, 1);
	}
	loglinear_add_span(&over_time, 0, NSEC_PER_SEC);
	loglinear_add(&by_frame, 100000, 1);
	assert_near(loglinear_quantile(&by_frame, 0.99), 1e5, 1e3);
	assert_near(loglinear_quantile(&over_time, 0.95), 0.5e9, 1e6);
	assert_near(loglinear_quantile(&over_time, 0.99), 0.9e9, 1e6);
	loglinear_done(&over_time);
	loglinear_done(&by_frame);
}

static void test_merge(void **state)
{
	(void)state;
	struct loglinear one, other;

	assert_int_equal(loglinear_init(&one, &loglinear_fine), 0);
	assert_int_equal(loglinear_init(&other, &loglinear_fine), 0);
	loglinear_add_span(&one, 0, NSEC_PER_SEC);
	loglinear_add_span(&other, NSEC_PER_SEC, 2 * NSEC_PER_SEC);
	loglinear_merge(&one, &other);
	assert_int_equal(one.total, 2 * NSEC_PER_SEC);
	assert_int_equal(one.max_ns, 2 * NSEC_PER_SEC);
	assert_near(loglinear_quantile(&one, 0.5), 1e9, 2e6);
	assert_near(loglinear_quantile(&one, 0.75), 1.5e9, 3e6);
	loglinear_done(&one);
	loglinear_done(&other);
}

/* Of a uniform distribution: the mean is its middle, the deviation its length by sqrt(12). */
static void test_moments(void **state)
{
	(void)state;
	struct loglinear histogram;
	double mean, deviation;

	assert_int_equal(loglinear_init(&histogram, &loglinear_fine), 0);
	loglinear_moments(&histogram, &mean, &deviation);
	assert_true(mean == 0 && deviation == 0);
	loglinear_add_span(&histogram, NSEC_PER_SEC, 3 * NSEC_PER_SEC);
	loglinear_moments(&histogram, &mean, &deviation);
	assert_near(mean, 2e9, 2e6);
	assert_near(deviation, 2e9 / sqrt(12), 2e6);
	loglinear_done(&histogram);
}

/* Percentiles rise to 1, values and counts with them; the middle is where it has to be. */
static void test_hgrm(void **state)
{
	(void)state;
	struct loglinear histogram;
	char *text = NULL;
	size_t size;
	double value, share, last = -1, middle = 0;
	unsigned long count, n = 0;
	FILE *file = open_memstream(&text, &size);

	assert_non_null(file);
	assert_int_equal(loglinear_init(&histogram, &loglinear_fine), 0);
	loglinear_add_span(&histogram, 0, NSEC_PER_SEC);
	hgrm_write(file, &histogram, NSEC_PER_MSEC);
	fclose(file);
	assert_non_null(strstr(text, "Value     Percentile TotalCount 1/(1-Percentile)\n\n"));
	for (const char *line = strstr(text, "\n\n") + 2; *line != '#'; n++) {
		assert_int_equal(sscanf(line, "%lf %lf %lu", &value, &share, &count), 3);
		assert_true(share > last && share <= 1);
		assert_near(value, share * 1000, 2);
		assert_near((double)count, share * 1000, 1);
		middle = share == 0.5 ? value : middle;
		last = share;
		line = strchr(line, '\n') + 1;
	}
	assert_true(last == 1 && n > 80 && n < 120);
	assert_near(middle, 500, 1);
	assert_non_null(strstr(text, "#[Max     =     1000.000, Total count    =         1000]\n"));
	free(text);
	loglinear_done(&histogram);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_values_keep_their_precision),
		cmocka_unit_test(test_too_large_counts_in_the_last),
		cmocka_unit_test(test_nothing_added),
		cmocka_unit_test(test_a_span_is_uniform),
		cmocka_unit_test(test_a_freeze_shows_over_time),
		cmocka_unit_test(test_merge),
		cmocka_unit_test(test_moments),
		cmocka_unit_test(test_hgrm),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
