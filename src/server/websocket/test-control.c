#include "server/websocket/control.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

struct selection {
	char camera[32];
	bool is_on;
	unsigned calls;
};

static json_t *get_status(void *userdata)
{
	(void)userdata;
	return json_pack("{s:s}", "version", "1");
}

static bool select_camera(void *userdata, const char *camera, bool is_on)
{
	struct selection *selection = userdata;

	snprintf(selection->camera, sizeof(selection->camera), "%s", camera);
	selection->is_on = is_on;
	selection->calls++;
	return strcmp(camera, "cam1") == 0;
}

static const struct control_ops ops = {.get_status = get_status, .select = select_camera};

/* Answers text and checks that the answer is want, whatever the order of its members. */
static void check(struct selection *selection, const char *text, const char *want)
{
	size_t size;
	char *answer = control_answer(text, strlen(text), &ops, selection, 8, &size);

	assert_non_null(answer);
	assert_int_equal(strlen(answer + 8), size);
	json_t *got = json_loads(answer + 8, 0, NULL), *expected = json_loads(want, 0, NULL);
	assert_non_null(expected);
	if (!json_equal(got, expected)) {
		fail_msg("%s is answered with %s, not %s", text, answer + 8, want);
	}
	json_decref(got);
	json_decref(expected);
	free(answer);
}

static void test_status(void **state)
{
	(void)state;
	check(NULL, "{\"action\":\"get_status\"}",
		"{\"status\":\"success\",\"action\":\"get_status\",\"data\":{\"version\":\"1\"}}");
}

static void test_start_and_stop(void **state)
{
	(void)state;
	struct selection selection = {0};

	check(&selection, "{\"action\":\"start_camera\",\"camera\":\"cam1\"}",
		"{\"status\":\"success\",\"action\":\"start_camera\","
		"\"message\":\"camera cam1 started for this viewer\"}");
	assert_string_equal(selection.camera, "cam1");
	assert_true(selection.is_on);
	check(&selection, "{\"action\":\"stop_camera\",\"camera\":\"cam1\",\"id\":[7]}",
		"{\"status\":\"success\",\"action\":\"stop_camera\",\"id\":[7],"
		"\"message\":\"camera cam1 stopped for this viewer\"}");
	assert_false(selection.is_on);
	check(&selection, "{\"action\":\"stop_camera\",\"camera\":\"cam9\"}",
		"{\"status\":\"error\",\"action\":\"stop_camera\","
		"\"message\":\"there is no such camera\"}");
	assert_int_equal(selection.calls, 3);
	check(&selection, "{\"action\":\"start_camera\"}",
		"{\"status\":\"error\",\"action\":\"start_camera\","
		"\"message\":\"\\\"camera\\\" must be the name of a camera\"}");
	assert_int_equal(selection.calls, 3);
}

static void test_ping(void **state)
{
	(void)state;
	const char *text = "{\"action\":\"ping\",\"t\":1763900000123.25,\"id\":\"a\"}";
	size_t size;
	char *answer = control_answer(text, strlen(text), &ops, NULL, 0, &size);
	json_t *got = json_loads(answer, 0, NULL);

	assert_string_equal(json_string_value(json_object_get(got, "status")), "success");
	assert_string_equal(json_string_value(json_object_get(got, "id")), "a");
	assert_true(json_real_value(json_object_get(got, "t")) == 1763900000123.25);
	assert_true(json_integer_value(json_object_get(got, "server_us")) > 0);
	json_decref(got);
	free(answer);
}

static void test_nonsense_is_answered(void **state)
{
	(void)state;
	static const char *const garbage[] = {"", "{", "nonsense", "\"\\ud800\""};

	for (size_t i = 0; i < sizeof(garbage) / sizeof(garbage[0]); i++) {
		check(NULL, garbage[i],
			"{\"status\":\"error\",\"action\":null,"
			"\"message\":\"the message is not valid JSON\"}");
	}
	check(NULL, "[1]",
		"{\"status\":\"error\",\"action\":null,\"message\":\"a message must be a JSON "
		"object\"}");
	check(NULL, "{\"action\":{\"a\":[]}}",
		"{\"status\":\"error\",\"action\":{\"a\":[]},\"message\":\"\\\"action\\\" must be "
		"a string\"}");
	check(NULL, "{\"action\":\"reboot\"}",
		"{\"status\":\"error\",\"action\":\"reboot\",\"message\":"
		"\"\\\"action\\\" must be get_status, start_camera, stop_camera or ping\"}");
}

/* What jansson cannot hold is told apart from what is no JSON. */
static void test_numbers_too_large(void **state)
{
	(void)state;
	static const char *const large[] = {"{\"action\":1e999}", "{\"action\":-1e999}",
		"{\"action\":\"ping\",\"id\":9223372036854775808}",
		"{\"action\":\"ping\",\"id\":-9223372036854775809}"};

	for (size_t i = 0; i < sizeof(large) / sizeof(large[0]); i++) {
		check(NULL, large[i],
			"{\"status\":\"error\",\"action\":null,"
			"\"message\":\"a number is too large: 64 bits at most\"}");
	}
}

static void check_echo(const char *id)
{
	char text[256], want[256];
	size_t size;

	snprintf(text, sizeof(text), "{\"action\":\"x\",\"id\":%s}", id);
	snprintf(want, sizeof(want), "\"id\":%s,", id);
	char *answer = control_answer(text, strlen(text), &ops, NULL, 0, &size);
	assert_non_null(answer);
	if (!strstr(answer, want)) {
		fail_msg("%s is answered with %s", text, answer);
	}
	free(answer);
}

static void test_numbers_are_echoed_as_sent(void **state)
{
	(void)state;
	static const char *const ids[] = {"0.1", "0.30000000000000004", "[1.5,0.1]",
		"{\"a\":[0.30000000000000004]}", "9223372036854775807", "-9223372036854775808",
		"1763900000123.25"};

	for (size_t i = 0; i < sizeof(ids) / sizeof(ids[0]); i++) {
		check_echo(ids[i]);
	}
}

static void test_depth_is_bounded(void **state)
{
	(void)state;
	char bomb[CONTROL_MESSAGE_MAX];

	memset(bomb, '[', sizeof(bomb));
	size_t size;
	char *answer = control_answer(bomb, sizeof(bomb), &ops, NULL, 0, &size);
	assert_non_null(strstr(answer, "error"));
	free(answer);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_status),
		cmocka_unit_test(test_start_and_stop),
		cmocka_unit_test(test_ping),
		cmocka_unit_test(test_nonsense_is_answered),
		cmocka_unit_test(test_numbers_too_large),
		cmocka_unit_test(test_numbers_are_echoed_as_sent),
		cmocka_unit_test(test_depth_is_bounded),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
