#include "cli/tune-run.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/tune-print.h"
#include "cli/verbs.h"
#include "util/log.h"

/* What happened, step by step. */
struct session {
	const struct tune_options *options;
	json_t *steps; /* with --json */
	uint64_t available_first, available_last;
};

static int status_of(int r)
{
	switch (r) {
	case -EACCES:
	case -EPERM:
	case -EROFS:
	case -EOPNOTSUPP:
		return EXIT_STATUS_LACKING;
	default:
		return EXIT_STATUS_FAILED;
	}
}

static int fail(int r, const struct error *err)
{
	log_error("tune: %s", err->text);
	return status_of(r);
}

static int fail_json(void)
{
	log_error("tune: writing the report failed");
	return EXIT_STATUS_FAILED;
}

static void on_step(void *data, const struct tune_step *step)
{
	struct session *session = data;

	if (session->available_first == 0) {
		session->available_first = step->available_before;
	}
	session->available_last = step->available_after;
	if (session->options->is_json) {
		json_array_append_new(session->steps, tune_step_to_json(step));
	} else {
		tune_print_step(step);
	}
}

/* A step is never cut short by a signal: they wait until it is done. */
static void hold_signals(sigset_t *set)
{
	sigemptyset(set);
	sigaddset(set, SIGINT);
	sigaddset(set, SIGTERM);
	sigaddset(set, SIGHUP);
	sigprocmask(SIG_BLOCK, set, NULL);
	signal(SIGPIPE, SIG_IGN); /* whoever reads the output may go */
}

static bool is_interrupted(void *data)
{
	sigset_t pending;

	(void)data;
	return sigpending(&pending) == 0 &&
	       (sigismember(&pending, SIGINT) || sigismember(&pending, SIGTERM) ||
		       sigismember(&pending, SIGHUP));
}

/* The usage status for what is wrong with the profile or a service. */
static int load_profile(const struct tune_options *options, struct tune *tune, bool may_differ)
{
	struct profile *profile = NULL;
	struct error err = {0};

	int r = profile_load(options->profile, &profile, &err);
	for (size_t i = 0; i < options->n_services && r == 0; i++) {
		r = profile_add_service(profile, options->services[i], &err);
	}
	if (r < 0) {
		free(profile);
		log_error("tune: %s", err.text);
		return r == -ENOMEM ? EXIT_STATUS_FAILED : EXIT_STATUS_USAGE;
	}
	r = tune_set_profile(tune, profile, &err);
	if (r == -EEXIST && may_differ) {
		log_warning("tune: %s", err.text);
		return EXIT_STATUS_DONE;
	}
	return r < 0 ? fail(r, &err) : EXIT_STATUS_DONE;
}

/* Opens, and plans for the profile of the options. EXIT_STATUS_DONE, or what was told. */
static int open_plan(
	const struct tune_options *options, const char *verb, struct tune *tune, struct plan *plan)
{
	struct error err = {0};

	int r = tune_open(tune, &sysroot_real, options->folder, verb, &err);
	if (r < 0) {
		return fail(r, &err);
	}
	int status = load_profile(options, tune, strcmp(verb ? verb : "", "apply") != 0);
	if (status == EXIT_STATUS_DONE) {
		r = tune_plan(tune, plan, &err);
		status = r < 0 ? fail(r, &err) : EXIT_STATUS_DONE;
	}
	if (status != EXIT_STATUS_DONE) {
		tune_close(tune);
	}
	return status;
}

int tune_run_plan(const struct tune_options *options)
{
	struct plan plan = {0};
	struct tune tune;
	int r = 0;

	int status = open_plan(options, NULL, &tune, &plan);
	if (status != EXIT_STATUS_DONE) {
		return status;
	}
	if (options->is_json) {
		r = tune_print_json(tune_plan_to_json(tune.profile, &plan));
	} else {
		tune_print_plan(tune.profile, &plan, false);
		tune_print_evidence(tune.profile);
		fflush(stdout);
	}
	tune_print_lacks(&plan, true);
	status = plan_count_lacking(&plan) > 0 ? EXIT_STATUS_LACKING : EXIT_STATUS_DONE;
	plan_done(&plan);
	tune_close(&tune);
	return r < 0 ? fail_json() : status;
}

/* The end of a run that made steps. */
static int report(const struct session *session, const char *what, size_t n, int status)
{
	if (session->options->is_json) {
		int r = tune_print_json(
			json_pack("{s:O,s:I,s:I,s:I}", "steps", session->steps, what, (json_int_t)n,
				"available_before_bytes", (json_int_t)session->available_first,
				"available_after_bytes", (json_int_t)session->available_last));
		return r < 0 ? fail_json() : status;
	}
	if (session->available_first > 0) {
		printf("available memory: %.0f MiB before, %.0f MiB after\n",
			(double)session->available_first / (1 << 20),
			(double)session->available_last / (1 << 20));
	}
	return status;
}

/* Before anything is written: what is missing, and whether it may be left out. */
static int check_lacking(const struct tune_options *options, const struct plan *plan)
{
	bool is_refused = plan_count_lacking(plan) > 0 &&
			  (!options->is_partial || plan_count_open(plan) == 0);

	tune_print_lacks(plan, is_refused);
	if (!is_refused) {
		return EXIT_STATUS_DONE;
	}
	if (plan_count_open(plan) > 0) {
		log_error("tune: nothing was changed; --partial makes the %zu changes that can be "
			  "made",
			plan_count_open(plan));
	}
	return EXIT_STATUS_LACKING;
}

