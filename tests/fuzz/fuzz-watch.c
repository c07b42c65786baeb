/*
 * The settings of the recorder: the input is the text of watch.conf. Whatever is taken must keep
 * its bounds; whatever is refused must say why, in a line. Up to the first NUL it is a condition,
 * and what the program printed that asks the server, too.
 */
#include "watch/settings.h"

#include <string.h>

#include "fuzz.h"
#include "util/utf8.h"
#include "watch/record/server-sample.h"

static void check_condition(const struct condition *condition)
{
	must(condition->n >= 1 && condition->n <= CONDITION_TERMS_MAX);
	for (size_t i = 0; i < condition->n; i++) {
		const struct condition_term *term = &condition->terms[i];
		struct figure figure;
		must(figure_find(term->name, &figure) == 0 && figure.kind == term->figure.kind);
		must(term->limit == term->limit);
	}
}

static void check_rules(const struct watch_settings *settings)
{
	must(settings->n_rules <= ALERTS_MAX);
	for (size_t i = 0; i < settings->n_rules; i++) {
		const struct alert_rule *rule = &settings->rules[i];
		must(rule->name[0] && utf8_is_printable(rule->name));
		must(utf8_is_printable(rule->exec) && utf8_is_printable(rule->mail));
		must(utf8_is_printable(rule->subject));
		check_condition(&rule->when);
		if (rule->has_clear) {
			check_condition(&rule->clear);
		}
	}
}

static void check_settings(const struct watch_settings *settings)
{
	must(settings->interval_ns >= WATCH_INTERVAL_MIN_NS);
	must(settings->interval_ns <= WATCH_INTERVAL_MAX_NS);
	must(settings->n_targets >= 1 && settings->n_targets <= WATCH_PROCESSES_MAX);
	must(settings->actions.attempts >= 1 && settings->actions.attempts <= 10);
	must(settings->log.keep <= 100);
	must(settings->state[0] == '\0' || settings->state[0] == '/');
	check_rules(settings);
}

static void check_server(const struct server_sample *server)
{
	must(server->pid == 1 && server->trouble[0] == '\0');
	must(server->n_cameras <= WATCH_CAMERAS_MAX);
	for (size_t i = 0; i < server->n_cameras; i++) {
		const struct camera_entry *camera = &server->cameras[i];
		char name[FIGURE_NAME_MAX];
		struct figure figure;
		snprintf(name, sizeof(name), "camera.%s.fps", camera->name);
		must(figure_find(name, &figure) == 0 && figure.kind == FIGURE_KIND_CAMERA);
		must(!(camera->values[CAMERA_FPS] < 0));
		must(!(camera->values[CAMERA_STATE] < 0));
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct watch_settings settings;
	struct error err = {0};
	struct condition condition;

	watch_settings_init(&settings);
	int r = watch_settings_parse(&settings, (const char *)data, size, "fuzz", &err);
	if (r == 0) {
		check_settings(&settings);
	} else {
		must(err.code == r && err.text[0] && !strpbrk(err.text, "\n\r\t\x1b"));
	}
	char *text = strndup((const char *)data, size);
	must(text != NULL);
	if (condition_parse(text, &condition, &err) == 0) {
		check_condition(&condition);
	}
	struct server_sample server = {.pid = 1};
	if (server_sample_parse(text, &server) == 0) {
		check_server(&server);
	}
	free(text);
	return 0;
}
