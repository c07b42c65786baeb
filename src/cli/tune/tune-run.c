/* plan and apply: both ask what the profile asks for. */
#include "cli/tune/tune-run.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "cli/tune/tune-print.h"
#include "cli/tune/tune-session.h"
#include "cli/verb.h"
#include "util/log.h"

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
	return r < 0 ? tune_fail(r, &err) : EXIT_STATUS_DONE;
}

/* Opens, and plans for the profile of the options. EXIT_STATUS_DONE, or what was told. */
static int open_plan(const struct tune_options *options, const char *verb, bool may_differ,
	struct tune *tune, struct plan *plan)
{
	struct error err = {0};

	int r = tune_open(tune, &sysroot_real, options->folder, verb, &err);
	if (r < 0) {
		return tune_fail(r, &err);
	}
	if (may_differ && tune_check_others(tune, &err) < 0) {
		log_warning("tune: %s", err.text);
	}
	int status = load_profile(options, tune, may_differ);
	if (status == EXIT_STATUS_DONE) {
		r = verb ? tune_recover(tune, &err) : 0;
		r = r < 0 ? r : tune_plan(tune, plan, &err);
		status = r < 0 ? tune_fail(r, &err) : EXIT_STATUS_DONE;
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

	int status = open_plan(options, NULL, true, &tune, &plan);
	if (status != EXIT_STATUS_DONE) {
		return status;
	}
	if (options->is_json) {
		r = tune_print_json(tune_plan_to_json(tune.profile, &plan));
	} else {
		printf("profile %s: %s\n\n", tune.profile->name, tune.profile->description);
		tune_print_changes(&plan, false);
		tune_print_evidence(tune.profile);
		fflush(stdout);
	}
	tune_print_lacks(&plan, true);
	status = plan_count_lacking(&plan) > 0 ? EXIT_STATUS_LACKING : EXIT_STATUS_DONE;
	plan_done(&plan);
	tune_close(&tune);
	return r < 0 ? tune_fail_json() : status;
}

/* Before anything is written: what is missing, and whether it may be left out. */
static int check_lacking(
	const struct tune_options *options, const struct tune *tune, const struct plan *plan)
{
	bool may_go_on = plan_count_open(plan) > 0 || journal_count(tune->journal) > 0;

	if (plan_count_lacking(plan) == 0 || (options->is_partial && may_go_on)) {
		return EXIT_STATUS_DONE;
	}
	tune_print_lacks(plan, true);
	size_t n = plan_count_open(plan);
	if (n > 0) {
		log_error("tune: nothing was changed; --partial makes the %zu change%s that can be "
			  "made",
			n, n == 1 ? "" : "s");
	}
	return EXIT_STATUS_LACKING;
}

static int apply_plan(struct tune *tune, const struct plan *plan, struct tune_session *session)
{
	const struct tune_observer observer = {
		.on_step = tune_on_step, .is_interrupted = tune_is_interrupted, .data = session};
	struct error err = {0};
	size_t made = 0;

	int r = tune_claim(tune, &err);
	if (r < 0) {
		return tune_fail(r, &err);
	}
	tune_hold_signals();
	r = tune_apply(tune, plan, &observer, &made, &err);
	int status = tune_report(session, "made", "made", made, EXIT_STATUS_DONE);
	if (r < 0 && r != -EINTR) {
		log_error(
			"tune: apply again goes on from there, rollback takes back what was made");
	}
	return r < 0 ? tune_fail(r, &err) : status;
}

int tune_run_apply(const struct tune_options *options)
{
	struct tune_session session;
	struct plan plan = {0};
	struct tune tune;

	tune_session_init(&session, options);
	int status = open_plan(options, "apply", false, &tune, &plan);
	if (status == EXIT_STATUS_DONE) {
		status = check_lacking(options, &tune, &plan);
		if (status == EXIT_STATUS_DONE) {
			tune_print_lacks(&plan, false);
			status = apply_plan(&tune, &plan, &session);
		}
		plan_done(&plan);
		tune_close(&tune);
	}
	tune_session_done(&session);
	return status;
}
