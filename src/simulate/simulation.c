#include "simulate/simulation.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <unistd.h>

#include "kernel/proc-text.h"
#include "simulate/oom-score.h"
#include "simulate/overcommit.h"
#include "simulate/shared.h"
#include "simulate/simulation-impl.h"
#include "util/cleanup.h"
#include "util/clock.h"
#include "util/log.h"

#define TAKE_TIMEOUT_NS (120 * NSEC_PER_SEC) /* gigabytes of locked pages are cleared */

static const int forwarded[] = {SIGHUP, SIGINT, SIGQUIT, SIGTERM, SIGUSR1, SIGUSR2};

/* In the process that cleans up. */
static int clean(void *data)
{
	const struct simulation *simulation = data;
	struct error err;
	int status = 0, r = group_remove(&simulation->group);

	if (r < 0) {
		log_error("simulate: %s: the cgroup could not be removed: %s",
			simulation->group.path.path, error_name(r));
		status = 1;
	}
	if (simulation->lock_fd >= 0 && overcommit_restore(simulation->group.root, &err) < 0) {
		log_error("simulate: %s", err.text);
		status = 1;
	}
	return status;
}

static int take_from_machine(struct simulation *simulation, struct error *err)
{
	const struct sysroot *root = simulation->group.root;
	struct simulation_report *report = &simulation->report;
	uint64_t pages;

	int r = ram_plan_make(root, simulation->settings.memory_bytes, &report->plan, err);
	if (r < 0) {
		return r;
	}
	if (ballast_count_pages(root, report->plan.take_bytes, &pages) == 0) {
		r = overcommit_raise(root, pages, err);
	}
	if (r < 0 && r != -ENOTSUP) {
		return r;
	}
	const struct ballast_request request = {
		.bytes = report->plan.take_bytes,
		.spare_bytes = RAM_SPARE_BYTES,
		.timeout_ns = TAKE_TIMEOUT_NS,
	};
	return ballast_take(&report->ballast, root, &request, err);
}

/* What an earlier run could not give back, because its cleaner was killed, too. */
static int lock(struct simulation *simulation, struct error *err)
{
	group_remove_leftovers(&simulation->group);
	if (!simulation->settings.is_whole) {
		return 0;
	}
	int fd = overcommit_lock(simulation->group.root, err);
	if (fd < 0) {
		return fd;
	}
	simulation->lock_fd = fd;
	return overcommit_restore(simulation->group.root, err);
}

static int set_limit(struct simulation *simulation, struct error *err)
{
	uint64_t bytes = simulation->settings.memory_bytes;

	if (simulation->settings.is_whole) {
		return 0;
	}
	int r = group_set_limit(&simulation->group, bytes);
	if (r < 0) {
		return error_set(err, r, "%s: the limit cannot be set: %s",
			simulation->group.path.path, error_name(r));
	}
	simulation->state.limit_bytes = simulation->report.limit_lowest_bytes = bytes;
	return 0;
}

/* Until now a signal has ended this process, and with that everything. */
static int take_signals(struct simulation *simulation, struct error *err)
{
	sigset_t signals;

	sigemptyset(&signals);
	sigaddset(&signals, SIGCHLD);
	for (size_t i = 0; i < sizeof(forwarded) / sizeof(forwarded[0]); i++) {
		sigaddset(&signals, forwarded[i]);
	}
	simulation->signal_fd = signalfd(-1, &signals, SFD_CLOEXEC | SFD_NONBLOCK);
	if (simulation->signal_fd < 0) {
		return error_set(err, -errno, "signalfd: %s", error_name(-errno));
	}
	if (sigprocmask(SIG_BLOCK, &signals, &simulation->old_signals) < 0) {
		return error_set(err, -errno, "sigprocmask: %s", error_name(-errno));
	}
	return 0;
}

static int start_command(struct simulation *simulation, int oom_score, struct error *err)
{
	const struct simulation_settings *settings = &simulation->settings;
	int r = command_fork(
		&simulation->command, settings->argv, settings->is_quiet, oom_score, err);

	if (r == 0) {
		r = group_start(
			&simulation->group, simulation->command.pid, simulation->cleaner.pid, err);
	}
	if (r == 0) {
		r = set_limit(simulation, err);
	}
	if (r == 0) {
		r = take_signals(simulation, err);
	}
	if (r < 0) {
		return r;
	}
	psi_begin(&simulation->psi, simulation->group.root);
	simulation->begun_ns = clock_now_ns();
	r = command_go(&simulation->command, err);
	return r < 0 ? error_set(err, r, "%s: cannot be run: %s", settings->argv[0], error_name(r))
		     : 0;
}

