/* twinlens tune: makes the machine fit in its memory, and takes that back. */
#include "cli/verb.h"

#include <errno.h>
#include <getopt.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "cli/options.h"
#include "cli/tune/tune-run.h"
#include "tune/tune.h"
#include "util/log.h"
#include "util/utf8.h"

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
	       "                        %s; boot does not apply it again,\n"
	       "                        but what lasts by itself stays\n"
	       "  --json                as JSON\n"
	       "  --help                this text\n",
		TUNE_STATE_FOLDER);
}

static const struct action {
	const char *name;
	int (*run)(const struct tune_options *options);
	bool takes_profile, takes_partial;
} actions[] = {
	{"plan", tune_run_plan, true, false},
	{"apply", tune_run_apply, true, true},
	{"status", tune_run_status, false, false},
	{"rollback", tune_run_rollback, false, false},
	{"boot", tune_run_boot, false, false},
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

static int check_options(const struct action *action, const struct tune_options *options)
{
	if (options->has_profile && !action->takes_profile) {
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

static int set_profile(struct tune_options *options, const char *profile)
{
	if (!utf8_is_printable(profile)) {
		log_error("tune: --profile: must be a name in UTF-8, without control characters: "
			  "the journal is to keep it");
		return EXIT_STATUS_USAGE;
	}
	options->profile = profile;
	options->has_profile = true;
	return 0;
}

/* The unit of boot reads a fixed place; elsewhere a relative folder would move with the shell. */
static int set_folder(struct tune_options *options, const char *folder, char *absolute)
{
	char here[PATH_MAX] = "";
	size_t length = strlen(folder);

	while (length > 1 && folder[length - 1] == '/') {
		length--;
	}
	if (length == 0) {
		log_error("tune: --state must be a folder, not empty");
		return -EINVAL;
	}
	if ((folder[0] != '/' && !getcwd(here, sizeof(here))) ||
		(size_t)snprintf(absolute, PATH_MAX, "%s%s%.*s", here, here[0] ? "/" : "",
			(int)length, folder) >= PATH_MAX) {
		log_error("tune: --state %.100s: the path is too long", folder);
		return -ENAMETOOLONG;
	}
	options->folder = absolute;
	return 0;
}

/* 0; EXIT_STATUS_USAGE, having told why. */
static int take_option(struct tune_options *options, int option, char **argv, char *folder)
{
	switch (option) {
	case 'p':
		return set_profile(options, optarg);
	case 's':
		if (options->n_services == PROFILE_SERVICES_MAX) {
			log_error("tune: more than %d services", PROFILE_SERVICES_MAX);
			return EXIT_STATUS_USAGE;
		}
		options->services[options->n_services++] = optarg;
		options->has_profile = true;
		return 0;
	case 'a':
		options->is_partial = true;
		return 0;
	case 'd':
		return set_folder(options, optarg, folder) < 0 ? EXIT_STATUS_USAGE : 0;
	case 'j':
		options->is_json = true;
		return 0;
	default:
		return options_refuse(option, argv);
	}
}

static int run_action(int argc, char **argv, const struct tune_options *options)
{
	const struct action *action = find_action(argc, argv);

	if (argc == 0) {
		log_error("tune: must be followed by plan, apply, status, rollback or boot; "
			  "see twinlens tune --help");
		return EXIT_STATUS_USAGE;
	}
	if (!action || argc > 1) {
		log_error("tune: %s%s; see twinlens tune --help",
			action ? "one of plan, apply, status, rollback at a time, not also "
			       : "must be one of plan, apply, status, rollback, boot, not ",
			argv[action != NULL]);
		return EXIT_STATUS_USAGE;
	}
	int status = check_options(action, options);
	return status == EXIT_STATUS_DONE ? action->run(options) : status;
}

const char verb_name[] = "tune";

int verb_run(int argc, char **argv)
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
	struct tune_options options = {
		.profile = TUNE_PROFILE_DEFAULT, .folder = TUNE_STATE_FOLDER};
	char folder[PATH_MAX];
	int option;

	while ((option = getopt_long(argc, argv, ":h", long_options, NULL)) >= 0) {
		if (option == 'h') {
			print_usage();
			return EXIT_STATUS_DONE;
		}
		int status = take_option(&options, option, argv, folder);
		if (status != 0) {
			return status;
		}
	}
	return run_action(argc - optind, argv + optind, &options);
}
