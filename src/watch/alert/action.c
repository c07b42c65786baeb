#include "watch/alert/action.h"

#include <errno.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "util/child.h"
#include "util/cleanup.h"
#include "util/clock.h"
#include "util/error.h"
#include "util/io.h"

#define KILL_AFTER_NS (5 * NSEC_PER_SEC)

void actions_init(struct actions *actions, const struct action_settings *settings,
	void (*report)(void *user, bool is_error, const char *text), void *user)
{
	actions->settings = *settings;
	actions->n_failed = 0;
	actions->last_error[0] = '\0';
	actions->report = report;
	actions->user = user;
	for (size_t i = 0; i < ACTIONS_MAX; i++) {
		actions->is_used[i] = false;
	}
}

static bool is_used(const struct actions *actions, const struct action *action)
{
	return actions->is_used[action - actions->items];
}

static void release(struct actions *actions, struct action *action)
{
	action->mail_fd = close_fd(action->mail_fd);
	actions->is_used[action - actions->items] = false;
}

void actions_done(struct actions *actions)
{
	for (size_t i = 0; i < ACTIONS_MAX; i++) {
		struct action *action = &actions->items[i];
		if (!is_used(actions, action)) {
			continue;
		}
		if (action->pid > 0) {
			kill(-action->pid, SIGKILL);
			waitpid(action->pid, NULL, 0);
		}
		release(actions, action);
	}
}

__attribute__((format(printf, 4, 5))) static void report(struct actions *actions,
	const struct action *action, bool is_error, const char *format, ...)
{
	char reason[160];
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(reason, sizeof(reason), format, arguments);
	va_end(arguments);
	snprintf(actions->last_error, sizeof(actions->last_error), "alert %s: %s %.60s: %s",
		action->alert, action->kind == ACTION_KIND_MAIL ? "mail to" : "command",
		action->target, reason);
	actions->report(actions->user, is_error, actions->last_error);
}

/* The attempt failed: another one, or the end. */
static void fail(
	struct actions *actions, struct action *action, uint64_t now_ns, const char *reason)
{
	unsigned attempts = actions->settings.attempts;

	actions->n_failed++;
	action->pid = 0;
	if (action->attempt >= attempts) {
		report(actions, action, true, "%s; given up after %u attempts", reason, attempts);
		release(actions, action);
		return;
	}
	uint64_t pause_ns = actions->settings.retry_ns << (action->attempt - 1);
	action->start_ns = now_ns + pause_ns;
	report(actions, action, false, "%s; attempt %u of %u, the next in %.1f s", reason,
		action->attempt, attempts, clock_to_seconds(pause_ns));
}

static void start(struct actions *actions, struct action *action, uint64_t now_ns)
{
	const char *exec_argv[] = {"/bin/sh", "-c", action->target, NULL};
	const char *mail_argv[] = {actions->settings.sendmail, "-i", "-t", NULL};
	const char **argv = action->mail_fd >= 0 ? mail_argv : exec_argv;
	/* Standard output is for samples, so what an action prints goes to standard error. */
	const struct child_files files = {
		.in = action->mail_fd, .out = STDERR_FILENO, .err = STDERR_FILENO};

	action->attempt++;
	action->is_timed_out = false;
	if (action->mail_fd >= 0 && lseek(action->mail_fd, 0, SEEK_SET) < 0) {
		fail(actions, action, now_ns, error_name(-errno));
		return;
	}
	int r = child_spawn(argv[0], argv, action->variables, &files, &action->pid);
	if (r < 0) {
		char reason[128];
		snprintf(reason, sizeof(reason), "cannot run %.60s: %s", argv[0], error_name(r));
		fail(actions, action, now_ns, reason);
		return;
	}
	action->deadline_ns = now_ns + actions->settings.timeout_ns;
}

static struct action *take_free(struct actions *actions)
{
	for (size_t i = 0; i < ACTIONS_MAX; i++) {
		if (!actions->is_used[i]) {
			actions->is_used[i] = true;
			return &actions->items[i];
		}
	}
	return NULL;
}

