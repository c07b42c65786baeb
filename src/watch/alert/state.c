#include "watch/alert/state.h"

#include <math.h>

#include "util/clock.h"

static void add_value(struct text *text, const char *name, double value)
{
	if (isnan(value)) {
		text_add(text, "null");
	} else if (figure_is_state(name)) {
		text_add(text, "\"%s\"", figure_state_name(value));
	} else {
		text_add(text, "%.15g", value);
	}
}

static void add_alert(struct text *text, const struct alert_rule *rule,
	const struct alert_state *state, const struct system_sample *system,
	const struct process_sample *processes)
{
	const struct condition_term *term = &rule->when.terms[0];
	double value = figure_value(&term->figure, system, processes);
	char since[TEXT_TIME_SIZE];

	text_format_time(state->raised_unix_ms, since);
	text_add(text, "{\"name\":");
	text_add_quoted(text, rule->name);
	text_add(text, ",\"since\":\"%s\",\"figure\":\"%s\",\"op\":\"%s\",\"value\":", since,
		term->name, condition_op_text(term->op));
	add_value(text, term->name, value);
	text_add(text, ",\"limit\":");
	add_value(text, term->name, term->limit);
	text_add(text, "}");
}

void alert_state_write(struct text *text, const struct alert_rule *rules,
	const struct alert_state *states, size_t n, const struct system_sample *system,
	const struct process_sample *processes, uint64_t interval_ns, uint64_t n_failed,
	const char *last_error)
{
	char time[TEXT_TIME_SIZE];
	bool is_first = true;

	text_format_time(system->time.taken_unix_ms, time);
	text_add(text,
		"{\"version\":1,\"time\":\"%s\",\"unix_ms\":%llu,\"interval_ms\":%llu,\"alerts\":[",
		time, (unsigned long long)system->time.taken_unix_ms,
		(unsigned long long)(interval_ns / NSEC_PER_MSEC));
	for (size_t i = 0; i < n; i++) {
		if (states[i].is_active) {
			text_add(text, "%s", is_first ? "" : ",");
			add_alert(text, &rules[i], &states[i], system, processes);
			is_first = false;
		}
	}
	text_add(text,
		"],\"actions_failed\":%llu,\"last_action_error\":", (unsigned long long)n_failed);
	if (last_error[0]) {
		text_add_quoted(text, last_error);
	} else {
		text_add(text, "null");
	}
	text_add(text, "}\n");
}
