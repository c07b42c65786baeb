#include <ctype.h>
#include <math.h>
#include <string.h>

#include "watch/alert/message.h"

#define DECIMALS 3

struct environment {
	struct text *text;
	char **variables;
	size_t n;
};

/* Keeps what was added to text since begin as a variable, unless it was cut. */
static void keep(struct environment *environment, size_t begin)
{
	struct text *text = environment->text;

	if (text->is_cut || text->used + 1 >= text->size || environment->n + 1 >= ENVIRONMENT_MAX) {
		text->used = begin;
		text->data[begin] = '\0';
		return;
	}
	environment->variables[environment->n++] = text->data + begin;
	text->used++; /* past the NUL */
	text->data[text->used] = '\0';
}

static void add_string(struct environment *environment, const char *name, const char *value)
{
	size_t begin = environment->text->used;

	text_add(environment->text, "TWINLENS_%s=%s", name, value);
	keep(environment, begin);
}

/* "memory.used_percent" becomes TWINLENS_MEMORY_USED_PERCENT. owner may be "". */
static void add_figure(struct environment *environment, const char *kind, const char *owner,
	const char *name, double value)
{
	struct text *text = environment->text;
	size_t begin = text->used;

	if (isnan(value)) {
		return;
	}
	text_add(text, "TWINLENS_%s%s%s%s", kind, owner, owner[0] ? "_" : "", name);
	for (size_t i = begin; i < text->used; i++) {
		int c = toupper((unsigned char)text->data[i]);
		text->data[i] = isalnum(c) ? (char)c : '_';
	}
	text_add(text, "=");
	message_add_value(text, name, value, DECIMALS);
	keep(environment, begin);
}

static void add_inherited(struct environment *environment, char *const *inherited)
{
	for (; *inherited && environment->n < ENVIRONMENT_INHERITED_MAX; inherited++) {
		if (strncmp(*inherited, "TWINLENS_", strlen("TWINLENS_")) != 0) {
			environment->variables[environment->n++] = *inherited;
		}
	}
}

static void add_message(struct environment *environment, const struct message *message)
{
	const struct condition_term *term = &message->rule->when.terms[0];
	char line[MESSAGE_SIZE], number[32], since[TEXT_TIME_SIZE];
	struct text text;

	add_string(environment, "ALERT", message->rule->name);
	add_string(environment, "EVENT", alert_event_name(message->event));
	add_string(environment, "FIGURE", term->name);
	double value = figure_value(&term->figure, message->system, message->processes);
	text_init(&text, number, sizeof(number));
	if (!isnan(value)) {
		message_add_value(&text, term->name, value, DECIMALS);
	}
	add_string(environment, "VALUE", number);
	text_init(&text, number, sizeof(number));
	message_add_limit(&text, term);
	add_string(environment, "LIMIT", number);
	text_format_time(message->state->raised_unix_ms, since);
	add_string(environment, "SINCE", since);
	text_init(&text, line, sizeof(line));
	message_write(&text, message);
	add_string(environment, "MESSAGE", line);
}

static void add_figures(struct environment *environment, const char *kind, const char *owner,
	const char *const *names, const double *values, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		add_figure(environment, kind, owner, names[i], values[i]);
	}
}

static void add_processes(struct environment *environment, const struct process_sample *sample)
{
	const struct server_sample *server = &sample->server;

	for (size_t i = 0; i < sample->n; i++) {
		const struct process_entry *entry = &sample->entries[i];
		add_figures(environment, "PROCESS_", entry->name, process_figure_names,
			entry->values, PROCESS_FIGURE_COUNT);
		if (entry->service[0] && !process_sample_repeats_service(sample, i)) {
			add_figures(environment, "SERVICE_", entry->service, service_figure_names,
				entry->service_values, SERVICE_FIGURE_COUNT);
		}
	}
	add_figures(environment, "SERVER_", "", server_figure_names, server->values,
		SERVER_FIGURE_COUNT);
	for (size_t i = 0; i < server->n_cameras; i++) {
		add_figures(environment, "CAMERA_", server->cameras[i].name, camera_figure_names,
			server->cameras[i].values, CAMERA_FIGURE_COUNT);
	}
}

void message_write_environment(struct text *text, const struct message *message,
	char *const *inherited, char *variables[static ENVIRONMENT_MAX])
{
	struct environment environment = {.text = text, .variables = variables};

	add_inherited(&environment, inherited);
	add_message(&environment, message);
	add_figures(&environment, "", "", system_figure_names, message->system->values,
		SYSTEM_FIGURE_COUNT);
	if (message->processes) {
		add_processes(&environment, message->processes);
	}
	variables[environment.n] = NULL;
}
