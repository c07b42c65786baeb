#include "watch/settings.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "util/beside.h"
#include "util/cleanup.h"
#include "util/clock.h"
#include "util/io.h"
#include "util/log.h"
#include "util/parse.h"
#include "util/utf8.h"

#define FILE_SIZE_MAX (64 << 10)

void watch_settings_init(struct watch_settings *settings)
{
	const struct process_target serve = {.comm = "twinlens-serve", .name = "serve"};

	/* Not as a whole: pages that hold nothing are not to be touched. */
	settings->interval_ns = 60 * NSEC_PER_SEC;
	settings->log = (struct log_file_settings){.rotate_bytes = 10 << 20, .keep = 8};
	settings->samples = settings->log;
	settings->textfile[0] = '\0';
	settings->state[0] = '\0';
	settings->server[0] = '\0';
	settings->actions = (struct action_settings){.timeout_ns = 30 * NSEC_PER_SEC,
		.retry_ns = 10 * NSEC_PER_SEC,
		.attempts = 5,
		.sendmail = "/usr/sbin/sendmail"};
	settings->targets[0] = serve;
	settings->n_targets = 1;
	snprintf(settings->log.path, sizeof(settings->log.path), "-");
	settings->n_rules = alert_rules_init(settings->rules);
}

struct alert_rule *watch_settings_find_rule(struct watch_settings *settings, const char *name)
{
	for (size_t i = 0; i < settings->n_rules; i++) {
		if (strcmp(settings->rules[i].name, name) == 0) {
			return &settings->rules[i];
		}
	}
	return NULL;
}

int watch_settings_check_address(const char *address, struct error *err)
{
	if (!address[0] || !utf8_is_printable(address)) {
		return error_set(err, -EINVAL, "must be a mail address or a user's name");
	}
	return 0;
}

int watch_settings_load(struct watch_settings *settings, const char *path, struct error *err)
{
	_cleanup_free_ char *text = malloc(FILE_SIZE_MAX);
	size_t used;

	if (!text) {
		return error_set(err, -ENOMEM, "%s: %s", path, error_name(-ENOMEM));
	}
	_cleanup_close_ int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
	if (fd < 0) {
		int r = -errno;
		return error_set(err, r, "%s: %s", path, error_name(r));
	}
	int r = io_read_all(fd, text, FILE_SIZE_MAX, &used);
	if (r < 0) {
		return error_set(err, r, "%s: %s", path, error_name(r));
	}
	return watch_settings_parse(settings, text, used, path, err);
}

int watch_settings_set_alert(
	struct watch_settings *settings, const char *percent, struct error *err)
{
	char when[64];
	struct condition condition;
	struct alert_rule *rule = watch_settings_find_rule(settings, "memory");

	if (!rule && settings->n_rules == ALERTS_MAX) {
		return error_set(err, -EINVAL, "there are 16 rules already");
	}
	snprintf(when, sizeof(when), "memory.used_percent > %.16s", percent);
	if (condition_parse(when, &condition, err) < 0 || condition.n != 1 ||
		condition.terms[0].limit <= 0.0 || condition.terms[0].limit >= 100.0) {
		return error_set(
			err, -EINVAL, "must be a percentage between 0 and 100, such as 85%%");
	}
	if (!rule) {
		rule = &settings->rules[settings->n_rules++];
		alert_rule_init(rule, "memory");
	}
	rule->when = condition;
	rule->has_clear = false;
	return 0;
}

static int add_target(
	struct watch_settings *settings, const struct process_target *target, struct error *err)
{
	if (settings->n_targets == WATCH_PROCESSES_MAX) {
		return error_set(err, -EINVAL, "more than 15 names and pids");
	}
	settings->targets[settings->n_targets++] = *target;
	return 0;
}

int watch_settings_add_name(struct watch_settings *settings, const char *name, struct error *err)
{
	struct process_target target = {.pid = 0};

	if (!name[0] || strlen(name) >= sizeof(target.comm) || !utf8_is_printable(name)) {
		return error_set(
			err, -EINVAL, "must be the name of a process as ps -o comm shows it");
	}
	snprintf(target.comm, sizeof(target.comm), "%s", name);
	return add_target(settings, &target, err);
}

int watch_settings_add_pid(struct watch_settings *settings, const char *pid, struct error *err)
{
	uint64_t value;

	if (parse_u64(pid, 1, INT_MAX, &value) < 0) {
		return error_set(err, -EINVAL, "must be the number of a process");
	}
	const struct process_target target = {.pid = (pid_t)value};
	return add_target(settings, &target, err);
}

int watch_settings_apply_targets(
	const struct watch_settings *settings, struct process_reader *reader, struct error *err)
{
	for (size_t i = 0; i < settings->n_targets; i++) {
		int r = process_reader_add(reader, &settings->targets[i]);
		if (r < 0) {
			return error_set(
				err, r, "more than %d names and pids", WATCH_PROCESSES_MAX);
		}
	}
	return 0;
}

void watch_settings_ask_server(
	const struct watch_settings *settings, struct recorder *recorder, uint64_t interval_ns)
{
	static char program[PATH_MAX];
	int r = beside_find("watch-status", program);

	if (r == 0) {
		r = recorder_ask_server(recorder, program, settings->server, interval_ns);
	}
	if (r < 0) {
		log_warning("camera, server: absent: %s: %s; install twinlens again", program,
			error_name(r));
	}
}
