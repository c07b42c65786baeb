/* What an alert says, to people and to programs. Pure. */
#ifndef WATCH_ALERT_MESSAGE_H
#define WATCH_ALERT_MESSAGE_H

#include "watch/alert/alert.h"
#include "watch/alert/largest.h"
#include "watch/record/text.h"

#define MESSAGE_SIZE 1024

/* Every figure of as many processes and cameras as there may be, in 96 bytes at the most. */
#define ENVIRONMENT_INHERITED_MAX 96
#define ENVIRONMENT_OWN_MAX                                                                        \
	(7 + SYSTEM_FIGURE_COUNT +                                                                 \
		WATCH_PROCESSES_MAX * (PROCESS_FIGURE_COUNT + SERVICE_FIGURE_COUNT) +              \
		SERVER_FIGURE_COUNT + WATCH_CAMERAS_MAX * CAMERA_FIGURE_COUNT)
#define ENVIRONMENT_MAX  (ENVIRONMENT_INHERITED_MAX + ENVIRONMENT_OWN_MAX + 1) /* and NULL */
#define ENVIRONMENT_SIZE (MESSAGE_SIZE + ENVIRONMENT_OWN_MAX * 96)

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
 * The value of a figure: "-" for NAN, the word of a state, a whole number, or one with so many
 * decimals.
 */
void message_add_value(struct text *text, const char *name, double value, int decimals);

/* The limit of a term: the word of a state, or the number as it was set. */
void message_add_limit(struct text *text, const struct condition_term *term);

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
 * _EVENT, _FIGURE, _VALUE, _LIMIT, _SINCE, _MESSAGE; and each figure that is present, but for those
 * by node, zone or processor, as in TWINLENS_MEMORY_USED_PERCENT and
 * TWINLENS_PROCESS_SERVE_PSS_BYTES. variables point into text and at the strings of inherited, and
 * ends with NULL. Of what is inherited, the first ENVIRONMENT_INHERITED_MAX are taken over.
 */
void message_write_environment(struct text *text, const struct message *message,
	char *const *inherited, char *variables[static ENVIRONMENT_MAX]);

#endif
