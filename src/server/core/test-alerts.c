#include "server/core/alerts.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "util/clock.h"
#include "util/fixture-tree.h"
#include "util/json.h"

#define ALERT                                                                                      \
	"{\"name\":\"memory\",\"since\":\"2026-11-27T19:20:00Z\",\"figure\":\"memory.used_"        \
	"percent\","                                                                               \
	"\"op\":\">\",\"value\":91.5,\"limit\":85}"

static struct tree tree;
static char text[8192];

static int parse(const char *alerts, unsigned long long unix_ms, unsigned long long interval_ms,
	uint64_t now_ms, json_t **ret_active)
{
	struct error err = {0};

	snprintf(text, sizeof(text),
		"{\"version\":1,\"unix_ms\":%llu,\"interval_ms\":%llu,\"alerts\":[%s]}", unix_ms,
		interval_ms, alerts);
	int r = alerts_parse(text, strlen(text), now_ms, ret_active, &err);
	assert_true((r < 0) == (err.text[0] != '\0'));
	return r;
}

static void test_takes_what_is_known(void **state)
{
	(void)state;
	json_t *active;

	assert_int_equal(parse(ALERT, 1000, 1000, 1000, &active), 0);
	assert_int_equal(json_array_size(active), 1);
	const json_t *alert = json_array_get(active, 0);
	assert_string_equal(json_text(alert, "name"), "memory");
	assert_string_equal(json_text(alert, "op"), ">");
	assert_true(json_number_value(json_object_get(alert, "value")) == 91.5);
	assert_int_equal(json_object_size(alert), 6);
	json_decref(active);
	assert_int_equal(parse("", 1000, 1000, 1000, &active), 0);
	assert_int_equal(json_array_size(active), 0);
	json_decref(active);
}

static void test_an_old_state_is_not_taken(void **state)
{
	(void)state;
	json_t *active;

	assert_int_equal(parse(ALERT, 100000, 1000, 107000, &active), 0);
	json_decref(active);
	assert_int_equal(parse(ALERT, 100000, 1000, 107001, &active), -ESTALE);
	assert_int_equal(parse(ALERT, 107001, 1000, 100000, &active), -ESTALE); /* of the future */
	assert_int_equal(parse(ALERT, 100000, 60000, 225000, &active), 0);
	json_decref(active);
	assert_int_equal(parse(ALERT, 100000, 60000, 225001, &active), -ESTALE);
	assert_int_equal(parse(ALERT, 1000, 0, 1000, &active), -EBADMSG);
	assert_int_equal(parse(ALERT, 1000, 86400001, 1000, &active), -EBADMSG);
}

static void test_refuses_other_forms(void **state)
{
	(void)state;
	static const char *const alerts[] = {"1", "{}", "null", "[]",
		"{\"name\":\"\",\"since\":\"x\",\"figure\":\"x\",\"op\":\">\",\"value\":1,"
		"\"limit\":1}",
		"{\"name\":\"a\\n\",\"since\":\"x\",\"figure\":\"x\",\"op\":\">\",\"value\":1,"
		"\"limit\":1}",
		"{\"name\":\"a\",\"since\":\"x\",\"figure\":\"x\",\"op\":\">\",\"value\":1}",
		"{\"name\":\"a\",\"since\":\"x\",\"figure\":\"x\",\"op\":\">\",\"value\":[],"
		"\"limit\":1}",
		ALERT "," ALERT "," ALERT "," ALERT "," ALERT "," ALERT "," ALERT "," ALERT
		      "," ALERT "," ALERT "," ALERT "," ALERT "," ALERT "," ALERT "," ALERT
		      "," ALERT "," ALERT};
	json_t *active;
	struct error err;

	for (size_t i = 0; i < sizeof(alerts) / sizeof(alerts[0]); i++) {
		assert_int_equal(parse(alerts[i], 1000, 1000, 1000, &active), -EBADMSG);
	}
	assert_int_equal(alerts_parse("", 0, 1000, &active, &err), -EBADMSG);
	assert_int_equal(alerts_parse("{\"alerts\":1}", 12, 1000, &active, &err), -EBADMSG);
}

static void write_state(const char *alerts)
{
	json_t *active;
	uint64_t now_ms = clock_read_ns(CLOCK_REALTIME) / NSEC_PER_MSEC;

	assert_int_equal(parse(alerts, now_ms, 1000, now_ms, &active), 0);
	json_decref(active);
	tree_write(&tree, "/state.json", text);
}

static void test_reads_a_file_that_can_be_trusted(void **state)
{
	(void)state;
	struct alerts alerts = {0};
	char path[128];

	snprintf(path, sizeof(path), "%s/state.json", tree.folder);
	alerts_update(&alerts, path);
	assert_false(alerts.is_watching);
	assert_string_equal(alerts.trouble.text, "");
	write_state(ALERT);
	assert_int_equal(chmod(path, 0644), 0);
	alerts_update(&alerts, path);
	assert_false(alerts.is_watching); /* at most once a second */
	alerts.next_ns = 0;
	alerts_update(&alerts, path);
	assert_true(alerts.is_watching);
	assert_int_equal(json_array_size(alerts.active), 1);

	assert_int_equal(chmod(path, 0666), 0);
	alerts.next_ns = 0;
	alerts_update(&alerts, path);
	assert_false(alerts.is_watching);
	assert_null(alerts.active);
	assert_string_not_equal(alerts.trouble.text, "");

	assert_int_equal(chmod(path, 0644), 0);
	alerts.next_ns = 0;
	alerts_update(&alerts, path);
	assert_true(alerts.is_watching);
	assert_string_equal(alerts.trouble.text, "");
	alerts.next_ns = 0;
	alerts_update(&alerts, "");
	assert_false(alerts.is_watching);
	alerts.next_ns = 0;
	alerts_update(&alerts, tree.folder); /* a folder */
	assert_false(alerts.is_watching);
	alerts_done(&alerts);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_takes_what_is_known),
		cmocka_unit_test(test_an_old_state_is_not_taken),
		cmocka_unit_test(test_refuses_other_forms),
		tree_test(test_reads_a_file_that_can_be_trusted, &tree),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
