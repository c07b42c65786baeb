/* Control messages: whatever comes, the answer is a JSON object with a status and the action. */
#include "server/websocket/control.h"

#include <stdlib.h>
#include <string.h>

#include "fuzz.h"

static json_t *get_status(void *userdata)
{
	(void)userdata;
	return json_object();
}

static bool select_camera(void *userdata, const char *camera, bool is_on)
{
	(void)userdata;
	(void)is_on;
	return strcmp(camera, "cam0") == 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const struct control_ops ops = {.get_status = get_status, .select = select_camera};
	size_t answer_size = 0;

	if (size > CONTROL_MESSAGE_MAX) {
		return 0;
	}
	char *answer = control_answer((const char *)data, size, &ops, NULL, 16, &answer_size);
	must(answer != NULL);
	json_t *parsed = json_loadb(answer + 16, answer_size, 0, NULL);
	must(json_is_object(parsed));
	must(json_is_string(json_object_get(parsed, "status")));
	must(json_object_get(parsed, "action") != NULL);
	json_decref(parsed);
	free(answer);
	return 0;
}
