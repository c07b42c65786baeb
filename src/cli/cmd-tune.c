/* twinlens tune: makes the machine fit in its memory, and takes that back. */
#include "cli/verbs.h"

#include <errno.h>
#include <getopt.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>

#include "cli/tune-print.h"
#include "util/cleanup.h"
#include "util/log.h"

struct options {
	const char *profile, *folder;
	const char *services[PROFILE_SERVICES_MAX];
	size_t n_services;
	bool is_partial, is_json;
};

/* What happened, step by step. */
struct session {
	const struct options *options;
	json_t *steps; /* with --json */
	uint64_t available_first, available_last;
};

static void print_usage(void)
{
	printf("usage: twinlens tune plan|apply|status|rollback|boot [OPTION]...\n\n"
	       "Makes the machine fit in little memory: zram, vm.* settings, services.\n\n"
	       "  plan        what would be changed, why, and what disagrees\n"
	       "  apply       makes the changes; each is written to a journal before\n"
	       "  status      compares the machine with what was applied\n"
	       "  rollback    takes everything back, but what somebody else changed since\n"
	       "  boot        makes again what a reboot undid; for the boot unit\n\n"
	       "  --profile NAME|FILE   guide (the default), zram, or a file of yours\n"
	       "  --service UNIT        a further service to disable and stop; may be repeated\n"
	       "  --partial             apply what can be applied when the machine lacks "
	       "something\n"
	       "  --state DIR           keep the journal there instead of in\n"
	       "                        %s; nothing is applied at boot then\n"
	       "  --json                as JSON\n"
	       "  --help                this text\n",
		TUNE_STATE_FOLDER);
}

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
static int load_profile(const struct options *options, struct tune *tune, bool may_differ)
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
	const struct options *options, const char *verb, struct tune *tune, struct plan *plan)
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

static int run_plan(const struct options *options)
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
static int check_lacking(const struct options *options, const struct plan *plan)
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

static int run_apply(const struct options *options)
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

static int run_status(const struct options *options)
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
static int run_journal(const struct options *options, const char *verb,
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
static int run_journal_as_admin(const struct options *options, const char *verb,
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

static int run_rollback(const struct options *options)
{
	return run_journal_as_admin(options, "rollback", tune_rollback);
}

static int run_boot(const struct options *options)
{
	return run_journal_as_admin(options, "boot", tune_boot);
}

static const struct action {
	const char *name;
	int (*run)(const struct options *options);
	bool takes_profile, takes_partial;
} actions[] = {
	{"plan", run_plan, true, false},
	{"apply", run_apply, true, true},
	{"status", run_status, false, false},
	{"rollback", run_rollback, false, false},
	{"boot", run_boot, false, false},
};

static const struct action *find_action(int argc, char **argv)
{
	for (size_t i = 0; i < sizeof(actions) / sizeof(actions[0]) && argc > 0; i++) {
		if (strcmp(actions[i].name, argv[0]) == 0) {
			return &actions[i];
		}
	}
	return NULL;
}

static int check_options(
	const struct action *action, const struct options *options, bool has_profile)
{
	if (has_profile && !action->takes_profile) {
		log_error("tune %s: --profile and --service are for plan and apply; "
			  "see twinlens tune --help",
			action->name);
		return EXIT_STATUS_USAGE;
	}
	if (options->is_partial && !action->takes_partial) {
		log_error(
			"tune %s: --partial is for apply; see twinlens tune --help", action->name);
		return EXIT_STATUS_USAGE;
	}
	return EXIT_STATUS_DONE;
}

/* The unit of boot reads a fixed place; elsewhere a relative folder would move with the shell. */
static int set_folder(struct options *options, const char *folder, char *absolute)
{
	char here[PATH_MAX];

	if (folder[0] == '/') {
		options->folder = folder;
		return 0;
	}
	if (!getcwd(here, sizeof(here)) ||
		(size_t)snprintf(absolute, PATH_MAX, "%s/%s", here, folder) >= PATH_MAX) {
		log_error("tune: --state %.100s: the path is too long", folder);
		return -ENAMETOOLONG;
	}
	options->folder = absolute;
	return 0;
}

int cmd_tune(int argc, char **argv)
{
	static const struct option long_options[] = {
		{"profile", required_argument, NULL, 'p'},
		{"service", required_argument, NULL, 's'},
		{"partial", no_argument, NULL, 'a'},
		{"state", required_argument, NULL, 'd'},
		{"json", no_argument, NULL, 'j'},
		{"help", no_argument, NULL, 'h'},
		{NULL, 0, NULL, 0},
	};
	struct options options = {.profile = TUNE_PROFILE_DEFAULT, .folder = TUNE_STATE_FOLDER};
	char folder[PATH_MAX];
	bool has_profile = false;
	int option;

	while ((option = getopt_long(argc, argv, "h", long_options, NULL)) >= 0) {
		switch (option) {
		case 'p':
			options.profile = optarg;
			has_profile = true;
			break;
		case 's':
			if (options.n_services == PROFILE_SERVICES_MAX) {
				log_error("tune: more than %d services", PROFILE_SERVICES_MAX);
				return EXIT_STATUS_USAGE;
			}
			options.services[options.n_services++] = optarg;
			has_profile = true;
			break;
		case 'a':
			options.is_partial = true;
			break;
		case 'd':
			if (set_folder(&options, optarg, folder) < 0) {
				return EXIT_STATUS_USAGE;
			}
			break;
		case 'j':
			options.is_json = true;
			break;
		case 'h':
			print_usage();
			return EXIT_STATUS_DONE;
		default:
			return EXIT_STATUS_USAGE; /* getopt_long told */
		}
	}
	const struct action *action = find_action(argc - optind, argv + optind);
	if (!action || argc - optind > 1) {
		log_error("tune: %s%s; see twinlens tune --help",
			action ? "one of plan, apply, status, rollback at a time, not also "
			       : "must be one of plan, apply, status, rollback, boot, not ",
			argc > optind ? argv[optind + (action != NULL)] : "nothing");
		return EXIT_STATUS_USAGE;
	}
	int status = check_options(action, &options, has_profile);
	return status == EXIT_STATUS_DONE ? action->run(&options) : status;
}
