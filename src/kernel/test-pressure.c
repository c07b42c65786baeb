#include "kernel/pressure.h"

#include <errno.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "kernel/proc-text.h"
#include "util/clock.h"

static void test_parses_both_lines(void **state)
{
	(void)state;
	struct pressure pressure;

	assert_int_equal(pressure_parse("some avg10=1.05 avg60=12.30 avg300=0.00 total=77\n"
					"full avg10=0.50 avg60=100.00 avg300=0.00 total=33\n",
				 &pressure),
		0);
	assert_int_equal(pressure.some.total_us, 77);
	assert_true(pressure.some.avg10_percent == 1.05);
	assert_true(pressure.some.avg60_percent == 12.3);
	assert_int_equal(pressure.full.total_us, 33);
	assert_true(pressure.full.avg60_percent == 100.0);
}

static void test_tells_what_is_absent(void **state)
{
	(void)state;
	struct pressure pressure;

	assert_int_equal(
		pressure_parse(
			"some avg10=1.05 avg60=2.00 avg300=0.00 total=77\nfull avg1", &pressure),
		0);
	assert_int_equal(pressure.full.total_us, PROC_ABSENT);
	assert_true(isnan(pressure.full.avg10_percent));
	/* A line does not lend the value of the next one. */
	assert_int_equal(
		pressure_parse("some avg10=1.05\nfull avg10=0.00 avg60=0.00 total=1\n", &pressure),
		-EINVAL);
	assert_int_equal(pressure_parse("", &pressure), -EINVAL);
	assert_int_equal(pressure_parse("some avg10=x avg60=1,5 total=3\n", &pressure), 0);
	assert_true(isnan(pressure.some.avg10_percent) && isnan(pressure.some.avg60_percent));
}

static void test_computes_the_share_of_an_interval(void **state)
{
	(void)state;
	assert_true(pressure_share_percent(1000, 251000, NSEC_PER_SEC) == 25.0);
	assert_true(pressure_share_percent(0, 1000100, NSEC_PER_SEC) == 100.0);
	assert_true(pressure_share_percent(5, 5, NSEC_PER_SEC) == 0.0);
	assert_true(isnan(pressure_share_percent(5, 4, NSEC_PER_SEC)));
	assert_true(isnan(pressure_share_percent(5, 6, 0)));
	assert_true(isnan(pressure_share_percent(PROC_ABSENT, 6, 1)));
	assert_true(isnan(pressure_share_percent(5, PROC_ABSENT, 1)));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_parses_both_lines),
		cmocka_unit_test(test_tells_what_is_absent),
		cmocka_unit_test(test_computes_the_share_of_an_interval),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
