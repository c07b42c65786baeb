/* The settings of watch: watch.conf(5) and the command line. */
#ifndef WATCH_SETTINGS_H
#define WATCH_SETTINGS_H

#include "util/error.h"
#include "watch/alert/action.h"
#include "watch/alert/alert.h"
#include "watch/log-file.h"
#include "watch/record/recorder.h"

#define WATCH_DEFAULT_PATH    "/etc/twinlens/watch.conf"
#define WATCH_SERVER_MAX      200
#define WATCH_INTERVAL_MIN_NS UINT64_C(10000000)
#define WATCH_INTERVAL_MAX_NS UINT64_C(86400000000000)

struct watch_settings {
	uint64_t interval_ns;
	struct log_file_settings log;     /* lines for people */
	struct log_file_settings samples; /* one JSON document a line */
	char textfile[LOG_FILE_PATH_MAX]; /* Prometheus text; "" for none */
	char state[LOG_FILE_PATH_MAX];    /* "" for none */
	char server[WATCH_SERVER_MAX];    /* its URL; "" for the first that runs on this machine */
	struct action_settings actions;
	struct alert_rule rules[ALERTS_MAX];
	size_t n_rules;
	struct process_target targets[WATCH_PROCESSES_MAX]; /* twinlens serve is the first */
	size_t n_targets;
};

/* Fills what is used: interval 60s, lines to standard output, the built-in rules, twinlens serve.
 */
void watch_settings_init(struct watch_settings *settings);

/*
 * Reads a file. When it has rules, they take the place of the built-in ones. name is for messages.
 * 0; -EINVAL with err naming file, line and key; -ENOMEM.
 */
int watch_settings_parse(struct watch_settings *settings, const char *text, size_t size,
	const char *name, struct error *err);

/* 0; -ENOENT when there is no such file; another negative errno. err is set but for -ENOENT. */
int watch_settings_load(struct watch_settings *settings, const char *path, struct error *err);

/* NULL when no rule has that name. */
struct alert_rule *watch_settings_find_rule(struct watch_settings *settings, const char *name);

/* --alert 85%: the limit of the rule "memory", which is added when there is none. 0 or -EINVAL. */
int watch_settings_set_alert(
	struct watch_settings *settings, const char *percent, struct error *err);

/* --name and --pid. 0, or -EINVAL. */
int watch_settings_add_name(struct watch_settings *settings, const char *name, struct error *err);
int watch_settings_add_pid(struct watch_settings *settings, const char *pid, struct error *err);

/* Has the reader look for the targets. 0 or a negative errno with err. */
int watch_settings_apply_targets(
	const struct watch_settings *settings, struct process_reader *reader, struct error *err);

/*
 * Has the recorder ask the server for figures, by the program beside this one; warns when there is
 * none, and the rest is recorded all the same. settings must outlive the recorder. Once in a
 * process.
 */
void watch_settings_ask_server(
	const struct watch_settings *settings, struct recorder *recorder, uint64_t interval_ns);

/* What mail may be sent to: not empty, printable. 0 or -EINVAL. */
int watch_settings_check_address(const char *address, struct error *err);

#endif
