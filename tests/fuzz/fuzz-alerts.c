/* The state file of watch, as the server reads it: what is taken is of the form that is promised.
 */
#include "server/core/alerts.h"

#include <string.h>

#include "fuzz.h"
#include "util/json.h"
#include "util/utf8.h"

static void check_value(const json_t *value, bool may_be_null)
{
	must(json_is_number(value) || json_is_string(value) ||
		(may_be_null && json_is_null(value)));
}

static void check_active(const json_t *active)
{
	static const char *const texts[] = {"name", "figure", "op", "since"};
	const json_t *alert;
	size_t i;

	must(json_is_array(active) && json_array_size(active) <= ALERTS_MAX);
	json_array_foreach(active, i, alert) {
		for (size_t j = 0; j < sizeof(texts) / sizeof(texts[0]); j++) {
			const char *text = json_text(alert, texts[j]);
			must(text[0] && utf8_is_printable(text));
		}
		check_value(json_object_get(alert, "value"), true);
		check_value(json_object_get(alert, "limit"), false);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	_cleanup_json_ json_t *active = NULL;
	struct error err = {0};
	int r = alerts_parse((const char *)data, size, 1795807200000, &active, &err);

	if (r == 0) {
		check_active(active);
	} else {
		must(!active && err.text[0]);
	}
	return 0;
}
