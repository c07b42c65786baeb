/* The keys of watch.conf(5). */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "util/clock.h"
#include "util/ini-text.h"
#include "util/parse.h"
#include "util/utf8.h"
#include "watch/settings.h"

#define N_ELEMENTS(array) (sizeof(array) / sizeof((array)[0]))
#define HOUR_NS           (3600 * NSEC_PER_SEC)

static int refuse(struct error *reason, const char *allowed)
{
	return error_set(reason, -EINVAL, "%s", allowed);
}

static int copy_path(
	const char *value, char *path, size_t size, bool may_be_stdout, struct error *reason)
{
	bool is_stdout = may_be_stdout && strcmp(value, "-") == 0;

	if (value[0] && value[0] != '/' && !is_stdout) {
		return refuse(reason, may_be_stdout ? "must be an absolute path, -, or empty"
						    : "must be an absolute path, or empty");
	}
	if ((size_t)snprintf(path, size, "%s", value) >= size) {
		return refuse(reason, "is too long");
	}
	return 0;
}

static int parse_time(
	const char *value, uint64_t min_ns, uint64_t max_ns, uint64_t *ret_ns, struct error *reason)
{
	uint64_t ns;

	if (parse_duration(value, &ns) < 0 || ns < min_ns || ns > max_ns) {
		return error_set(reason, -EINVAL,
			"must be a time from %g s to %g s, such as 30s or 5m",
			clock_to_seconds(min_ns), clock_to_seconds(max_ns));
	}
	*ret_ns = ns;
	return 0;
}

static int set_interval(struct watch_settings *settings, const char *value, struct error *reason)
{
	return parse_time(value, WATCH_INTERVAL_MIN_NS, WATCH_INTERVAL_MAX_NS,
		&settings->interval_ns, reason);
}

static int set_log(struct watch_settings *settings, const char *value, struct error *reason)
{
	return copy_path(value, settings->log.path, sizeof(settings->log.path), true, reason);
}

static int set_samples(struct watch_settings *settings, const char *value, struct error *reason)
{
	return copy_path(
		value, settings->samples.path, sizeof(settings->samples.path), true, reason);
}

static int set_textfile(struct watch_settings *settings, const char *value, struct error *reason)
{
	return copy_path(value, settings->textfile, sizeof(settings->textfile), false, reason);
}

static int set_state(struct watch_settings *settings, const char *value, struct error *reason)
{
	return copy_path(value, settings->state, sizeof(settings->state), false, reason);
}

static int set_server(struct watch_settings *settings, const char *value, struct error *reason)
{
	if ((value[0] && strncmp(value, "http://", 7) != 0) || !utf8_is_printable(value) ||
		(size_t)snprintf(settings->server, sizeof(settings->server), "%s", value) >=
			sizeof(settings->server)) {
		return refuse(reason, "must be a URL such as http://127.0.0.1:8081, or empty");
	}
	return 0;
}

static int set_sendmail(struct watch_settings *settings, const char *value, struct error *reason)
{
	return copy_path(value, settings->actions.sendmail, sizeof(settings->actions.sendmail),
		false, reason);
}

static int set_rotate(struct watch_settings *settings, const char *value, struct error *reason)
{
	uint64_t bytes;

	if (parse_size(value, &bytes) < 0 || (bytes > 0 && bytes < (64 << 10))) {
		return refuse(reason, "must be a size of at least 64K, such as 10M; or 0");
	}
	settings->log.rotate_bytes = settings->samples.rotate_bytes = bytes;
	return 0;
}

static int set_rotate_age(struct watch_settings *settings, const char *value, struct error *reason)
{
	uint64_t ns;
	int r = parse_time(value, 0, 366 * WATCH_INTERVAL_MAX_NS, &ns, reason);

	if (r == 0) {
		settings->log.rotate_age_ns = settings->samples.rotate_age_ns = ns;
	}
	return r;
}

static int set_keep(struct watch_settings *settings, const char *value, struct error *reason)
{
	uint64_t keep;

	if (parse_u64(value, 0, 100, &keep) < 0) {
		return refuse(reason, "must be a number from 0 to 100");
	}
	settings->log.keep = settings->samples.keep = (unsigned)keep;
	return 0;
}

static int set_timeout(struct watch_settings *settings, const char *value, struct error *reason)
{
	return parse_time(value, NSEC_PER_SEC, HOUR_NS, &settings->actions.timeout_ns, reason);
}

static int set_retry(struct watch_settings *settings, const char *value, struct error *reason)
{
	return parse_time(value, 100 * NSEC_PER_MSEC, HOUR_NS, &settings->actions.retry_ns, reason);
}

static int set_attempts(struct watch_settings *settings, const char *value, struct error *reason)
{
	uint64_t attempts;

	if (parse_u64(value, 1, 10, &attempts) < 0) {
		return refuse(reason, "must be a number from 1 to 10");
	}
	settings->actions.attempts = (unsigned)attempts;
	return 0;
}

static const struct {
	const char *name;
	int (*set)(struct watch_settings *settings, const char *value, struct error *reason);
} watch_keys[] = {
	{"interval", set_interval},
	{"log", set_log},
	{"samples", set_samples},
	{"textfile", set_textfile},
	{"state", set_state},
	{"rotate", set_rotate},
	{"rotate_age", set_rotate_age},
	{"keep", set_keep},
	{"name", watch_settings_add_name},
	{"server", set_server},
	{"sendmail", set_sendmail},
	{"action_timeout", set_timeout},
	{"action_retry", set_retry},
	{"action_attempts", set_attempts},
};

