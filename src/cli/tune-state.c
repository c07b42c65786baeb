/* status, rollback and boot: all go through what the journal has. */
#include "cli/tune-run.h"

#include <stdio.h>

#include "cli/tune-print.h"
#include "cli/tune-session.h"
#include "cli/verbs.h"
#include "util/log.h"

static json_t *status_to_json(const struct tune *tune, const struct plan *plan)
{
	struct journal_origin origin;
	bool is_applied = journal_get_origin(tune->journal, &origin);

	return json_pack("{s:s?,s:o,s:I,s:I,s:b}", "profile", is_applied ? origin.profile : NULL,
		"changes", tune_changes_to_json(plan), "open", (json_int_t)plan_count_open(plan),
		"lacking", (json_int_t)plan_count_lacking(plan), "complete",
		journal_is_complete(tune->journal));
}

static int print_status(const struct tune *tune, const struct plan *plan, bool is_json)
{
	struct journal_origin origin;
	bool is_applied = journal_get_origin(tune->journal, &origin);

	if (is_json && tune_print_json(status_to_json(tune, plan)) < 0) {
		return tune_fail_json();
	}
	if (!is_applied) {
		log_error("tune: nothing is applied; see twinlens tune plan");
		return EXIT_STATUS_FAILED;
	}
	if (!is_json) {
		printf("profile %s\n\n", origin.profile);
		tune_print_changes(plan, true);
		fflush(stdout);
	}
	tune_print_lacks(plan, true);
	if (!journal_is_complete(tune->journal)) {
		log_warning("tune: the last run was cut short: apply again completes it, rollback "
			    "takes it back");
		return EXIT_STATUS_FAILED;
	}
	if (plan_count_open(plan) > 0) {
		return EXIT_STATUS_FAILED;
	}
	return plan_count_lacking(plan) > 0 ? EXIT_STATUS_LACKING : EXIT_STATUS_DONE;
}

int tune_run_status(const struct tune_options *options)
{
	struct plan plan = {0};
	struct error err = {0};
	struct tune tune;

	int r = tune_open(&tune, &sysroot_real, options->folder, NULL, &err);
	if (r < 0) {
		return tune_fail(r, &err);
	}
	r = tune_compare(&tune, &plan, &err);
	int status = r < 0 ? tune_fail(r, &err) : print_status(&tune, &plan, options->is_json);
	plan_done(&plan);
	tune_close(&tune);
	return status;
}

static int run_journal(const struct tune_options *options, const char *verb,
	int (*run)(struct tune *, const struct tune_observer *, struct error *))
{
	struct tune_session session = {.options = options, .steps = json_array()};
	const struct tune_observer observer = {
		.on_step = tune_on_step, .is_interrupted = tune_is_interrupted, .data = &session};
	struct error err = {0};
	struct tune tune;

	tune_hold_signals();
	int r = tune_open(&tune, &sysroot_real, options->folder, verb, &err);
	if (r < 0) {
		json_decref(session.steps);
		return tune_fail(r, &err);
	}
	size_t n = journal_count(tune.journal);
	r = run(&tune, &observer, &err);
	int status = r == 0 ? EXIT_STATUS_DONE : EXIT_STATUS_FAILED;
	if (n == 0 && !options->is_json) {
		printf("nothing is applied\n");
	}
	status = tune_report(&session, "entries", n, status);
	if (r > 0) {
		log_error(
			"tune: some of it failed, as told above; run it again when that is mended");
	}
	if (r < 0) {
		status = tune_fail(r, &err);
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
		return tune_fail(r, &err);
	}
	bool is_admin = tune.machine.is_admin;
	bool is_empty = journal_size(tune.journal) == 0;
	tune_close(&tune);
	if (is_empty) {
		if (options->is_json) {
			return tune_print_json(json_pack("{s:[],s:i}", "steps", "entries", 0)) < 0
				       ? tune_fail_json()
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
