/*
 * What is run when an alert is raised, repeated or cleared: a command by the shell, or a mail by
 * sendmail. Each is a process of its own with a time limit, and is run again, at growing pauses,
 * when it fails. One thread; it neither waits nor blocks, but for the time that the kernel needs to
 * start a program.
 */
#ifndef WATCH_ALERT_ACTION_H
#define WATCH_ALERT_ACTION_H

#include "watch/alert/message.h"

#define ACTIONS_MAX 8 /* that run, or wait to be run again */

struct action_settings {
	uint64_t timeout_ns; /* then SIGTERM, and SIGKILL after 5 s more */
	uint64_t retry_ns;   /* the first pause; each further one is twice as long */
	unsigned attempts;
	char sendmail[ALERT_COMMAND_MAX];
};

enum action_kind {
	ACTION_KIND_EXEC,
	ACTION_KIND_MAIL,
};

struct action {
	enum action_kind kind;
	char alert[ALERT_NAME_MAX];
	char target[ALERT_COMMAND_MAX]; /* the command, or the address */
	char environment_text[ENVIRONMENT_SIZE];
	char *variables[ENVIRONMENT_MAX];
	int mail_fd; /* what is given to sendmail; -1 for a command */
	unsigned attempt;
	pid_t pid; /* 0 while it waits */
	bool is_timed_out;
	uint64_t start_ns, deadline_ns; /* of the next attempt; of the one that runs */
};

struct actions {
	struct action_settings settings;
	bool is_used[ACTIONS_MAX];
	struct action items[ACTIONS_MAX]; /* not touched before it is used */
	uint64_t n_failed;                /* attempts */
	char last_error[320];             /* "" when there was none */
	/* Is called with each failure, and with the success after one. is_error: nothing more
	 * will be tried. */
	void (*report)(void *user, bool is_error, const char *text);
	void *user;
};

/* settings is copied. Call before anything else; nothing is to be freed but what actions_done does.
 */
void actions_init(struct actions *actions, const struct action_settings *settings,
	void (*report)(void *user, bool is_error, const char *text), void *user);

/* Ends what runs. */
void actions_done(struct actions *actions);

/* Starts the actions of the message's rule. host goes into the subject of mail. */
void actions_start(
	struct actions *actions, const struct message *message, const char *host, uint64_t now_ns);

/*
 * Takes note of what ended, ends what takes too long, and starts what is due. To be called on
 * SIGCHLD and at the returned time, of CLOCK_MONOTONIC; UINT64_MAX when nothing is to come.
 */
uint64_t actions_run(struct actions *actions, uint64_t now_ns);

#endif
