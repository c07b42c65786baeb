/* What an alert says, to people and to programs. Pure. */
#ifndef WATCH_ALERT_MESSAGE_H
#define WATCH_ALERT_MESSAGE_H

#include "watch/alert/alert.h"
#include "watch/alert/largest.h"
#include "watch/record/text.h"

#define MESSAGE_SIZE     1024
#define ENVIRONMENT_SIZE 16384
#define ENVIRONMENT_MAX  192 /* variables, with the NULL behind them */

/* All that one message is made of. */
struct message {
	const struct alert_rule *rule;
	const struct alert_state *state;
	enum alert_event event;
	const struct system_sample *system;
	const struct process_sample *processes; /* or NULL */
	const struct large_process *largest;
	size_t n_largest;
};

/*
 * One line: the figures of the rule with their limits, since when, PSI of memory, and the largest
 * processes. "memory: used ..." - without time.
 */
void message_write(struct text *text, const struct message *message);

/*
 * A mail with its headers, for sendmail -t: the subject in the encoding of RFC 2047 when it is not
 * ASCII, the body 8-bit UTF-8 with a figure a line.
 */
#define MAIL_SIZE 8192
void message_write_mail(struct text *text, const struct message *message, const char *host);

/* A header's value: as it is when it is printable ASCII, else in encoded words. */
void message_add_header(struct text *text, const char *value);

/*
 * The environment of a command: what this process has, but for TWINLENS_*; TWINLENS_ALERT,
 * _EVENT, _FIGURE, _VALUE, _LIMIT, _SINCE, _MESSAGE; and each figure of the system, of the
 * processes, of the server and of its cameras that is present, as in TWINLENS_MEMORY_USED_PERCENT
 * and TWINLENS_PROCESS_SERVE_PSS_BYTES. variables point into text and at the strings of inherited,
 * and ends with NULL. What does not fit is left out.
 */
void message_write_environment(struct text *text, const struct message *message,
	char *const *inherited, char *variables[static ENVIRONMENT_MAX]);

#endif