static int set_watch(
	struct watch_settings *settings, const char *key, const char *value, struct error *reason)
{
	for (size_t i = 0; i < N_ELEMENTS(watch_keys); i++) {
		if (strcmp(watch_keys[i].name, key) == 0) {
			return watch_keys[i].set(settings, value, reason);
		}
	}
	return refuse(reason,
		"unknown key; must be one of interval, log, samples, textfile, state, "
		"rotate, rotate_age, keep, name, server, sendmail, action_timeout, "
		"action_retry, action_attempts");
}

static int copy_text(const char *value, char text[static ALERT_COMMAND_MAX], struct error *reason)
{
	if (!utf8_is_printable(value) ||
		(size_t)snprintf(text, ALERT_COMMAND_MAX, "%s", value) >= ALERT_COMMAND_MAX) {
		return refuse(reason, "must be printable, and at most 199 bytes");
	}
	return 0;
}

static int set_when(struct alert_rule *rule, const char *value, struct error *reason)
{
	return condition_parse(value, &rule->when, reason);
}

static int set_clear(struct alert_rule *rule, const char *value, struct error *reason)
{
	rule->has_clear = true;
	return condition_parse(value, &rule->clear, reason);
}

static int set_hold(struct alert_rule *rule, const char *value, struct error *reason)
{
	return parse_time(value, 0, WATCH_INTERVAL_MAX_NS, &rule->hold_ns, reason);
}

static int set_repeat(struct alert_rule *rule, const char *value, struct error *reason)
{
	return parse_time(value, 0, 31 * WATCH_INTERVAL_MAX_NS, &rule->repeat_ns, reason);
}

static int set_exec(struct alert_rule *rule, const char *value, struct error *reason)
{
	return copy_text(value, rule->exec, reason);
}

static int set_subject(struct alert_rule *rule, const char *value, struct error *reason)
{
	return copy_text(value, rule->subject, reason);
}

static int set_mail(struct alert_rule *rule, const char *value, struct error *reason)
{
	int r = watch_settings_check_address(value, reason);

	return r < 0 ? r : copy_text(value, rule->mail, reason);
}

static const struct {
	const char *name;
	int (*set)(struct alert_rule *rule, const char *value, struct error *reason);
} alert_keys[] = {
	{"when", set_when},
	{"clear", set_clear},
	{"hold", set_hold},
	{"repeat", set_repeat},
	{"exec", set_exec},
	{"mail", set_mail},
	{"subject", set_subject},
};

static int set_alert(
	struct alert_rule *rule, const char *key, const char *value, struct error *reason)
{
	for (size_t i = 0; i < N_ELEMENTS(alert_keys); i++) {
		if (strcmp(alert_keys[i].name, key) == 0) {
			return alert_keys[i].set(rule, value, reason);
		}
	}
	return refuse(reason, "unknown key; must be one of when, clear, hold, repeat, exec, mail, "
			      "subject");
}

struct parser {
	struct watch_settings *settings;
	struct alert_rule *rule; /* of the section; NULL in [watch] */
	bool has_rules;
};

static int enter_alert(struct parser *parser, const char *name, struct error *reason)
{
	struct watch_settings *settings = parser->settings;

	if (!parser->has_rules) {
		parser->has_rules = true;
		settings->n_rules = 0;
	}
	if (!name[0] || !utf8_is_printable(name) || strlen(name) >= ALERT_NAME_MAX) {
		return refuse(reason, "the name after alert: must be printable, 1 to 47 bytes");
	}
	if (watch_settings_find_rule(settings, name)) {
		return refuse(reason, "there is a rule of this name already");
	}
	if (settings->n_rules == ALERTS_MAX) {
		return refuse(reason, "more than 16 rules");
	}
	struct alert_rule built_in[ALERTS_MAX];
	size_t n = alert_rules_init(built_in);
	parser->rule = &settings->rules[settings->n_rules++];
	alert_rule_init(parser->rule, name);
	for (size_t i = 0; i < n; i++) {
		if (strcmp(built_in[i].name, name) == 0) {
			*parser->rule = built_in[i]; /* which need not be written again */
		}
	}
	return 0;
}

static int enter(void *user, unsigned line, const char *section, struct error *reason)
{
	static const char prefix[] = "alert:";
	struct parser *parser = user;

	(void)line;
	parser->rule = NULL;
	if (strcmp(section, "watch") == 0) {
		return 0;
	}
	if (strncmp(section, prefix, strlen(prefix)) == 0) {
		return enter_alert(parser, section + strlen(prefix), reason);
	}
	return refuse(reason, "unknown section; must be [watch] or [alert:NAME]");
}

static int set(void *user, unsigned line, const char *key, const char *value, struct error *reason)
{
	struct parser *parser = user;

	(void)line;
	return parser->rule ? set_alert(parser->rule, key, value, reason)
			    : set_watch(parser->settings, key, value, reason);
}

int watch_settings_parse(struct watch_settings *settings, const char *text, size_t size,
	const char *name, struct error *err)
{
	static const struct ini_text_handler handler = {.enter = enter, .set = set};
	struct parser parser = {.settings = settings};

	int r = ini_text_parse(text, size, name, &handler, &parser, err);
	if (r < 0) {
		return r;
	}
	for (size_t i = 0; i < settings->n_rules; i++) {
		if (settings->rules[i].when.n == 0) {
			return error_set(err, -EINVAL,
				"%s: [alert:%s]: when is missing, such as when = "
				"memory.used_percent > 85",
				name, settings->rules[i].name);
		}
	}
	return 0;
}
