/* status, rollback and boot: all go through what the journal has. */
#include "cli/tune/tune-run.h"

#include <stdio.h>

#include "cli/tune/tune-print.h"
#include "cli/tune/tune-session.h"
#include "cli/verb.h"
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
		log_warning("tune: a run goes on, or the last one was cut short: apply again "
			    "completes it, rollback takes it back");
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

static int tell_empty(const struct tune_options *options)
{
	struct tune_session session;

	if (!options->is_json) {
		printf("nothing is applied\n");
		return EXIT_STATUS_DONE;
	}
	tune_session_init(&session, options);
	int status = tune_report(&session, "entries", "undone", 0, EXIT_STATUS_DONE);
	tune_session_done(&session);
	return status;
}

static int run_journal(struct tune *tune, const struct tune_options *options,
	int (*run)(struct tune *, const struct tune_observer *, struct error *))
{
	struct tune_session session;
	const struct tune_observer observer = {
		.on_step = tune_on_step, .is_interrupted = tune_is_interrupted, .data = &session};
	size_t n = journal_count(tune->journal);
	struct error err = {0};

	tune_session_init(&session, options);
	tune_hold_signals();
	int r = run(tune, &observer, &err);
	int status = tune_report(&session, "entries", "looked at", n,
		r == 0 ? EXIT_STATUS_DONE : EXIT_STATUS_FAILED);
	if (r > 0 && (r & TUNE_FLAW_STAYS)) {
		log_error(
			"tune: some of it failed, as told above; run it again when that is mended");
	} else if (r > 0) {
		log_error("tune: all is taken back, but what is told above is not as before");
	}
	if (r < 0) {
		status = tune_fail(r, &err);
	}
	tune_session_done(&session);
	return status;
}

static int open_and_run(const struct tune_options *options, const char *verb,
	int (*run)(struct tune *, const struct tune_observer *, struct error *))
{
	struct error err = {0};
	struct tune tune;
	int status;

	int r = tune_open(&tune, &sysroot_real, options->folder, verb, &err);
	if (r < 0) {
		return tune_fail(r, &err);
	}
	if (journal_size(tune.journal) == 0) {
		status = tell_empty(options);
	} else if (!tune.machine.is_admin) {
		log_error(
			"tune: lacking: the right to change the system: run it as root, with sudo");
		status = EXIT_STATUS_LACKING;
	} else {
		status = run_journal(&tune, options, run);
	}
	tune_close(&tune);
	return status;
}

int tune_run_rollback(const struct tune_options *options)
{
	return open_and_run(options, "rollback", tune_rollback);
}

int tune_run_boot(const struct tune_options *options)
{
	return open_and_run(options, "boot", tune_boot);
}
