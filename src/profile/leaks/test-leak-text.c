#include "profile/leaks/leak-text.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#define SUMMARY(definite, reachable)                                                               \
	"==7== LEAK SUMMARY:\n"                                                                    \
	"==7==    definitely lost: " definite " bytes in 1 blocks\n"                               \
	"==7==    indirectly lost: 24 (+8) bytes in 1 (+1) blocks\n"                               \
	"==7==      possibly lost: 864 bytes in 3 blocks\n"                                        \
	"==7==    still reachable: " reachable " bytes in 5 (+0) blocks\n"                         \
	"==7==         suppressed: 16 bytes in 1 blocks\n"

static void test_takes_the_last_summary(void **state)
{
	(void)state;
	struct leak_counts counts;

	assert_int_equal(leak_counts_parse(SUMMARY("0", "1") "==7==\n" SUMMARY(
						   "1,234,567 (+1,000)", "33,844 (+0)"),
				 &counts),
		0);
	assert_int_equal(counts.definite, 1234567);
	assert_int_equal(counts.indirect, 24);
	assert_int_equal(counts.possible, 864);
	assert_int_equal(counts.reachable, 33844);
	assert_int_equal(counts.suppressed, 16);
}

static void test_all_was_freed(void **state)
{
	(void)state;
	static const char freed[] = "==7== All heap blocks were freed -- no leaks are possible\n";
	struct leak_counts counts;

	assert_int_equal(leak_counts_parse(freed, &counts), 0);
	assert_int_equal(counts.reachable, 0);
	assert_int_equal(
		leak_counts_parse(SUMMARY("5", "6") "==7== All heap blocks were freed\n", &counts),
		0);
	assert_int_equal(counts.definite, 0);
}

static void test_refuses_what_is_not_complete(void **state)
{
	(void)state;
	struct leak_counts counts;

	assert_int_equal(leak_counts_parse("", &counts), -ENOENT);
	assert_int_equal(leak_counts_parse("==7== HEAP SUMMARY:\n", &counts), -ENOENT);
	assert_int_equal(leak_counts_parse(
				 "==7== LEAK SUMMARY:\n==7==    definitely lost: 0 bytes", &counts),
		-EINVAL);
	assert_int_equal(leak_counts_parse(SUMMARY("", "1"), &counts), -EINVAL);
	assert_int_equal(
		leak_counts_parse(SUMMARY("99999999999999999999999", "1"), &counts), -EINVAL);
}

static void test_errors(void **state)
{
	(void)state;
	uint64_t errors;

	assert_int_equal(leak_errors_parse("==7== ERROR SUMMARY: 0 errors from 0 contexts\n"
					   "==7== ERROR SUMMARY: 1,072 errors from 2 contexts "
					   "(suppressed: 0 from 0)\n",
				 &errors),
		0);
	assert_int_equal(errors, 1072);
	assert_int_equal(leak_errors_parse("==7== ERROR", &errors), -ENOENT);
}

static void test_suppressions(void **state)
{
	(void)state;
	_cleanup_names_ struct names names = {0};
	static const char log[] =
		"--7-- used_suppression:      6 the-first /tmp/x.supp:6\n"
		"--7-- used_suppression:      2 dl-hack3 /usr/lib/default.supp:1\n";

	assert_int_equal(leak_suppressions_parse("# why\n{\n   the-first\n   Memcheck:Leak\n"
						 "   fun:calloc\n}\n\n{\n# a note\n\tthe\n   "
						 "Memcheck:Cond\n   ...\n}\n",
				 &names),
		0);
	assert_int_equal(names.n, 2);
	assert_string_equal(names.items[0], "the-first");
	assert_string_equal(names.items[1], "the");
	assert_true(leak_suppression_is_used(log, "the-first"));
	assert_true(leak_suppression_is_used(log, "dl-hack3"));
	assert_false(leak_suppression_is_used(log, "the"));
	assert_false(leak_suppression_is_used(log, "first"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_takes_the_last_summary),
		cmocka_unit_test(test_all_was_freed),
		cmocka_unit_test(test_refuses_what_is_not_complete),
		cmocka_unit_test(test_errors),
		cmocka_unit_test(test_suppressions),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
