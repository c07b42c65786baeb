#include "server/websocket/control.h"

#include <stdlib.h>
#include <string.h>

#include "util/clock.h"

#define ANSWER_FLAGS (JSON_COMPACT | JSON_ENCODE_ANY)

/* As many as a double holds for sure, so that 0.1 stays 0.1; and as many as tell any two apart. */
#define DIGITS_SURE  15
#define DIGITS_EXACT 17

/* Steals data. */
static json_t *succeed(json_t *answer, const char *key, json_t *data)
{
	json_object_set_new(answer, "status", json_string("success"));
	json_object_set_new(answer, key, data);
	return answer;
}

static json_t *fail(json_t *answer, const char *message)
{
	json_object_set_new(answer, "status", json_string("error"));
	json_object_set_new(answer, "message", json_string(message));
	return answer;
}

static json_t *answer_select(json_t *answer, const json_t *request, bool is_on,
	const struct control_ops *ops, void *userdata)
{
	const char *camera = json_string_value(json_object_get(request, "camera"));

	if (!camera) {
		return fail(answer, "\"camera\" must be the name of a camera");
	}
	if (!ops->select(userdata, camera, is_on)) {
		return fail(answer, "there is no such camera");
	}
	return succeed(answer, "message",
		json_sprintf(
			"camera %s %s for this viewer", camera, is_on ? "started" : "stopped"));
}

static json_t *answer_ping(json_t *answer, const json_t *request)
{
	json_t *t = json_object_get(request, "t");

	if (t) {
		json_object_set(answer, "t", t);
	}
	return succeed(
		answer, "server_us", json_integer((json_int_t)(clock_now_ns() / NSEC_PER_USEC)));
}

static json_t *answer_action(json_t *answer, const json_t *request, const char *action,
	const struct control_ops *ops, void *userdata)
{
	if (strcmp(action, "get_status") == 0) {
		return succeed(answer, "data", ops->get_status(userdata));
	}
	if (strcmp(action, "start_camera") == 0 || strcmp(action, "stop_camera") == 0) {
		return answer_select(
			answer, request, strcmp(action, "start_camera") == 0, ops, userdata);
	}
	if (strcmp(action, "ping") == 0) {
		return answer_ping(answer, request);
	}
	return fail(answer, "\"action\" must be get_status, start_camera, stop_camera or ping");
}

static json_t *answer_request(
	json_t *answer, const json_t *request, const struct control_ops *ops, void *userdata)
{
	json_t *action = json_object_get(request, "action");
	json_t *id = json_object_get(request, "id");

	json_object_set_new(answer, "action", action ? json_incref(action) : json_null());
	if (id) {
		json_object_set(answer, "id", id);
	}
	if (!json_is_object(request)) {
		return fail(answer, "a message must be a JSON object");
	}
	if (!json_is_string(action)) {
		return fail(answer, "\"action\" must be a string");
	}
	return answer_action(answer, request, json_string_value(action), ops, userdata);
}

static bool is_sure(double value)
{
	char text[32];

	snprintf(text, sizeof(text), "%.*g", DIGITS_SURE, value);
	return strtod(text, NULL) == value;
}

/* Whether all numbers in value, which nests no deeper than jansson lets it, survive DIGITS_SURE. */
static bool has_only_sure_numbers(json_t *value)
{
	const char *key;
	json_t *entry;
	size_t i;

	json_array_foreach(value, i, entry) {
		if (!has_only_sure_numbers(entry)) {
			return false;
		}
	}
	json_object_foreach(value, key, entry) {
		if (!has_only_sure_numbers(entry)) {
			return false;
		}
	}
	return !json_is_real(value) || is_sure(json_real_value(value));
}

static char *dump(json_t *answer, size_t reserve, size_t *ret_size)
{
	bool is_short = has_only_sure_numbers(json_object_get(answer, "id")) &&
			has_only_sure_numbers(json_object_get(answer, "t")) &&
			has_only_sure_numbers(json_object_get(answer, "action"));
	size_t flags = ANSWER_FLAGS | JSON_REAL_PRECISION(is_short ? DIGITS_SURE : DIGITS_EXACT);
	size_t size = json_dumpb(answer, NULL, 0, flags);
	char *text = size ? malloc(reserve + size + 1) : NULL;

	if (!text) {
		return NULL;
	}
	json_dumpb(answer, text + reserve, size, flags);
	text[reserve + size] = '\0';
	*ret_size = size;
	return text;
}

char *control_answer(const char *text, size_t size, const struct control_ops *ops, void *userdata,
	size_t reserve, size_t *ret_size)
{
	json_error_t error;
	json_t *answer = json_object();
	json_t *request = json_loadb(text, size, JSON_DECODE_ANY, &error);

	if (request) {
		answer_request(answer, request, ops, userdata);
	} else {
		json_object_set_new(answer, "action", json_null());
		fail(answer, json_error_code(&error) == json_error_numeric_overflow
				     ? "a number is too large: 64 bits at most"
				     : "the message is not valid JSON");
	}
	char *result = answer ? dump(answer, reserve, ret_size) : NULL;
	json_decref(request);
	json_decref(answer);
	return result;
}
