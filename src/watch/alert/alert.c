#include "watch/alert/alert.h"

#include <assert.h>
#include <stdio.h>

#include "util/clock.h"

#define REPEAT_DEFAULT_NS (3600 * NSEC_PER_SEC)

const char *alert_event_name(enum alert_event event)
{
	static const char *const names[] = {
		[ALERT_EVENT_NONE] = "none",
		[ALERT_EVENT_RAISED] = "raised",
		[ALERT_EVENT_REPEATED] = "repeated",
		[ALERT_EVENT_CLEARED] = "cleared",
	};

	return names[event];
}

static bool is_cleared(const struct alert_rule *rule, const struct system_sample *system,
	const struct process_sample *processes)
{
	if (rule->has_clear && condition_is_true(&rule->clear, system, processes)) {
		return true;
	}
	if (!rule->has_clear) {
		return condition_is_over(&rule->when, system, processes);
	}
	/* With an own clear: over as well when a figure is gone, as that would never be true. */
	for (size_t i = 0; i < rule->when.n; i++) {
		double value = figure_value(&rule->when.terms[i].figure, system, processes);
		if (value != value) {
			return true;
		}
	}
	return false;
}

static enum alert_event update_active(const struct alert_rule *rule, struct alert_state *state,
	const struct system_sample *system, const struct process_sample *processes)
{
	uint64_t now_ns = system->time.taken_ns;

	if (is_cleared(rule, system, processes)) {
		state->is_active = false;
		state->is_true = false;
		return ALERT_EVENT_CLEARED;
	}
	if (rule->repeat_ns > 0 && now_ns - state->sent_ns >= rule->repeat_ns) {
		state->sent_ns = now_ns;
		return ALERT_EVENT_REPEATED;
	}
	return ALERT_EVENT_NONE;
}

enum alert_event alert_update(const struct alert_rule *rule, struct alert_state *state,
	const struct system_sample *system, const struct process_sample *processes)
{
	uint64_t now_ns = system->time.taken_ns;

	if (state->is_active) {
		return update_active(rule, state, system, processes);
	}
	if (!condition_is_true(&rule->when, system, processes)) {
		state->is_true = false;
		return ALERT_EVENT_NONE;
	}
	if (!state->is_true) {
		state->is_true = true;
		state->true_since_ns = now_ns;
	}
	if (now_ns - state->true_since_ns < rule->hold_ns) {
		return ALERT_EVENT_NONE;
	}
	state->is_active = true;
	state->sent_ns = now_ns;
	state->raised_ns = state->true_since_ns;
	state->raised_unix_ms =
		system->time.taken_unix_ms - (now_ns - state->true_since_ns) / NSEC_PER_MSEC;
	return ALERT_EVENT_RAISED;
}

void alert_rule_init(struct alert_rule *rule, const char *name)
{
	*rule = (struct alert_rule){.repeat_ns = REPEAT_DEFAULT_NS};
	snprintf(rule->name, sizeof(rule->name), "%s", name);
}

size_t alert_rules_init(struct alert_rule *rules)
{
	/* 0.85 and both times as in oomd; see fast_fall_ratio there. */
	static const char *const built_in[][2] = {
		{"memory", "memory.used_percent > 85"},
		{"zram", "zram.used_percent > 90"},
		{"stalling",
			"psi.memory.full_avg60_percent > 10 and psi.memory.full_avg10_percent > 10 "
			"and psi.memory.full_change_ratio >= 0.85"},
	};
	size_t n = sizeof(built_in) / sizeof(built_in[0]);

	for (size_t i = 0; i < n; i++) {
		alert_rule_init(&rules[i], built_in[i][0]);
		int r = condition_parse(built_in[i][1], &rules[i].when, NULL);
		assert(r == 0);
		(void)r;
	}
	return n;
}
