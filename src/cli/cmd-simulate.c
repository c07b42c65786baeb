/* twinlens simulate: runs a command, or the whole machine, with less memory. */
#include "cli/verb.h"

#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/options.h"
#include "cli/simulate/find-print.h"
#include "cli/simulate/simulate-print.h"
#include "client/url.h"
#include "simulate/find/audience.h"
#include "simulate/find/find.h"
#include "simulate/limit.h"
#include "simulate/simulation.h"
#include "util/log.h"
#include "util/parse.h"

#define MEMORY_BYTES_MIN (UINT64_C(1) << 20)
#define URL_DEFAULT      "ws://127.0.0.1:8081/ws/video?camera=all"
#define VIEWERS_DEFAULT  4
#define FPS_MAX          1000

struct options {
	struct simulation_settings simulation;
	struct find_settings find;
	bool is_json, is_find, has_find_option;
	unsigned n_sizes;
};

static void print_usage(void)
{
	printf("usage: twinlens simulate --memory SIZE | --board NAME [OPTION]... [--]\n"
	       "                         COMMAND [ARGUMENT]...\n"
	       "       twinlens simulate --find [OPTION]... [--] COMMAND [ARGUMENT]...\n\n"
	       "Runs a command with less memory than the machine has, and reports on\n"
	       "stderr how it did: peak, swap, stalls, OOM kills. Its exit status is that\n"
	       "of the command, or 128 and the number of the signal that ended it.\n\n"
	       "  --memory SIZE    such as 512M or 4G\n"
	       "  --board NAME     what that board has: %s\n"
	       "  --whole-machine  take the rest from the whole machine, not only from the\n"
	       "                   command\n"
	       "  --json           as JSON on stdout; the command's output goes to stderr\n"
	       "  --help           this text\n\n"
	       "  --find           the command is a server: find the least memory at which\n"
	       "                   it still serves; with\n"
	       "  --url URL        of the stream, with all cameras; default\n"
	       "                   " URL_DEFAULT "\n"
	       "  --viewers N      that watch it, 4 by default\n"
	       "  --min-fps N      frames a second of every camera at every viewer; by\n"
	       "                   default 95 %% of those without a limit\n"
	       "  --max-age TIME   age on screen, 99 %% of the time; by default 10 %% and\n"
	       "                   10 ms over that without a limit\n",
		board_names());
}

/* The contract's exit status for what did not work. */
static int status_of(int code)
{
	switch (code) {
	case -EACCES:
	case -EPERM:
	case -EROFS:
	case -ENOENT:
	case -ENOTSUP:
	case -ENXIO:
		return EXIT_STATUS_LACKING;
	default:
		return EXIT_STATUS_FAILED;
	}
}

static int tell(const struct error *err, bool is_json)
{
	log_error("simulate: %s", err->text);
	if (is_json) {
		simulate_print_json_error(err->text);
	}
	return status_of(err->code);
}

static int print(const struct simulation_settings *settings, const struct simulation_report *report,
	bool is_json)
{
	if (!is_json) {
		simulate_print_text(settings, report);
		return report->status;
	}
	int r = simulate_print_json(settings, report);
	if (r < 0) {
		log_error("simulate: cannot write the report: %s", error_name(r));
		return EXIT_STATUS_FAILED;
	}
	return report->status;
}

static int run(const struct simulation_settings *settings, bool is_json)
{
	struct simulation_report report;
	struct simulation *simulation;
	struct error err;
	int r = simulation_open(settings, &simulation, &err);

	if (r < 0) {
		return tell(&err, is_json);
	}
	do {
		r = simulation_turn(
			simulation, (int)(LIMIT_INTERVAL_NS / NSEC_PER_MSEC), &report, &err);
	} while (r == 0);
	bool is_clean = simulation_close(simulation);
	if (r < 0) {
		return tell(&err, is_json);
	}
	int status = print(settings, &report, is_json);
	return is_clean || status != 0 ? status : EXIT_STATUS_FAILED;
}

/* Beside the error, what was measured until then. */
static int tell_not_found(const struct find_settings *settings, const struct find_report *report,
	const struct error *err, bool is_json)
{
	if (!is_json || report->baseline.memory_bytes == 0) {
		return tell(err, is_json);
	}
	(void)find_print_json(settings, report, err->text);
	return tell(err, false);
}

static int run_find(struct find_settings *settings, bool is_json)
{
	struct find_report report;
	struct error err;

	settings->on_step = is_json ? NULL : find_print_step;
	int r = find_run(settings, &report, &err);
	if (r < 0) {
		return tell_not_found(settings, &report, &err, is_json);
	}
	if (!is_json) {
		find_print_text(settings, &report);
		return EXIT_STATUS_DONE;
	}
	r = find_print_json(settings, &report, NULL);
	if (r < 0) {
		log_error("simulate: cannot write the report: %s", error_name(r));
	}
	return r < 0 ? EXIT_STATUS_FAILED : EXIT_STATUS_DONE;
}

static int refuse(const char *text, bool is_json)
{
	struct error err;

	error_set(&err, -EINVAL, "%s; see twinlens simulate --help", text);
	(void)tell(&err, is_json);
	return EXIT_STATUS_USAGE;
}