/* A descriptor with the mail, or a negative errno. */
static int write_mail(const struct message *message, const char *host)
{
	char buffer[MAIL_SIZE];
	struct text text;

	text_init(&text, buffer, sizeof(buffer));
	message_write_mail(&text, message, host);
	_cleanup_close_ int fd = memfd_create("twinlens-mail", MFD_CLOEXEC);
	if (fd < 0) {
		return -errno;
	}
	int r = io_write_all(fd, buffer, text.used);
	return r < 0 ? r : take_fd(fd);
}

static void add(struct actions *actions, enum action_kind kind, const struct message *message,
	const char *host, uint64_t now_ns)
{
	const struct alert_rule *rule = message->rule;
	struct action *action = take_free(actions);
	struct text text;

	if (!action) {
		actions->n_failed++;
		snprintf(actions->last_error, sizeof(actions->last_error),
			"alert %s: %d actions are running or waiting already; this one is left out",
			rule->name, ACTIONS_MAX);
		actions->report(actions->user, true, actions->last_error);
		return;
	}
	action->kind = kind;
	action->attempt = 0;
	action->pid = 0;
	action->mail_fd = -1;
	snprintf(action->alert, sizeof(action->alert), "%s", rule->name);
	snprintf(action->target, sizeof(action->target), "%s",
		kind == ACTION_KIND_MAIL ? rule->mail : rule->exec);
	text_init(&text, action->environment_text, sizeof(action->environment_text));
	message_write_environment(&text, message, environ, action->variables);
	if (kind == ACTION_KIND_MAIL) {
		action->mail_fd = write_mail(message, host);
		if (action->mail_fd < 0) {
			actions->n_failed++;
			report(actions, action, true, "%s", error_name(action->mail_fd));
			release(actions, action);
			return;
		}
	}
	start(actions, action, now_ns);
}

void actions_start(
	struct actions *actions, const struct message *message, const char *host, uint64_t now_ns)
{
	if (message->rule->exec[0]) {
		add(actions, ACTION_KIND_EXEC, message, host, now_ns);
	}
	if (message->rule->mail[0]) {
		add(actions, ACTION_KIND_MAIL, message, host, now_ns);
	}
}

static void take_end(struct actions *actions, struct action *action, int status, uint64_t now_ns)
{
	char reason[64];

	action->pid = 0;
	if (WIFEXITED(status) && WEXITSTATUS(status) == 0) {
		if (action->attempt > 1) {
			report(actions, action, false, "done, by attempt %u", action->attempt);
			actions->last_error[0] = '\0';
		}
		release(actions, action);
		return;
	}
	if (action->is_timed_out) {
		snprintf(reason, sizeof(reason), "was ended after %.1f s",
			clock_to_seconds(actions->settings.timeout_ns));
	} else if (WIFSIGNALED(status)) {
		snprintf(reason, sizeof(reason), "ended by signal %d", WTERMSIG(status));
	} else {
		snprintf(reason, sizeof(reason), "exit status %d", WEXITSTATUS(status));
	}
	fail(actions, action, now_ns, reason);
}

/* The whole group, as the shell may have children. */
static void end_late(struct action *action, uint64_t now_ns)
{
	kill(-action->pid, action->is_timed_out ? SIGKILL : SIGTERM);
	action->is_timed_out = true;
	action->deadline_ns = now_ns + KILL_AFTER_NS;
}

uint64_t actions_run(struct actions *actions, uint64_t now_ns)
{
	uint64_t next_ns = UINT64_MAX;

	for (size_t i = 0; i < ACTIONS_MAX; i++) {
		struct action *action = &actions->items[i];
		int status;
		if (is_used(actions, action) && action->pid > 0 &&
			waitpid(action->pid, &status, WNOHANG) == action->pid) {
			take_end(actions, action, status, now_ns);
		}
		if (!is_used(actions, action)) {
			continue;
		}
		if (action->pid > 0 && now_ns >= action->deadline_ns) {
			end_late(action, now_ns);
		} else if (action->pid == 0 && now_ns >= action->start_ns) {
			start(actions, action, now_ns);
		}
		if (!is_used(actions, action)) {
			continue;
		}
		uint64_t due_ns = action->pid > 0 ? action->deadline_ns : action->start_ns;
		next_ns = due_ns < next_ns ? due_ns : next_ns;
	}
	return next_ns;
}
