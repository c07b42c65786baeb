/* twinlens load: many viewers of a server, and what they get. */
#include "cli/verb.h"

#include <errno.h>
#include <getopt.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/options.h"
#include "client/crowd.h"
#include "load/report.h"
#include "load/result.h"
#include "load/run.h"
#include "load/target.h"
#include "util/cleanup.h"
#include "util/clock.h"
#include "util/json.h"
#include "util/log.h"
#include "util/parse.h"

#define VIEWERS_DEFAULT  4
#define DURATION_DEFAULT (30 * NSEC_PER_SEC)
#define OTHERS_MAX       1000 /* of each kind */
#define FPS_MAX          1000

static void print_usage(void)
{
	printf("usage: twinlens load URL [--viewers N] [--cameras all|NAME,...] [--duration TIME]\n"
	       "                     [--transport websocket|multipart] [--slow N] [--stall N]\n"
	       "                     [--churn N] [--min-fps N] [--hgrm FILE] [--json]\n\n"
	       "Watches a server with many viewers and reports what they get. URL is that of a\n"
	       "twinlens server, such as http://board:8081, or of a stream: ws://... or\n"
	       "http://... of any server that sends multipart/x-mixed-replace.\n\n"
	       "  --viewers N       how many are measured; default 4\n"
	       "  --cameras NAMES   what they watch; default all\n"
	       "  --duration TIME   such as 30s or 5m; default 30s\n"
	       "  --transport KIND  websocket (the default) or multipart\n"
	       "  --slow N          beside them, N viewers that take 160 KB a second,\n"
	       "  --stall N         N that take nothing,\n"
	       "  --churn N         and N that come and go\n"
	       "  --min-fps N       exit status 1 when a viewer gets fewer frames a second\n"
	       "  --hgrm FILE       write the distribution of the age on screen, for HdrHistogram\n"
	       "  --json            as JSON\n"
	       "  --help            this text\n");
}

static int refuse(const char *option, const char *value, const char *wanted)
{
	log_error("load: --%s %s: must be %s", option, value, wanted);
	return EXIT_STATUS_USAGE;
}

static int read_count(
	const char *option, const char *text, unsigned min, unsigned max, unsigned *ret_count)
{
	uint64_t value;
	char wanted[64];

	if (parse_u64(text, min, max, &value) < 0) {
		snprintf(wanted, sizeof(wanted), "a number from %u to %u", min, max);
		return refuse(option, text, wanted);
	}
	*ret_count = (unsigned)value;
	return EXIT_STATUS_DONE;
}

static int read_transport(const char *text, enum load_transport *ret_transport)
{
	if (strcmp(text, "websocket") == 0) {
		*ret_transport = LOAD_TRANSPORT_WEBSOCKET;
	} else if (strcmp(text, "multipart") == 0) {
		*ret_transport = LOAD_TRANSPORT_MULTIPART;
	} else {
		return refuse("transport", text, "websocket or multipart");
	}
	return EXIT_STATUS_DONE;
}

static int read_duration(const char *text, uint64_t *ret_ns)
{
	uint64_t ns;

	if (parse_duration(text, &ns) < 0 || ns < NSEC_PER_SEC) {
		return refuse("duration", text, "a time such as 30s or 5m, 1s at least");
	}
	*ret_ns = ns;
	return EXIT_STATUS_DONE;
}

static int read_fps(const char *text, double *ret_fps)
{
	char *end;
	double fps = strtod(text, &end);

	if (end == text || *end || !(fps > 0 && fps <= FPS_MAX)) {
		return refuse("min-fps", text, "a number above 0, such as 29.5");
	}
	*ret_fps = fps;
	return EXIT_STATUS_DONE;
}

static int read_option(int option, char **argv, const char *value, struct load_options *options)
{
	switch (option) {
	case 'v':
		return read_count("viewers", value, 1, CROWD_VIEWERS_MAX, &options->n_viewers);
	case 'c':
		options->cameras = value;
		return EXIT_STATUS_DONE;
	case 'd':
		return read_duration(value, &options->duration_ns);
	case 't':
		return read_transport(value, &options->transport);
	case 'l':
		return read_count("slow", value, 0, OTHERS_MAX, &options->others[OTHERS_KIND_SLOW]);
	case 's':
		return read_count(
			"stall", value, 0, OTHERS_MAX, &options->others[OTHERS_KIND_STALL]);
	case 'u':
		return read_count(
			"churn", value, 0, OTHERS_MAX, &options->others[OTHERS_KIND_CHURN]);
	case 'm':
		return read_fps(value, &options->min_fps);
	case 'g':
		options->hgrm = value;
		return EXIT_STATUS_DONE;
	case 'j':
		options->is_json = true;
		return EXIT_STATUS_DONE;
	case 'h':
		print_usage();
		return -1;
	default:
		return options_refuse(option, argv);
	}
}

