#include "kernel/proc-text.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

struct sample {
	uint64_t a, b;
};

static const struct proc_field fields[] = {
	{"A", offsetof(struct sample, a)},
	{"Bb", offsetof(struct sample, b)},
};

static void check(const char *text, size_t found, uint64_t a, uint64_t b)
{
	struct sample sample;

	assert_int_equal(proc_fields_parse(text, fields, 2, &sample), found);
	assert_int_equal(sample.a, a);
	assert_int_equal(sample.b, b);
}

static void test_finds_fields_in_lines(void **state)
{
	(void)state;
	check("A 1\nBb 2\n", 2, 1, 2);
	check("Bb:\t3 kB\nA:    0 kB\n", 2, 0, 3072);
	check("AA 1\nB 2\n A 3\nBbb: 4\n", 0, PROC_ABSENT, PROC_ABSENT);
	check("\n\nA\nBb x\n", 0, PROC_ABSENT, PROC_ABSENT);
	check("", 0, PROC_ABSENT, PROC_ABSENT);
}

static void test_leaves_out_what_was_cut(void **state)
{
	(void)state;
	check("A 1\nBb 2", 1, 1, PROC_ABSENT);
	check("A: 1 kB\nBb: 2 k", 2, 1024, 2); /* whole, by the blank behind it */
	check("A: 1 kB\nBb: 2 kB", 2, 1024, 2048);
	check("A: 1 kB\nBb:", 1, 1024, PROC_ABSENT);
}

static void test_leaves_out_what_does_not_fit(void **state)
{
	(void)state;
	check("A 18446744073709551616\nBb: 18014398509481984 kB\n", 0, PROC_ABSENT, PROC_ABSENT);
	check("A -1\nBb: 18014398509481983 kB\n", 1, PROC_ABSENT,
		UINT64_C(18014398509481983) << 10);
}

static void test_reads_numbers(void **state)
{
	(void)state;
	const char *text = " \t12 x";
	uint64_t value = 7;

	assert_int_equal(proc_number_parse(&text, &value), 0);
	assert_int_equal(value, 12);
	assert_string_equal(text, " x");
	assert_int_equal(proc_number_parse(&text, &value), -EINVAL);
	assert_string_equal(text, " x");
	text = "99999999999999999999";
	assert_int_equal(proc_number_parse(&text, &value), -ERANGE);
	assert_int_equal(value, 12);
}

static void test_adds_what_is_present(void **state)
{
	(void)state;
	assert_int_equal(proc_sum(1, 2), 3);
	assert_int_equal(proc_sum(PROC_ABSENT, 2), 2);
	assert_int_equal(proc_sum(1, PROC_ABSENT), 1);
	assert_int_equal(proc_sum(PROC_ABSENT, PROC_ABSENT), PROC_ABSENT);
	assert_int_equal(proc_sum(UINT64_MAX - 1, 2), PROC_ABSENT);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_finds_fields_in_lines),
		cmocka_unit_test(test_leaves_out_what_was_cut),
		cmocka_unit_test(test_leaves_out_what_does_not_fit),
		cmocka_unit_test(test_reads_numbers),
		cmocka_unit_test(test_adds_what_is_present),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