static int apply_plan(struct tune *tune, const struct plan *plan, struct session *session)
{
	const struct tune_observer observer = {
		.on_step = on_step, .is_interrupted = is_interrupted, .data = session};
	struct error err = {0};
	size_t made = 0;

	int r = tune_apply(tune, plan, &observer, &made, &err);
	if (!session->options->is_json) {
		printf("%zu change%s made\n", made, made == 1 ? "" : "s");
	}
	int status = report(session, "made", made, EXIT_STATUS_DONE);
	if (r < 0 && r != -EINTR) {
		log_error(
			"tune: apply again goes on from there, rollback takes back what was made");
	}
	return r < 0 ? fail(r == -EINTR ? -EINTR : -EIO, &err) : status;
}

int tune_run_apply(const struct tune_options *options)
{
	struct session session = {.options = options};
	struct plan plan = {0};
	struct tune tune;
	sigset_t held;

	/* Without the lock at first, which leaves no trace when nothing is to be done or can be. */
	int status = open_plan(options, NULL, &tune, &plan);
	if (status != EXIT_STATUS_DONE) {
		return status;
	}
	status = check_lacking(options, &plan);
	plan_done(&plan);
	tune_close(&tune);
	if (status != EXIT_STATUS_DONE) {
		return status;
	}
	hold_signals(&held);
	status = open_plan(options, "apply", &tune, &plan);
	if (status != EXIT_STATUS_DONE) {
		return status;
	}
	session.steps = json_array();
	status = apply_plan(&tune, &plan, &session);
	json_decref(session.steps);
	plan_done(&plan);
	tune_close(&tune);
	return status;
}

static int print_status(const struct tune *tune, const struct plan *plan, bool is_json)
{
	bool is_complete = journal_is_complete(tune->journal);
	bool is_good = is_complete && plan_count_open(plan) == 0;

	if (is_json) {
		json_t *root = tune_plan_to_json(tune->profile, plan);
		if (!root || json_object_set_new(root, "complete", json_boolean(is_complete)) < 0 ||
			tune_print_json(root) < 0) {
			return fail_json();
		}
	} else {
		tune_print_plan(tune->profile, plan, true);
	}
	if (!is_complete) {
		log_warning("tune: the last run was cut short: apply again completes it, rollback "
			    "takes it back");
	}
	return is_good ? EXIT_STATUS_DONE : EXIT_STATUS_FAILED;
}

int tune_run_status(const struct tune_options *options)
{
	struct plan plan = {0};
	struct error err = {0};
	struct tune tune;

	int r = tune_open(&tune, &sysroot_real, options->folder, NULL, &err);
	if (r < 0) {
		return fail(r, &err);
	}
	r = tune_load_applied(&tune, &err);
	if (r > 0) {
		log_error("tune: nothing is applied; see twinlens tune plan");
		tune_close(&tune);
		return EXIT_STATUS_FAILED;
	}
	if (r == 0) {
		r = tune_plan(&tune, &plan, &err);
	}
	int status = r < 0 ? fail(r, &err) : print_status(&tune, &plan, options->is_json);
	plan_done(&plan);
	tune_close(&tune);
	return status;
}

/* rollback and boot: both go through what the journal has. */
static int run_journal(const struct tune_options *options, const char *verb,
	int (*run)(struct tune *, const struct tune_observer *, struct error *))
{
	struct session session = {.options = options, .steps = json_array()};
	const struct tune_observer observer = {
		.on_step = on_step, .is_interrupted = is_interrupted, .data = &session};
	struct error err = {0};
	struct tune tune;
	sigset_t held;

	hold_signals(&held);
	int r = tune_open(&tune, &sysroot_real, options->folder, verb, &err);
	if (r < 0) {
		json_decref(session.steps);
		return fail(r, &err);
	}
	size_t n = journal_count(tune.journal);
	r = run(&tune, &observer, &err);
	int status = r == 0 ? EXIT_STATUS_DONE : EXIT_STATUS_FAILED;
	if (n == 0 && !options->is_json) {
		printf("nothing is applied\n");
	}
	status = report(&session, "entries", n, status);
	if (r > 0) {
		log_error(
			"tune: some of it failed, as told above; run it again when that is mended");
	}
	if (r < 0) {
		status = fail(r, &err);
	}
	json_decref(session.steps);
	tune_close(&tune);
	return status;
}

/* Without the right to, nothing is touched, and no folder made. */
static int run_journal_as_admin(const struct tune_options *options, const char *verb,
	int (*run)(struct tune *, const struct tune_observer *, struct error *))
{
	struct error err = {0};
	struct tune tune;

	int r = tune_open(&tune, &sysroot_real, options->folder, NULL, &err);
	if (r < 0) {
		return fail(r, &err);
	}
	bool is_admin = tune.machine.is_admin;
	bool is_empty = journal_size(tune.journal) == 0;
	tune_close(&tune);
	if (is_empty) {
		if (options->is_json) {
			return tune_print_json(json_pack("{s:[],s:i}", "steps", "entries", 0)) < 0
				       ? fail_json()
				       : EXIT_STATUS_DONE;
		}
		printf("nothing is applied\n");
		return EXIT_STATUS_DONE;
	}
	if (!is_admin) {
		log_error(
			"tune: lacking: the right to change the system: run it as root, with sudo");
		return EXIT_STATUS_LACKING;
	}
	return run_journal(options, verb, run);
}

int tune_run_rollback(const struct tune_options *options)
{
	return run_journal_as_admin(options, "rollback", tune_rollback);
}

int tune_run_boot(const struct tune_options *options)
{
	return run_journal_as_admin(options, "boot", tune_boot);
}
