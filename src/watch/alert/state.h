/*
 * The state file: which alerts are active, for the server and other programs to show. It is written
 * with every sample, at most once a second. It stays when watch is killed, so a reader must check
 * its time.
 */
#ifndef WATCH_ALERT_STATE_H
#define WATCH_ALERT_STATE_H

#include "watch/alert/alert.h"
#include "watch/record/text.h"

#define STATE_SIZE 8192

/*
 * {"version":1,"time":...,"unix_ms":...,"interval_ms":...,"alerts":[{"name":...,"since":...,
 * "figure":...,"op":...,"value":...,"limit":...}],"actions_failed":...,"last_action_error":...}:
 * the active ones, with the first term of each. last_error may be "".
 */
void alert_state_write(struct text *text, const struct alert_rule *rules,
	const struct alert_state *states, size_t n, const struct system_sample *system,
	const struct process_sample *processes, uint64_t interval_ns, uint64_t n_failed,
	const char *last_error);

#endif
