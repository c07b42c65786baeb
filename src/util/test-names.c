#include "util/names.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>

#include <cmocka.h>

static void test_names(void **state)
{
	(void)state;
	_cleanup_names_ struct names names = {0};

	names_sort(&names);
	assert_false(names_contain(&names, ""));
	assert_int_equal(names_add(&names, "b"), 0);
	assert_int_equal(names_add(&names, "a"), 0);
	assert_int_equal(names_add_once(&names, "b"), 0);
	assert_int_equal(names.n, 2);
	assert_int_equal(names_add(&names, "b"), 0);
	assert_int_equal(names.n, 3);
	names_sort(&names);
	assert_string_equal(names.items[0], "a");
	assert_string_equal(names.items[2], "b");
	assert_true(names_contain(&names, "a"));
	assert_false(names_contain(&names, "c"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_names),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
