/* Follows a message's own types, so that no caller has to spell them. */
#include "systemd/bus-impl.h"

#include <errno.h>
#include <stdbool.h>

/* The specification allows 64; what systemd says has 6. */
#define DEPTH_MAX 32

static int decode_value(sd_bus_message *message, char type, const char *contents, unsigned depth,
	json_t **ret_value);

static int check_new(json_t *value, json_t **ret_value)
{
	if (!value) {
		return -ENOMEM;
	}
	*ret_value = value;
	return 0;
}

static int decode_text(sd_bus_message *message, char type, json_t **ret_value)
{
	const char *text;
	int r = sd_bus_message_read_basic(message, type, &text);

	return r < 0 ? r : check_new(json_string(text), ret_value);
}

/* The member of the type's size has the value, whatever the order of bytes. */
static json_int_t pick_number(char type, const void *bytes)
{
	switch (type) {
	case SD_BUS_TYPE_BYTE:
		return *(const uint8_t *)bytes;
	case SD_BUS_TYPE_INT16:
		return *(const int16_t *)bytes;
	case SD_BUS_TYPE_UINT16:
		return *(const uint16_t *)bytes;
	case SD_BUS_TYPE_INT32:
		return *(const int32_t *)bytes;
	case SD_BUS_TYPE_UINT32:
		return *(const uint32_t *)bytes;
	default:
		return *(const int64_t *)bytes;
	}
}

static int decode_basic(sd_bus_message *message, char type, json_t **ret_value)
{
	int flag, r;
	double real;
	uint64_t number = 0;

	switch (type) {
	case SD_BUS_TYPE_STRING:
	case SD_BUS_TYPE_OBJECT_PATH:
	case SD_BUS_TYPE_SIGNATURE:
		return decode_text(message, type, ret_value);
	case SD_BUS_TYPE_BOOLEAN:
		r = sd_bus_message_read_basic(message, type, &flag);
		return r < 0 ? r : check_new(json_boolean(flag), ret_value);
	case SD_BUS_TYPE_DOUBLE:
		r = sd_bus_message_read_basic(message, type, &real);
		return r < 0 ? r : check_new(json_real(real), ret_value);
	case SD_BUS_TYPE_UNIX_FD:
		r = sd_bus_message_read_basic(message, type, &flag);
		return r < 0 ? r : check_new(json_null(), ret_value);
	default:
		r = sd_bus_message_read_basic(message, type, &number);
		return r < 0 ? r : check_new(json_integer(pick_number(type, &number)), ret_value);
	}
}

/* The values up to the end of the container that was entered, or of the message. */
static int decode_all(sd_bus_message *message, unsigned depth, json_t **ret_values)
{
	json_t *values = json_array();
	char type;
	const char *contents;
	int r = values ? 0 : -ENOMEM;

	while (r >= 0 && (r = sd_bus_message_peek_type(message, &type, &contents)) > 0) {
		json_t *value = NULL;
		r = decode_value(message, type, contents, depth, &value);
		if (r >= 0 && json_array_append_new(values, value) < 0) {
			r = -ENOMEM;
		}
	}
	if (r < 0) {
		json_decref(values);
		return r;
	}
	*ret_values = values;
	return 0;
}

/* Turns the pairs of a dictionary, whose keys are texts, into an object. */
static int to_object(json_t *pairs, json_t **ret_object)
{
	json_t *object = json_object(), *pair;
	size_t i;

	json_array_foreach(pairs, i, pair) {
		const char *key = json_string_value(json_array_get(pair, 0));
		if (!key || json_object_set(object, key, json_array_get(pair, 1)) < 0) {
			json_decref(object);
			json_decref(pairs);
			return key ? -ENOMEM : -EBADMSG;
		}
	}
	json_decref(pairs);
	return check_new(object, ret_object);
}

static bool has_text_keys(char type, const char *contents)
{
	return type == SD_BUS_TYPE_ARRAY && contents[0] == SD_BUS_TYPE_DICT_ENTRY_BEGIN &&
	       contents[1] == SD_BUS_TYPE_STRING;
}

static int decode_container(sd_bus_message *message, char type, const char *contents,
	unsigned depth, json_t **ret_value)
{
	json_t *values;
	bool is_object = has_text_keys(type, contents);
	int r = sd_bus_message_enter_container(message, type, contents);

	if (r < 0) {
		return r;
	}
	r = decode_all(message, depth + 1, &values);
	if (r < 0) {
		return r;
	}
	r = sd_bus_message_exit_container(message);
	if (r < 0) {
		json_decref(values);
		return r;
	}
	if (type == SD_BUS_TYPE_VARIANT) {
		json_t *inner = json_incref(json_array_get(values, 0));
		json_decref(values);
		return check_new(inner, ret_value);
	}
	if (is_object) {
		return to_object(values, ret_value);
	}
	*ret_value = values;
	return 0;
}

static int decode_value(sd_bus_message *message, char type, const char *contents, unsigned depth,
	json_t **ret_value)
{
	switch (type) {
	case SD_BUS_TYPE_ARRAY:
	case SD_BUS_TYPE_STRUCT:
	case SD_BUS_TYPE_DICT_ENTRY:
	case SD_BUS_TYPE_VARIANT:
		if (depth >= DEPTH_MAX) {
			return -EBADMSG;
		}
		return decode_container(message, type, contents, depth, ret_value);
	default:
		return decode_basic(message, type, ret_value);
	}
}

int bus_message_to_json(sd_bus_message *message, json_t **ret_values)
{
	return decode_all(message, 0, ret_values);
}
