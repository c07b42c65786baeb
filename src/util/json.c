#include "util/json.h"

void cleanup_json(json_t **value)
{
	json_decref(*value);
	*value = NULL;
}

const char *json_text(const json_t *object, const char *key)
{
	const char *text = json_string_value(json_object_get(object, key));

	return text ? text : "";
}