/* The cleaner is forked before there is anything to clean up. */
static int start(struct simulation *simulation, struct error *err)
{
	int oom_score = 0;
	int r = group_find(&simulation->group, &sysroot_real, getpid(), err);

	if (r == 0) {
		r = lock(simulation, err);
	}
	if (r == 0) {
		r = cleaner_start(&simulation->cleaner, clean, simulation, err);
	}
	if (r == 0 && simulation->settings.is_whole) {
		oom_score = oom_score_protect();
		r = take_from_machine(simulation, err);
	}
	return r < 0 ? r : start_command(simulation, oom_score, err);
}

int simulation_open(const struct simulation_settings *settings, struct simulation **ret_simulation,
	struct error *err)
{
	struct simulation *simulation = calloc(1, sizeof(*simulation));

	if (!simulation) {
		return error_set(err, -ENOMEM, "%s", error_name(-ENOMEM));
	}
	simulation->settings = *settings;
	simulation->lock_fd = simulation->signal_fd = -1;
	simulation->command.go_fd = simulation->command.end_fd = -1;
	simulation->report.available_lowest_bytes = PROC_ABSENT;
	simulation->report.limit_hits = simulation->report.oom_kills = PROC_ABSENT;
	int r = start(simulation, err);
	if (r < 0) {
		simulation_close(simulation);
		return r;
	}
	*ret_simulation = simulation;
	return 0;
}

/* What the terminal sent, the command got, too: it is in the same process group. */
static void pass_on(struct simulation *simulation)
{
	struct signalfd_siginfo info;

	while (read(simulation->signal_fd, &info, sizeof(info)) == sizeof(info)) {
		if (info.ssi_signo == SIGCHLD) {
			continue;
		}
		simulation->state.was_signalled = true;
		if (info.ssi_code != SI_KERNEL && simulation->command.pid > 0) {
			kill(simulation->command.pid, (int)info.ssi_signo);
		}
	}
}

static void finish(struct simulation *simulation, int status)
{
	struct simulation_report *report = &simulation->report;

	simulation_measure(simulation);
	report->n_left = group_count(&simulation->group);
	report->cgroup_version = (int)simulation->group.path.version;
	report->is_scope = simulation->group.scope[0] != '\0';
	report->signal = WIFSIGNALED(status) ? WTERMSIG(status) : 0;
	report->status = report->signal ? 128 + report->signal : WEXITSTATUS(status);
	report->duration_ns = clock_now_ns() - simulation->begun_ns;
	psi_end(&simulation->psi, report->duration_ns, report);
}

int simulation_turn(struct simulation *simulation, int timeout_ms,
	struct simulation_report *ret_report, struct error *err)
{
	struct pollfd pollfd = {.fd = simulation->signal_fd, .events = POLLIN};
	int status;

	if (poll(&pollfd, 1, timeout_ms) < 0 && errno != EINTR) {
		return error_set(err, -errno, "poll: %s", error_name(-errno));
	}
	pass_on(simulation);
	int r = command_poll(&simulation->command, &status);
	if (r < 0) {
		return error_set(err, r, "%s: %s", simulation->settings.argv[0], error_name(r));
	}
	if (r == 0) {
		simulation_measure(simulation);
		return 0;
	}
	finish(simulation, status);
	*ret_report = simulation->report;
	return 1;
}

void simulation_read(const struct simulation *simulation, struct simulation_state *ret_state)
{
	*ret_state = simulation->state;
}

uint64_t simulation_read_shared(const struct simulation *simulation)
{
	return shared_read(&simulation->group);
}

int simulation_set_memory(struct simulation *simulation, uint64_t memory_bytes)
{
	struct cgroup_usage usage;
	int r = cgroup_usage_read(simulation->group.root, &simulation->group.path, &usage);

	if (r < 0) {
		return r;
	}
	simulation->settings.memory_bytes = memory_bytes;
	uint64_t limit = usage.current > memory_bytes ? usage.current : memory_bytes;
	if (limit >= simulation->state.limit_bytes) {
		return 0; /* the next turn goes on from there */
	}
	r = group_set_limit(&simulation->group, limit);
	if (r == 0) {
		simulation->state.limit_bytes = limit;
	}
	return r == -EBUSY ? 0 : r; /* it uses more by now */
}

bool simulation_close(struct simulation *simulation)
{
	if (!simulation) {
		return true;
	}
	command_done(&simulation->command);
	int r = cleaner_finish(&simulation->cleaner);
	if (simulation->command.pid > 0) {
		waitpid(simulation->command.pid, NULL,
			0); /* killed with its cgroup, or it waited */
	}
	if (simulation->signal_fd >= 0) {
		close_fd(simulation->signal_fd);
		sigprocmask(SIG_SETMASK, &simulation->old_signals, NULL);
	}
	close_fd(simulation->lock_fd);
	free(simulation);
	return r == 0;
}
