/* What jansson leaves to its users. */
#ifndef UTIL_JSON_H
#define UTIL_JSON_H

#include <jansson.h>

void cleanup_json(json_t **value);

#define _cleanup_json_ __attribute__((cleanup(cleanup_json)))

/* The text of a member; "" when there is none or it is not a text. Valid as long as the object. */
const char *json_text(const json_t *object, const char *key);

#endif
