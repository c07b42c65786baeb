#include "watch/alert/alert.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "util/clock.h"

static struct system_sample sample;
static struct alert_rule rule;
static struct alert_state status;

static void make_rule(const char *when, const char *clear)
{
	alert_rule_init(&rule, "test");
	assert_int_equal(condition_parse(when, &rule.when, NULL), 0);
	rule.has_clear = clear != NULL;
	if (clear) {
		assert_int_equal(condition_parse(clear, &rule.clear, NULL), 0);
	}
	status = (struct alert_state){.is_active = false};
}

static enum alert_event update(unsigned second, double used)
{
	sample.time.taken_ns = second * NSEC_PER_SEC;
	sample.time.taken_unix_ms = 1000000 + second * 1000;
	sample.values[FIGURE_MEMORY_USED_PERCENT] = used;
	return alert_update(&rule, &status, &sample, NULL);
}

static void test_is_raised_repeated_and_cleared(void **state)
{
	(void)state;
	make_rule("memory.used_percent > 85", NULL);
	rule.repeat_ns = 60 * NSEC_PER_SEC;
	assert_int_equal(update(1, 85), ALERT_EVENT_NONE);
	assert_int_equal(update(2, 86), ALERT_EVENT_RAISED);
	assert_int_equal(status.raised_unix_ms, 1002000);
	assert_int_equal(update(3, 99), ALERT_EVENT_NONE);
	assert_int_equal(update(4, 82), ALERT_EVENT_NONE); /* within 5 points */
	assert_int_equal(update(61, 99), ALERT_EVENT_NONE);
	assert_int_equal(update(62, 99), ALERT_EVENT_REPEATED);
	assert_int_equal(update(63, 99), ALERT_EVENT_NONE);
	assert_int_equal(update(64, 79), ALERT_EVENT_CLEARED);
	assert_int_equal(update(65, 79), ALERT_EVENT_NONE);
	assert_int_equal(update(66, 86), ALERT_EVENT_RAISED);
}

static void test_holds_before_it_is_raised(void **state)
{
	(void)state;
	make_rule("memory.used_percent > 85", NULL);
	rule.hold_ns = 10 * NSEC_PER_SEC;
	assert_int_equal(update(1, 90), ALERT_EVENT_NONE);
	assert_int_equal(update(10, 90), ALERT_EVENT_NONE);
	assert_int_equal(update(11, 84), ALERT_EVENT_NONE); /* not without a break */
	assert_int_equal(update(12, 90), ALERT_EVENT_NONE);
	assert_int_equal(update(21, 90), ALERT_EVENT_NONE);
	assert_int_equal(update(22, 90), ALERT_EVENT_RAISED);
	assert_int_equal(status.raised_unix_ms, 1012000);
}

static void test_is_cleared_by_a_condition_of_its_own(void **state)
{
	(void)state;
	make_rule("memory.used_percent > 85", "memory.used_percent < 50");
	rule.repeat_ns = 0;
	assert_int_equal(update(1, 90), ALERT_EVENT_RAISED);
	assert_int_equal(update(1000000, 60), ALERT_EVENT_NONE);
	assert_int_equal(update(1000001, 49), ALERT_EVENT_CLEARED);
	assert_int_equal(update(1000002, 90), ALERT_EVENT_RAISED);
	assert_int_equal(update(1000003, NAN), ALERT_EVENT_CLEARED); /* it can no longer be seen */
}

static void test_has_built_in_rules(void **state)
{
	(void)state;
	struct alert_rule rules[ALERTS_MAX];

	assert_int_equal(alert_rules_init(rules), 3);
	assert_string_equal(rules[0].name, "memory");
	assert_true(rules[0].when.terms[0].limit == 85.0);
	assert_string_equal(rules[1].name, "zram");
	assert_string_equal(rules[2].name, "stalling");
	assert_int_equal(rules[2].when.n, 3);

	struct system_sample stalled = {.n_zones = 0};
	stalled.values[FIGURE_PSI_MEMORY_FULL_AVG10] = 12.0;
	stalled.values[FIGURE_PSI_MEMORY_FULL_AVG60] = 11.0;
	stalled.values[FIGURE_PSI_MEMORY_FULL_CHANGE] = 0.9;
	assert_true(condition_is_true(&rules[2].when, &stalled, NULL));
	stalled.values[FIGURE_PSI_MEMORY_FULL_CHANGE] = 0.8; /* it falls fast */
	assert_false(condition_is_true(&rules[2].when, &stalled, NULL));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_is_raised_repeated_and_cleared),
		cmocka_unit_test(test_holds_before_it_is_raised),
		cmocka_unit_test(test_is_cleared_by_a_condition_of_its_own),
		cmocka_unit_test(test_has_built_in_rules),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
