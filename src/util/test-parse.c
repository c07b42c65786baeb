#include "util/parse.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#define UNTOUCHED 4711

struct parse_case {
	const char *text;
	int result;
	uint64_t value;
};

static void check(
	int (*parse)(const char *, uint64_t *), const struct parse_case *cases, size_t n_cases)
{
	for (size_t i = 0; i < n_cases; i++) {
		uint64_t value = UNTOUCHED;
		int r = parse(cases[i].text, &value);
		if (r != cases[i].result || value != (r ? UNTOUCHED : cases[i].value)) {
			fail_msg("\"%s\" gives %d, %llu", cases[i].text, r,
				(unsigned long long)value);
		}
	}
}

#define N(cases) (sizeof(cases) / sizeof((cases)[0]))

static int parse_any_u64(const char *text, uint64_t *ret_value)
{
	return parse_u64(text, 0, UINT64_MAX, ret_value);
}

static void parses_numbers(void **state)
{
	(void)state;
	static const struct parse_case cases[] = {
		{"0", 0, 0},
		{"007", 0, 7},
		{"18446744073709551615", 0, UINT64_MAX},
		{"18446744073709551616", -ERANGE, 0},
		{"99999999999999999999999999", -ERANGE, 0},
		{"", -EINVAL, 0},
		{" 1", -EINVAL, 0},
		{"1 ", -EINVAL, 0},
		{"+1", -EINVAL, 0},
		{"-1", -EINVAL, 0},
		{"0x10", -EINVAL, 0},
		{"1.0", -EINVAL, 0},
	};
	check(parse_any_u64, cases, N(cases));
}

static void keeps_bounds(void **state)
{
	(void)state;
	uint64_t value = UNTOUCHED;
	assert_int_equal(parse_u64("2", 2, 4, &value), 0);
	assert_int_equal(value, 2);
	assert_int_equal(parse_u64("4", 2, 4, &value), 0);
	assert_int_equal(value, 4);
	assert_int_equal(parse_u64("1", 2, 4, &value), -ERANGE);
	assert_int_equal(parse_u64("5", 2, 4, &value), -ERANGE);
	assert_int_equal(value, 4);
}

static void parses_sizes(void **state)
{
	(void)state;
	static const struct parse_case cases[] = {
		{"0", 0, 0},
		{"1023", 0, 1023},
		{"1K", 0, 1024},
		{"3M", 0, 3145728},
		{"4G", 0, 4294967296},
		{"17179869183G", 0, 17179869183 * (1ULL << 30)},
		{"17179869184G", -ERANGE, 0},
		{"99999999999999999999", -ERANGE, 0},
		{"", -EINVAL, 0},
		{"K", -EINVAL, 0},
		{"1k", -EINVAL, 0},
		{"1KB", -EINVAL, 0},
		{"1 K", -EINVAL, 0},
		{"1.5M", -EINVAL, 0},
		{"-1K", -EINVAL, 0},
	};
	check(parse_size, cases, N(cases));
}

static void parses_durations(void **state)
{
	(void)state;
	static const struct parse_case cases[] = {
		{"0", 0, 0},
		{"000", 0, 0},
		{"0ms", 0, 0},
		{"1ms", 0, 1000000},
		{"2s", 0, 2000000000},
		{"3m", 0, 180000000000},
		{"4h", 0, 14400000000000},
		{"7d", 0, 604800000000000},
		{"18446744073709ms", 0, 18446744073709000000ULL},
		{"18446744073710ms", -ERANGE, 0},
		{"5124096h", -ERANGE, 0},
		{"1", -EINVAL, 0},
		{"", -EINVAL, 0},
		{"s", -EINVAL, 0},
		{"1us", -EINVAL, 0},
		{"1 s", -EINVAL, 0},
		{"1s ", -EINVAL, 0},
		{"1S", -EINVAL, 0},
		{"-1s", -EINVAL, 0},
	};
	check(parse_duration, cases, N(cases));
}

static void parses_dimensions(void **state)
{
	(void)state;
	static const struct {
		const char *text;
		int result;
		uint32_t width, height;
	} cases[] = {
		{"640x480", 0, 640, 480},
		{"1x16384", 0, 1, 16384},
		{"16385x1", -ERANGE, 0, 0},
		{"1x16385", -ERANGE, 0, 0},
		{"0x1", -ERANGE, 0, 0},
		{"1x0", -ERANGE, 0, 0},
		{"4294967297x1", -ERANGE, 0, 0},
		{"1x99999999999999999999", -ERANGE, 0, 0},
		{"", -EINVAL, 0, 0},
		{"640", -EINVAL, 0, 0},
		{"640x", -EINVAL, 0, 0},
		{"x480", -EINVAL, 0, 0},
		{"640X480", -EINVAL, 0, 0},
		{"640x480x2", -EINVAL, 0, 0},
		{"640 x 480", -EINVAL, 0, 0},
	};
	for (size_t i = 0; i < N(cases); i++) {
		uint32_t width = 0, height = 0;
		int r = parse_dimensions(cases[i].text, &width, &height);
		if (r != cases[i].result || width != cases[i].width || height != cases[i].height) {
			fail_msg("\"%s\" gives %d, %ux%u", cases[i].text, r, width, height);
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(parses_numbers),
		cmocka_unit_test(keeps_bounds),
		cmocka_unit_test(parses_sizes),
		cmocka_unit_test(parses_durations),
		cmocka_unit_test(parses_dimensions),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
