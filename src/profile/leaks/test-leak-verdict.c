#include "profile/leaks/leak-verdict.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#define ROUNDS_MAX 8

static enum leak_verdict judge(const uint64_t *reachable, size_t n)
{
	struct leak_counts rounds[ROUNDS_MAX] = {0};

	for (size_t i = 0; i < n; i++) {
		rounds[i].reachable = reachable[i];
		rounds[i].possible = 100 * i; /* is reported, and not judged */
	}
	return leak_verdict_of_rounds(rounds, n);
}

#define JUDGE(...)                                                                                 \
	judge((const uint64_t[]){__VA_ARGS__},                                                     \
		sizeof((const uint64_t[]){__VA_ARGS__}) / sizeof(uint64_t))

static void test_three_rises_in_a_row_grow(void **state)
{
	(void)state;
	assert_int_equal(JUDGE(5, 5, 5, 5), LEAK_VERDICT_NONE);
	assert_int_equal(JUDGE(5, 6, 7, 8), LEAK_VERDICT_GROWS);
	assert_int_equal(JUDGE(5, 6, 7, 7, 8, 9), LEAK_VERDICT_NONE);
	assert_int_equal(JUDGE(5, 6, 7, 6, 7, 8, 9), LEAK_VERDICT_GROWS);
	assert_int_equal(JUDGE(5, 6, 7, 8, 3, 3), LEAK_VERDICT_GROWS);
	assert_int_equal(JUDGE(9, 8, 7, 6), LEAK_VERDICT_NONE);
}

static void test_few_rounds_decide_nothing(void **state)
{
	(void)state;
	assert_int_equal(leak_verdict_of_rounds(NULL, 0), LEAK_VERDICT_UNDECIDED);
	assert_int_equal(JUDGE(5, 6, 7), LEAK_VERDICT_UNDECIDED);
}

static void test_lost_memory_decides_at_once(void **state)
{
	(void)state;
	const struct leak_counts definite = {.definite = 1}, indirect = {.indirect = 1};

	assert_int_equal(leak_verdict_of_rounds(&definite, 1), LEAK_VERDICT_LOST);
	assert_int_equal(leak_verdict_of_rounds(&indirect, 1), LEAK_VERDICT_LOST);
}

static void test_the_end_counts_too(void **state)
{
	(void)state;
	const struct leak_counts rounds[LEAK_ROUNDS_MIN] = {0};
	const struct leak_counts clean = {.reachable = 99}, lost = {.definite = 1};

	assert_int_equal(
		leak_verdict_at_end(rounds, LEAK_ROUNDS_MIN, &clean, 0), LEAK_VERDICT_NONE);
	assert_int_equal(leak_verdict_at_end(rounds, LEAK_ROUNDS_MIN, &lost, 0), LEAK_VERDICT_LOST);
	assert_int_equal(
		leak_verdict_at_end(rounds, LEAK_ROUNDS_MIN, &clean, 1), LEAK_VERDICT_ERRORS);
	assert_int_equal(leak_verdict_at_end(rounds, 1, &clean, 0), LEAK_VERDICT_UNDECIDED);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_three_rises_in_a_row_grow),
		cmocka_unit_test(test_few_rounds_decide_nothing),
		cmocka_unit_test(test_lost_memory_decides_at_once),
		cmocka_unit_test(test_the_end_counts_too),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
