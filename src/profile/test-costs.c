#include "profile/costs.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static void test_keeps_the_largest_in_order(void **state)
{
	(void)state;
	struct costs costs = {0};

	costs_add(&costs, 2, "%s", "b");
	costs_add(&costs, 1, "%s", "c");
	assert_int_equal(costs.n, 2);
	costs_add(&costs, 3, "%s", "a");
	costs_add(&costs, 0.5, "%s", "d");
	assert_int_equal(costs.n, COSTS_MAX);
	assert_string_equal(costs.items[0].text, "a");
	assert_string_equal(costs.items[1].text, "b");
	assert_string_equal(costs.items[2].text, "c");
	costs_add(&costs, 2.5, "%s", "e");
	assert_string_equal(costs.items[0].text, "a");
	assert_string_equal(costs.items[1].text, "e");
	assert_string_equal(costs.items[2].text, "b");
}

static void test_nothing_is_no_cost(void **state)
{
	(void)state;
	struct costs costs = {0};

	costs_add(&costs, 0, "%s", "a");
	assert_int_equal(costs.n, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_keeps_the_largest_in_order),
		cmocka_unit_test(test_nothing_is_no_cost),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
