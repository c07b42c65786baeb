/* twinlens watch: records where the memory goes, and raises alerts. */
#include "cli/verb.h"

#include <errno.h>
#include <getopt.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "cli/options.h"
#include "util/clock.h"
#include "util/error.h"
#include "util/log.h"
#include "util/parse.h"
#include "watch/watch.h"

const char verb_name[] = "watch";

#define ONCE_PAUSE_NS NSEC_PER_SEC

static void print_usage(void)
{
	printf("usage: twinlens watch [OPTION]...\n\n"
	       "Records memory, swap, zram, pressure, processors and processes until SIGTERM,\n"
	       "and raises alerts. Every running twinlens serve is watched.\n\n"
	       "  -c, --config FILE settings; default " WATCH_DEFAULT_PATH "\n"
	       "  --once            print one sample, of a second or of --interval, and end\n"
	       "  --since TIME      print minimum, mean and maximum of what was recorded, as in "
	       "2h\n"
	       "  --interval TIME   between samples, 10ms to 1d; default 60s\n"
	       "  --log FILE        where lines for people go; - is standard output\n"
	       "  --alert PERCENT   used memory that raises the alert memory; default 85%%\n"
	       "  --exec CMD        run this for alerts that have no command of their own\n"
	       "  --mail ADDR       send mail for alerts that have no address of their own\n"
	       "  --pid PID         watch this process, too; may be given again\n"
	       "  --name NAME       watch processes of this name, too; may be given again\n"
	       "  --textfile FILE   Prometheus text for node_exporter\n"
	       "  --json            samples as JSON on standard output, one a line\n"
	       "  --help            this text\n");
}

struct options {
	const char *config, *since, *log, *alert, *exec, *mail, *textfile;
	const char *names[WATCH_PROCESSES_MAX], *pids[WATCH_PROCESSES_MAX];
	size_t n_names, n_pids;
	uint64_t interval_ns; /* 0: as configured */
	bool is_once, is_json;
};

static int refuse(const char *option, const char *value, const char *allowed)
{
	log_error("watch: %s %.100s: %s", option, value, allowed);
	return EXIT_STATUS_USAGE;
}

static int add(const char *option, const char **items, size_t *n, const char *value)
{
	if (*n == WATCH_PROCESSES_MAX) {
		return refuse(option, value, "is given too often");
	}
	items[(*n)++] = value;
	return EXIT_STATUS_DONE;
}

static int set_interval(struct options *options, const char *value)
{
	if (parse_duration(value, &options->interval_ns) < 0 ||
		options->interval_ns < WATCH_INTERVAL_MIN_NS ||
		options->interval_ns > WATCH_INTERVAL_MAX_NS) {
		return refuse("--interval", value, "must be a time from 10ms to 1d, such as 60s");
	}
	return EXIT_STATUS_DONE;
}

/* EXIT_STATUS_DONE, or the status to end with; -1 after --help. */
static int parse_options(int argc, char **argv, struct options *options)
{
	static const struct option list[] = {
		{"config", required_argument, NULL, 'c'},
		{"once", no_argument, NULL, 'o'},
		{"since", required_argument, NULL, 's'},
		{"interval", required_argument, NULL, 'i'},
		{"log", required_argument, NULL, 'l'},
		{"alert", required_argument, NULL, 'a'},
		{"exec", required_argument, NULL, 'e'},
		{"mail", required_argument, NULL, 'm'},
		{"pid", required_argument, NULL, 'p'},
		{"name", required_argument, NULL, 'n'},
		{"textfile", required_argument, NULL, 't'},
		{"json", no_argument, NULL, 'j'},
		{"help", no_argument, NULL, 'h'},
		{NULL, 0, NULL, 0},
	};
	int option, status = EXIT_STATUS_DONE;

	while (status == EXIT_STATUS_DONE &&
		(option = getopt_long(argc, argv, ":c:h", list, NULL)) >= 0) {
		switch (option) {
		case 'c':
			options->config = optarg;
			break;
		case 'o':
			options->is_once = true;
			break;
		case 's':
			options->since = optarg;
			break;
		case 'i':
			status = set_interval(options, optarg);
			break;
		case 'l':
			options->log = optarg;
			break;
		case 'a':
			options->alert = optarg;
			break;
		case 'e':
			options->exec = optarg;
			break;
		case 'm':
			options->mail = optarg;
			break;
		case 'p':
			status = add("--pid", options->pids, &options->n_pids, optarg);
			break;
		case 'n':
			status = add("--name", options->names, &options->n_names, optarg);
			break;
		case 't':
			options->textfile = optarg;
			break;
		case 'j':
			options->is_json = true;
			break;
		case 'h':
			print_usage();
			return -1;
		default:
			return options_refuse(option, argv);
		}
	}
	if (status == EXIT_STATUS_DONE && optind < argc) {
		log_error("watch: %s: takes no arguments; see twinlens watch --help", argv[optind]);
		return EXIT_STATUS_USAGE;
	}
	return status;
}

static int load(const struct options *options, struct watch_settings *settings)
{
	struct error err;
	const char *path = options->config ? options->config : WATCH_DEFAULT_PATH;

	watch_settings_init(settings);
	int r = watch_settings_load(settings, path, &err);
	if (r < 0 && (r != -ENOENT || options->config)) {
		log_error("%s", err.text);
		return r == -EACCES ? EXIT_STATUS_LACKING : EXIT_STATUS_USAGE;
	}
	return EXIT_STATUS_DONE;
}

