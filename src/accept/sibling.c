#include "accept/sibling.h"

#include <errno.h>
#include <limits.h>
#include <string.h>

#include "util/beside.h"
#include "util/child.h"
#include "util/cleanup.h"
#include "util/clock.h"
#include "util/json.h"

#define ANSWER_BYTES_MAX  (4u << 20)
#define ANSWER_TIMEOUT_NS (30 * NSEC_PER_SEC)

/* The program of a verb and its arguments. */
struct command {
	char path[PATH_MAX];
	const char *argv[SIBLING_ARGUMENTS_MAX + 2];
};

static int find(const char *verb, const char *const *arguments, struct command *ret_command,
	struct error *err)
{
	int r = beside_find(verb, ret_command->path);

	if (r < 0) {
		return error_set(err, r,
			"twinlens %s: not found beside this program: %s; install "
			"twinlens again",
			verb, error_name(r));
	}
	size_t n = 0;
	ret_command->argv[n++] = ret_command->path;
	for (size_t i = 0; arguments[i] && i < SIBLING_ARGUMENTS_MAX; i++) {
		ret_command->argv[n++] = arguments[i];
	}
	ret_command->argv[n] = NULL;
	return 0;
}

int sibling_start(const char *verb, const char *const *arguments, int out_fd, pid_t *ret_pid,
	struct error *err)
{
	const struct child_files files = {.in = -1, .out = out_fd, .err = out_fd};
	struct child child = CHILD_NONE;
	struct command command;

	int r = find(verb, arguments, &command, err);
	if (r < 0) {
		return r;
	}
	r = child_start(&child, command.argv, &files);
	if (r < 0) {
		return error_set(err, r, "twinlens %s: cannot be run: %s", verb, error_name(r));
	}
	close_fd(child.fd);
	*ret_pid = child.pid;
	return 0;
}

int sibling_ask(
	const char *verb, const char *const *arguments, json_t **ret_json, struct error *err)
{
	_cleanup_free_ char *text = malloc(ANSWER_BYTES_MAX);
	char said[ERROR_TEXT_MAX] = "", messages[4096];
	struct child_text out = {.text = text, .size = ANSWER_BYTES_MAX};
	struct child_text message = {.text = messages, .size = sizeof(messages)};
	struct command command;
	int status;

	if (!text) {
		return error_set(err, -ENOMEM, "twinlens %s: out of memory", verb);
	}
	int r = find(verb, arguments, &command, err);
	if (r < 0) {
		return r;
	}
	r = child_run(command.argv, ANSWER_TIMEOUT_NS, &out, &message, &status);
	if (r < 0) {
		return error_set(err, r, "twinlens %s: its answer could not be read: %s", verb,
			error_name(r));
	}
	json_t *json = json_loads(text, 0, NULL);
	if (!json) {
		const char *line = messages;
		if (strncmp(line, "twinlens: ", strlen("twinlens: ")) == 0) {
			line += strlen("twinlens: ");
		}
		snprintf(said, sizeof(said), "%.*s", (int)strcspn(line, "\n"), line);
		return error_set(err, -EPROTO, "%s", said[0] ? said : "no answer");
	}
	*ret_json = json;
	return 0;
}
