#include "watch/watch.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <time.h>
#include <unistd.h>

#include "util/cleanup.h"
#include "util/clock.h"
#include "util/log.h"
#include "util/notify.h"
#include "watch/alert/state.h"
#include "watch/alert/trigger.h"
#include "watch/record/recorder.h"
#include "watch/replace.h"
#include "watch/report.h"
#include "watch/writer.h"

#define STATE_GAP_NS (900 * NSEC_PER_MSEC)

/* All that it needs, so that nothing is to be allocated; what stays empty is never touched. */
static struct watch {
	const struct watch_settings *settings;
	struct recorder recorder;
	struct writer writer;
	struct actions actions;
	struct alert_state states[ALERTS_MAX];
	char host[64];
	int signal_fd, trigger_fd;
	struct system_sample system;
	struct process_sample processes;
	struct process_report report;
	bool has_system, has_processes, is_state_failing;
	uint64_t state_ns;
	char buffer[STATE_SIZE];
} watch;

static void report_action(void *user, bool is_error, const char *text)
{
	(void)user;
	if (is_error) {
		log_error("%s", text);
	} else {
		log_warning("%s", text);
	}
}

/* Only what is mapped by now: nothing is mapped later but the stack of what is spawned. */
static void lock_memory(void)
{
	if (mlockall(MCL_CURRENT | MCL_ONFAULT) < 0) {
		log_info("watch: memory is not locked: %s; see LimitMEMLOCK= in systemd.exec(5)",
			error_name(-errno));
	}
}

static void open_trigger(void)
{
	watch.trigger_fd = pressure_trigger_open();
	if (watch.trigger_fd < 0) {
		log_info("watch: no PSI trigger: %s; stalls are seen at the next sample",
			error_name(watch.trigger_fd));
	}
}

/* What the unit gave to watch is not for the commands that it runs. */
static void keep_capabilities(void)
{
	prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0); /* -EINVAL before Linux 4.3 */
}

/* A descriptor, or a negative errno. */
static int open_signals(void)
{
	sigset_t signals;

	sigemptyset(&signals);
	sigaddset(&signals, SIGTERM);
	sigaddset(&signals, SIGINT);
	sigaddset(&signals, SIGHUP);
	sigaddset(&signals, SIGCHLD);
	/* Writing past a limit or to a closed pipe fails instead of ending the process. */
	if (sigprocmask(SIG_BLOCK, &signals, NULL) < 0 || signal(SIGPIPE, SIG_IGN) == SIG_ERR ||
		signal(SIGXFSZ, SIG_IGN) == SIG_ERR) {
		return -errno;
	}
	int fd = signalfd(-1, &signals, SFD_CLOEXEC | SFD_NONBLOCK);
	return fd < 0 ? -errno : fd;
}

static void raise_event(size_t i, enum alert_event event)
{
	const struct alert_rule *rule = &watch.settings->rules[i];
	const struct process_sample *processes = watch.has_processes ? &watch.processes : NULL;
	struct large_process largest[LARGEST_MAX];
	char line[MESSAGE_SIZE];
	struct text text;

	const struct message message = {.rule = rule,
		.state = &watch.states[i],
		.event = event,
		.system = &watch.system,
		.processes = processes,
		.largest = largest,
		.n_largest = largest_find(&sysroot_real, largest)};
	text_init(&text, line, sizeof(line));
	message_write(&text, &message);
	if (event == ALERT_EVENT_CLEARED) {
		log_info("%s", line);
	} else {
		log_warning("%s", line);
	}
	writer_add_line(&watch.writer, watch.system.time.taken_unix_ms, line);
	actions_start(&watch.actions, &message, watch.host, clock_now_ns());
}

static void write_state(bool is_changed)
{
	uint64_t now_ns = clock_now_ns();
	struct text text;

	if (!watch.settings->state[0] || (!is_changed && now_ns < watch.state_ns)) {
		return;
	}
	watch.state_ns = now_ns + STATE_GAP_NS;
	text_init(&text, watch.buffer, sizeof(watch.buffer));
	alert_state_write(&text, watch.settings->rules, watch.states, watch.settings->n_rules,
		&watch.system, watch.has_processes ? &watch.processes : NULL,
		watch.settings->interval_ns, watch.actions.n_failed, watch.actions.last_error);
	int r = replace_file(watch.settings->state, text.data, text.used);
	if (r < 0 && !watch.is_state_failing) {
		log_warning("%s: cannot be written: %s", watch.settings->state, error_name(r));
	}
	watch.is_state_failing = r < 0;
}