/* 0, or -EINVAL with the reason. */
static int take_memory(struct simulation_settings *settings, const char *text, struct error *err)
{
	uint64_t bytes;

	if (parse_size(text, &bytes) < 0 || bytes < MEMORY_BYTES_MIN || bytes > INT64_MAX) {
		return error_set(err, -EINVAL,
			"--memory %.40s: must be a size of 1M or more, such as 512M or 4G", text);
	}
	settings->memory_bytes = bytes;
	return 0;
}

static int take_url(struct find_settings *settings, const char *text, struct error *err)
{
	struct url url;
	int r = url_parse(text, &url, err);

	settings->url = text;
	return r;
}

static int take_viewers(struct find_settings *settings, const char *text, struct error *err)
{
	uint64_t n;

	if (parse_u64(text, 1, AUDIENCE_VIEWERS_MAX, &n) < 0) {
		return error_set(err, -EINVAL, "--viewers %.40s: must be a number from 1 to %d",
			text, AUDIENCE_VIEWERS_MAX);
	}
	settings->n_viewers = (unsigned)n;
	return 0;
}

static int take_fps(struct find_settings *settings, const char *text, struct error *err)
{
	char *end;
	double fps = strtod(text, &end);

	if (end == text || *end || !(fps > 0 && fps <= FPS_MAX)) {
		return error_set(err, -EINVAL,
			"--min-fps %.40s: must be a number up to %d, such as 29.5", text, FPS_MAX);
	}
	settings->min_fps = fps;
	return 0;
}

static int take_age(struct find_settings *settings, const char *text, struct error *err)
{
	if (parse_duration(text, &settings->max_age_ns) < 0 || settings->max_age_ns == 0) {
		return error_set(
			err, -EINVAL, "--max-age %.40s: must be a time such as 100ms or 1s", text);
	}
	return 0;
}

static int take_board(struct simulation_settings *settings, const char *name, struct error *err)
{
	const struct board *board = board_find(name);

	if (!board) {
		return error_set(
			err, -EINVAL, "--board %.40s: must be one of %s", name, board_names());
	}
	settings->memory_bytes = board->ram_bytes;
	return 0;
}

static int take_option(struct options *options, int option, struct error *err)
{
	options->n_sizes += option == 'm' || option == 'b';
	options->has_find_option |= strchr("uvfa", option) != NULL;
	switch (option) {
	case 'm':
		return take_memory(&options->simulation, optarg, err);
	case 'b':
		return take_board(&options->simulation, optarg, err);
	case 'w':
		options->simulation.is_whole = true;
		return 0;
	case 'F':
		options->is_find = true;
		return 0;
	case 'u':
		return take_url(&options->find, optarg, err);
	case 'v':
		return take_viewers(&options->find, optarg, err);
	case 'f':
		return take_fps(&options->find, optarg, err);
	default:
		return take_age(&options->find, optarg, err);
	}
}

/* NULL, or what is wrong with them together. */
static const char *check(const struct options *options)
{
	if (options->is_find && (options->n_sizes > 0 || options->simulation.is_whole)) {
		return "--find takes no --memory, --board or --whole-machine";
	}
	if (!options->is_find && options->has_find_option) {
		return "--url, --viewers, --min-fps and --max-age are for --find";
	}
	if (!options->is_find && options->n_sizes != 1) {
		return "needs --memory SIZE or --board NAME, once";
	}
	return options->simulation.argv[0] ? NULL : "needs a command to run";
}

const char verb_name[] = "simulate";

static const struct option long_options[] = {
	{"memory", required_argument, NULL, 'm'},
	{"board", required_argument, NULL, 'b'},
	{"whole-machine", no_argument, NULL, 'w'},
	{"find", no_argument, NULL, 'F'},
	{"url", required_argument, NULL, 'u'},
	{"viewers", required_argument, NULL, 'v'},
	{"min-fps", required_argument, NULL, 'f'},
	{"max-age", required_argument, NULL, 'a'},
	{"json", no_argument, NULL, 'j'},
	{"help", no_argument, NULL, 'h'},
	{NULL, 0, NULL, 0},
};

/* What follows the options of simulate is the command's: "+". */
int verb_run(int argc, char **argv)
{
	struct options options = {.find = {.url = URL_DEFAULT, .n_viewers = VIEWERS_DEFAULT}};
	struct error err;
	int option, r = 0;

	while ((option = getopt_long(argc, argv, "+:h", long_options, NULL)) >= 0) {
		if (option == '?' || option == ':') {
			return options_refuse(option, argv);
		}
		if (option == 'h') {
			print_usage();
			return EXIT_STATUS_DONE;
		}
		if (option == 'j') {
			options.is_json = true;
		} else if (r == 0) {
			r = take_option(&options, option, &err);
		}
	}
	if (r < 0) {
		return refuse(err.text, options.is_json);
	}
	options.simulation.argv = options.find.argv = argv + optind;
	options.simulation.is_quiet = options.find.is_quiet = options.is_json;
	const char *wrong = check(&options);
	if (wrong) {
		return refuse(wrong, options.is_json);
	}
	return options.is_find ? run_find(&options.find, options.is_json)
			       : run(&options.simulation, options.is_json);
}