/*
 * EXIT_STATUS_DONE; -1 when there is nothing more to do, as the usage was printed; or
 * EXIT_STATUS_USAGE, when stderr has said why.
 */
static int read_options(int argc, char **argv, struct load_options *ret_options)
{
	static const struct option known[] = {
		{"viewers", required_argument, NULL, 'v'},
		{"cameras", required_argument, NULL, 'c'},
		{"duration", required_argument, NULL, 'd'},
		{"transport", required_argument, NULL, 't'},
		{"slow", required_argument, NULL, 'l'},
		{"stall", required_argument, NULL, 's'},
		{"churn", required_argument, NULL, 'u'},
		{"min-fps", required_argument, NULL, 'm'},
		{"hgrm", required_argument, NULL, 'g'},
		{"json", no_argument, NULL, 'j'},
		{"help", no_argument, NULL, 'h'},
		{NULL, 0, NULL, 0},
	};
	struct load_options options = {
		.cameras = "all", .n_viewers = VIEWERS_DEFAULT, .duration_ns = DURATION_DEFAULT};
	int option;

	while ((option = getopt_long(argc, argv, ":h", known, NULL)) >= 0) {
		int status = read_option(option, argv, optarg, &options);
		if (status != EXIT_STATUS_DONE) {
			return status;
		}
	}
	if (argc - optind != 1) {
		log_error("load: takes one URL; see twinlens load --help");
		return EXIT_STATUS_USAGE;
	}
	options.url = argv[optind];
	*ret_options = options;
	return EXIT_STATUS_DONE;
}

static volatile sig_atomic_t is_stopped;

static void stop(int number)
{
	(void)number;
	is_stopped = 1;
}

/* The first one ends the measurement, and what there is is reported; a second one ends load. */
static int catch_signals(void)
{
	struct sigaction action = {.sa_handler = stop, .sa_flags = (int)SA_RESETHAND};

	if (sigaction(SIGINT, &action, NULL) < 0 || sigaction(SIGTERM, &action, NULL) < 0) {
		return -errno;
	}
	return 0;
}

static int status_of(int code)
{
	switch (code) {
	case -EINVAL:
		return EXIT_STATUS_USAGE;
	case -EMFILE:
		return EXIT_STATUS_LACKING;
	default:
		return EXIT_STATUS_FAILED;
	}
}

/* With --json the document on stdout has the error. */
static int report_error(const struct load_options *options, const struct error *err)
{
	if (options->is_json) {
		_cleanup_json_ json_t *root =
			json_pack("{s:s,s:b}", "error", err->text, "valid", 0);
		if (root && json_dumpf(root, stdout, 0) == 0) {
			printf("\n");
		}
	}
	if (err->code == -EINVAL) {
		log_error("load: %s", err->text); /* of an option, which it names */
	} else {
		log_error("load: %s: %s", options->url, err->text);
	}
	return status_of(err->code);
}

static int report(struct load_run *run, struct error *err)
{
	const struct load_options *options = run->options;
	struct load_result result;

	load_result_init(&result, run);
	int r = options->is_json ? load_report_json(&result) : load_report_text(&result);
	if (r < 0) {
		return error_set(err, r, "writing the report: %s", error_name(r));
	}
	if (options->hgrm) {
		r = load_result_write_hgrm(&result, options->hgrm);
	}
	if (r < 0) {
		return error_set(err, r, "--hgrm %s: %s", options->hgrm, error_name(r));
	}
	for (unsigned i = 0; i < result.n_problems; i++) {
		log_error("load: %s", result.problems[i]);
	}
	return result.n_problems;
}

static int run_load(const struct load_options *options, struct load_target *target)
{
	struct load_run run;
	struct error err;
	int r = load_target_init(target, options, &err);

	if (r == 0) {
		r = load_run_init(&run, options, target, &err);
	}
	if (r < 0) {
		return report_error(options, &err);
	}
	r = load_run_measure(&run, &is_stopped, &err);
	if (r < 0) {
		load_run_done(&run);
		return report_error(options, &err);
	}
	r = report(&run, &err);
	load_run_done(&run);
	if (r < 0) {
		log_error("load: %s", err.text);
		return EXIT_STATUS_FAILED;
	}
	return r > 0 ? EXIT_STATUS_FAILED : EXIT_STATUS_DONE;
}

const char verb_name[] = "load";

int verb_run(int argc, char **argv)
{
	struct load_options options;
	int status = read_options(argc, argv, &options);

	if (status != EXIT_STATUS_DONE) {
		return status < 0 ? EXIT_STATUS_DONE : status;
	}
	_cleanup_free_ struct load_target *target = calloc(1, sizeof(*target));
	int r = target ? catch_signals() : -ENOMEM;
	if (r < 0) {
		log_error("load: %s", error_name(r));
		return EXIT_STATUS_FAILED;
	}
	return run_load(&options, target);
}