static void follow_rules(void)
{
	const struct process_sample *processes = watch.has_processes ? &watch.processes : NULL;
	unsigned active = 0;
	bool is_changed = false;

	for (size_t i = 0; i < watch.settings->n_rules; i++) {
		enum alert_event event = alert_update(
			&watch.settings->rules[i], &watch.states[i], &watch.system, processes);
		active |= (unsigned)watch.states[i].is_active << i;
		if (event != ALERT_EVENT_NONE) {
			is_changed = true;
			raise_event(i, event);
		}
	}
	watch.writer.active_alerts = active;
	write_state(is_changed);
}

/* Samples of processes come later than that of the system, and rules may be on them. */
static void take_samples(void)
{
	bool is_new = false;

	while (ring_take(&watch.recorder.processes_to_alerts, &watch.processes)) {
		if (!watch.has_processes) {
			report_missing(watch.settings, &watch.processes);
		}
		watch.has_processes = true;
		is_new = true;
		process_report_update(&watch.report, &watch.processes);
	}
	while (ring_take(&watch.recorder.system_to_alerts, &watch.system)) {
		if (!watch.has_system) {
			report_absent_figures(watch.system.values);
		}
		watch.has_system = true;
		is_new = false;
		follow_rules();
	}
	if (is_new && watch.has_system) {
		follow_rules();
	}
}

/* Returns true when it is to end. */
static bool take_signals(void)
{
	struct signalfd_siginfo info;
	bool is_ending = false;

	while (read(watch.signal_fd, &info, sizeof(info)) == sizeof(info)) {
		is_ending |= info.ssi_signo == SIGTERM || info.ssi_signo == SIGINT;
		if (info.ssi_signo == SIGHUP) {
			writer_reopen(&watch.writer);
		}
	}
	return is_ending;
}

static void take_trigger(short events)
{
	if (events & POLLERR) {
		log_warning("watch: the PSI trigger is gone; stalls are seen at the next sample");
		watch.trigger_fd = close_fd(watch.trigger_fd);
	} else if (events & POLLPRI) {
		recorder_wake(&watch.recorder);
	}
}

/* 0 after SIGTERM or SIGINT, -EPIPE when standard output was closed. */
static int loop(void)
{
	for (;;) {
		uint64_t now_ns = clock_now_ns();
		uint64_t next_ns = actions_run(&watch.actions, now_ns);
		struct pollfd events[] = {
			{.fd = watch.signal_fd, .events = POLLIN},
			{.fd = watch.recorder.system_to_alerts.event_fd, .events = POLLIN},
			{.fd = watch.recorder.processes_to_alerts.event_fd, .events = POLLIN},
			{.fd = watch.writer.ended_fd, .events = POLLIN},
			{.fd = watch.trigger_fd, .events = POLLPRI},
		};
		uint64_t wait_ns = next_ns > now_ns ? next_ns - now_ns : 0;
		const struct timespec timeout = {.tv_sec = (time_t)(wait_ns / NSEC_PER_SEC),
			.tv_nsec = (long)(wait_ns % NSEC_PER_SEC)};
		if (ppoll(events, 5, next_ns == UINT64_MAX ? NULL : &timeout, NULL) < 0 &&
			errno != EINTR) {
			return -errno;
		}
		take_trigger(events[4].revents);
		if (take_signals()) {
			return 0;
		}
		if (events[3].revents & POLLIN) {
			return -EPIPE;
		}
		take_samples();
	}
}

int watch_run(const struct watch_settings *settings, struct error *err)
{
	watch.settings = settings;
	watch.trigger_fd = -1;
	keep_capabilities();
	gethostname(watch.host, sizeof(watch.host) - 1);
	watch.signal_fd = open_signals();
	if (watch.signal_fd < 0) {
		return error_set(err, watch.signal_fd, "signals: %s", error_name(watch.signal_fd));
	}
	int r = recorder_open(&watch.recorder, &sysroot_real, err);
	if (r < 0) {
		return r;
	}
	report_absent(&watch.recorder.system);
	watch_settings_ask_server(settings, &watch.recorder, settings->interval_ns);
	actions_init(&watch.actions, &settings->actions, report_action, NULL);
	r = watch_settings_apply_targets(settings, &watch.recorder.processes, err);
	if (r == 0) {
		r = recorder_start(&watch.recorder, settings->interval_ns, err);
	}
	if (r == 0) {
		r = writer_start(&watch.writer, settings, &watch.recorder, err);
	}
	if (r < 0) {
		recorder_close(&watch.recorder);
		return r;
	}
	open_trigger();
	lock_memory();
	notify_systemd("READY=1");
	r = loop();
	notify_systemd("STOPPING=1");
	recorder_stop(&watch.recorder);
	writer_stop(&watch.writer);
	actions_done(&watch.actions);
	if (settings->state[0]) {
		unlink(settings->state);
	}
	return r < 0 ? error_set(err, r, "standard output: %s", error_name(r)) : 0;
}
