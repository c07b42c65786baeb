#include "metrics/exposition.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "util/clock.h"

static char *written(void (*write)(FILE *out))
{
	char *text = NULL;
	size_t size;
	FILE *out = open_memstream(&text, &size);

	assert_non_null(out);
	write(out);
	fclose(out);
	return text;
}

static void write_samples(FILE *out)
{
	exposition_begin(out, "frames_total", "counter", "Frames.");
	exposition_count(out, "frames_total", "camera=\"cam0\"", UINT64_MAX);
	exposition_sample(out, "fps", NULL, 29.97);
}

static void test_samples(void **state)
{
	(void)state;
	char *text = written(write_samples);

	assert_string_equal(text, "# HELP frames_total Frames.\n"
				  "# TYPE frames_total counter\n"
				  "frames_total{camera=\"cam0\"} 18446744073709551615\n"
				  "fps 29.97\n");
	free(text);
}

static struct histogram histogram;

static void write_histogram(FILE *out)
{
	exposition_histogram(out, "h", "a=\"b\"", &histogram);
}

static void test_histogram(void **state)
{
	(void)state;
	histogram_observe(&histogram, 50000); /* on a bound: counts below it */
	histogram_observe(&histogram, 50001);
	histogram_observe(&histogram, 7 * NSEC_PER_SEC);
	char *text = written(write_histogram);

	assert_non_null(strstr(text, "h_bucket{a=\"b\",le=\"5e-05\"} 1\n"));
	assert_non_null(strstr(text, "h_bucket{a=\"b\",le=\"0.0001\"} 2\n"));
	assert_non_null(strstr(text, "h_bucket{a=\"b\",le=\"1\"} 2\n"));
	assert_non_null(strstr(text, "h_bucket{a=\"b\",le=\"+Inf\"} 3\n"));
	assert_non_null(strstr(text, "h_sum{a=\"b\"} 7.000100001\n"));
	assert_non_null(strstr(text, "h_count{a=\"b\"} 3\n"));
	free(text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_samples),
		cmocka_unit_test(test_histogram),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