static int set_path(const char *option, const char *value, char path[static LOG_FILE_PATH_MAX])
{
	if ((size_t)snprintf(path, LOG_FILE_PATH_MAX, "%s", value) >= LOG_FILE_PATH_MAX) {
		return refuse(option, value, "is too long");
	}
	return EXIT_STATUS_DONE;
}

static int set_paths(const struct options *options, struct watch_settings *settings)
{
	if (options->is_json) {
		set_path("--json", "-", settings->samples.path);
		if (strcmp(settings->log.path, "-") == 0) {
			settings->log.path[0] = '\0';
		}
	}
	if (options->log) {
		if (options->is_json && strcmp(options->log, "-") == 0) {
			return refuse("--log", "-", "cannot be used with --json");
		}
		int status = set_path("--log", options->log, settings->log.path);
		if (status != EXIT_STATUS_DONE) {
			return status;
		}
	}
	return options->textfile ? set_path("--textfile", options->textfile, settings->textfile)
				 : EXIT_STATUS_DONE;
}

static int set_actions(const struct options *options, struct watch_settings *settings)
{
	struct error err;

	if (options->exec && strlen(options->exec) >= ALERT_COMMAND_MAX) {
		return refuse("--exec", options->exec, "is longer than 199 bytes");
	}
	if (options->mail && (strlen(options->mail) >= ALERT_COMMAND_MAX ||
				     watch_settings_check_address(options->mail, &err) < 0)) {
		return refuse("--mail", options->mail, "must be a mail address or a user's name");
	}
	for (size_t i = 0; i < settings->n_rules; i++) {
		struct alert_rule *rule = &settings->rules[i];
		if (options->exec && !rule->exec[0]) {
			snprintf(rule->exec, sizeof(rule->exec), "%s", options->exec);
		}
		if (options->mail && !rule->mail[0]) {
			snprintf(rule->mail, sizeof(rule->mail), "%s", options->mail);
		}
	}
	return EXIT_STATUS_DONE;
}

static int set_targets(const struct options *options, struct watch_settings *settings)
{
	struct error err;

	for (size_t i = 0; i < options->n_names; i++) {
		if (watch_settings_add_name(settings, options->names[i], &err) < 0) {
			return refuse("--name", options->names[i], err.text);
		}
	}
	for (size_t i = 0; i < options->n_pids; i++) {
		if (watch_settings_add_pid(settings, options->pids[i], &err) < 0) {
			return refuse("--pid", options->pids[i], err.text);
		}
	}
	return EXIT_STATUS_DONE;
}

static int make_settings(const struct options *options, struct watch_settings *settings)
{
	struct error err;
	int status = load(options, settings);

	if (status != EXIT_STATUS_DONE) {
		return status;
	}
	if (options->interval_ns > 0) {
		settings->interval_ns = options->interval_ns;
	}
	if (options->alert && watch_settings_set_alert(settings, options->alert, &err) < 0) {
		return refuse("--alert", options->alert, err.text);
	}
	status = set_paths(options, settings);
	if (status == EXIT_STATUS_DONE) {
		status = set_actions(options, settings);
	}
	return status == EXIT_STATUS_DONE ? set_targets(options, settings) : status;
}

/* Runs twinlens-watch-since, which lies beside this program. Returns only when it cannot. */
static int print_history(const struct options *options, const char *samples)
{
	static const char suffix[] = "-since";
	char path[PATH_MAX], json[] = "--json", title[] = "twinlens watch";

	if (samples[0] != '/') {
		log_error("watch: --since: no samples are recorded: set samples in %s",
			options->config ? options->config : WATCH_DEFAULT_PATH);
		return EXIT_STATUS_USAGE;
	}
	ssize_t length = readlink("/proc/self/exe", path, sizeof(path) - sizeof(suffix));
	if (length < 0) {
		log_error("watch: /proc/self/exe: %s", error_name(-errno));
		return EXIT_STATUS_LACKING;
	}
	memcpy(path + length, suffix, sizeof(suffix));
	execl(path, title, samples, options->since, options->is_json ? json : NULL, NULL);
	log_error("%s: cannot be run: %s; install twinlens again", path, error_name(-errno));
	return EXIT_STATUS_LACKING;
}

/* Of a configuration, before options of the command line change it. */
static int run_since(const struct options *options, struct watch_settings *settings)
{
	int status = load(options, settings);

	return status == EXIT_STATUS_DONE ? print_history(options, settings->samples.path) : status;
}

int verb_run(int argc, char **argv)
{
	static struct watch_settings settings;
	struct options options = {.config = NULL};
	struct error err;

	int status = parse_options(argc, argv, &options);
	if (status != EXIT_STATUS_DONE) {
		return status < 0 ? EXIT_STATUS_DONE : status;
	}
	if (options.since) {
		return run_since(&options, &settings);
	}
	status = make_settings(&options, &settings);
	if (status != EXIT_STATUS_DONE) {
		return status;
	}
	int r;
	if (options.is_once) {
		uint64_t pause_ns = options.interval_ns ? options.interval_ns : ONCE_PAUSE_NS;
		r = watch_print_once(&settings, pause_ns, options.is_json, &err);
	} else {
		r = watch_run(&settings, &err);
	}
	if (r < 0) {
		log_error("watch: %s", err.text);
		return r == -EACCES || r == -ENOENT ? EXIT_STATUS_LACKING : EXIT_STATUS_FAILED;
	}
	return EXIT_STATUS_DONE;
}
