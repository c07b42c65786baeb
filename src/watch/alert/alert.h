/*
 * A rule and its state. It is raised when its condition was true for hold; it is repeated each
 * repeat while it is active; it is cleared when clear is true, or, without one, when the condition
 * is over with 5 points to spare, or a figure of it is absent.
 */
#ifndef WATCH_ALERT_ALERT_H
#define WATCH_ALERT_ALERT_H

#include "watch/alert/condition.h"

#define ALERT_NAME_MAX    48
#define ALERT_COMMAND_MAX 200 /* what a line of a configuration file holds */
#define ALERTS_MAX        16

/* Settings. Times in ns. */
struct alert_rule {
	char name[ALERT_NAME_MAX];
	struct condition when, clear;
	bool has_clear;
	uint64_t hold_ns;
	uint64_t repeat_ns;           /* 0: never */
	char exec[ALERT_COMMAND_MAX]; /* "" for none */
	char mail[ALERT_COMMAND_MAX];
	char subject[ALERT_COMMAND_MAX]; /* of the mail; "" for the message's first line */
};

struct alert_state {
	bool is_true, is_active;
	uint64_t true_since_ns, sent_ns;
	uint64_t raised_ns, raised_unix_ms;
};

enum alert_event {
	ALERT_EVENT_NONE,
	ALERT_EVENT_RAISED,
	ALERT_EVENT_REPEATED,
	ALERT_EVENT_CLEARED,
};

/* "raised", "repeated", "cleared". */
const char *alert_event_name(enum alert_event event);

/* The state after a sample; system is the latest one and gives the time. processes may be NULL. */
enum alert_event alert_update(const struct alert_rule *rule, struct alert_state *state,
	const struct system_sample *system, const struct process_sample *processes);

/*
 * The rules that hold without a configuration: memory (used over 85 %), zram (over 90 % of its size
 * stored), stalling (all tasks stalled for memory more than 10 % of the last 60 and 10 s, and not
 * falling fast). Returns how many were written; rules has room for ALERTS_MAX.
 */
size_t alert_rules_init(struct alert_rule *rules);

/* hold 0, repeat 1h; the rest is empty. */
void alert_rule_init(struct alert_rule *rule, const char *name);

#endif
