/* twinlens soak: whether memory leaks. */
#include "cli/verb.h"

#include <errno.h>
#include <getopt.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "cli/options.h"
#include "cli/soak/soak-print.h"
#include "cli/soak/soak-run.h"
#include "client/url.h"
#include "prove/series-file.h"
#include "util/cleanup.h"
#include "util/clock.h"
#include "util/error.h"
#include "util/log.h"
#include "util/parse.h"

#define AVAILABLE_DEFAULT (UINT64_C(900) << 20) /* the margin that a 4 GB board is to keep */
#define VIEWERS_MAX       1000
#define SEED              UINT64_C(0x7477696e6c656e73) /* any; the same series, the same verdict */

const char verb_name[] = "soak";

struct options {
	const char *judge, *report; /* FILE, DIR; at most one, else there is a URL */
	bool is_json;
	uint64_t available_bytes;
	double period_s;
	struct soak_options run;
};

static void print_usage(void)
{
	printf("usage: twinlens soak URL [--viewers N] [--duration TIME] [--interval TIME]\n"
	       "                     [--state DIR] [--json]\n"
	       "       twinlens soak --report DIR [--json]\n"
	       "       twinlens soak --judge FILE [--available SIZE] [--period TIME] [--json]\n\n"
	       "Holds viewers open for hours or days, and says whether the server leaks: LEAK,\n"
	       "STEPPED, UNDECIDED or NO LEAK, with the growth and its 99 %% interval; and "
	       "whether\n"
	       "frame rate, memory and processors kept to their bars. SIGUSR1 prints it at any\n"
	       "time. A run that was interrupted, killed or rebooted is continued by the same\n"
	       "command.\n\n"
	       "  URL               of a server, such as http://board:8081 or\n"
	       "                    ws://board:8081/ws/video\n"
	       "  --viewers N       default 4\n"
	       "  --duration TIME   default 24h\n"
	       "  --interval TIME   between two samples, 100ms at least; default 10s\n"
	       "  --state DIR       where samples and log are kept; default " SOAK_FOLDER_DEFAULT
	       "\n"
	       "  --report DIR      the verdict on what is there\n"
	       "  --judge FILE      the verdict on lines of time_s,bytes; further columns are\n"
	       "                    further series; - is standard input\n"
	       "  --available SIZE  how long a leak lasts is until these are gone; default 900M\n"
	       "  --period TIME     at which memory comes and goes, such as 10m\n"
	       "  --json            as JSON\n"
	       "  --help            this text\n\n"
	       "Exit status 0 for NO LEAK with every bar met, else 1.\n");
}

static int read_series(const char *path, struct series_file *ret_series, struct error *err)
{
	if (strcmp(path, "-") == 0) {
		return series_file_read(stdin, "standard input", ret_series, err);
	}
	_cleanup_file_ FILE *in = fopen(path, "re");
	if (!in) {
		return error_set(err, -errno, "%s: %s", path, error_name(-errno));
	}
	return series_file_read(in, path, ret_series, err);
}

static int judge(const struct options *options, const struct series_file *file)
{
	struct leak_series series[LEAK_SERIES_MAX];
	struct leak_limits limits[LEAK_SERIES_MAX];
	struct leak_result results[LEAK_SERIES_MAX];
	const struct series_point *points = file->points[0];
	double duration_s = points[file->n - 1].time_s - points[0].time_s;
	size_t index;

	for (size_t i = 0; i < file->n_series; i++) {
		limits[i] = leak_limits_memory(duration_s);
		series[i] = (struct leak_series){.points = file->points[i],
			.n = file->n,
			.period_s = options->period_s,
			.limits = limits[i]};
	}
	int r = leak_judge(series, file->n_series, SEED, results, &index);
	if (r < 0) {
		return soak_fail(options->is_json, EXIT_STATUS_FAILED, error_name(r));
	}
	const struct soak_judged verdict = {.series = file,
		.results = results,
		.limits = limits,
		.available_bytes = options->available_bytes};
	if (options->is_json) {
		r = soak_print_json(&verdict);
		if (r < 0) {
			log_error("soak: writing the verdict: %s", error_name(r));
			return EXIT_STATUS_FAILED;
		}
	} else {
		soak_print_text(&verdict);
	}
	bool is_level = leak_worst(results, file->n_series) == LEAK_VERDICT_NO_LEAK;
	return is_level ? EXIT_STATUS_DONE : EXIT_STATUS_FAILED;
}

static int judge_file(const struct options *options)
{
	_cleanup_series_file_ struct series_file series = {0};
	struct error err;

	if (read_series(options->judge, &series, &err) < 0) {
		return soak_fail(options->is_json, EXIT_STATUS_USAGE, err.text);
	}
	return judge(options, &series);
}

static int run(struct options *options, int argc, char **argv)
{
	struct error err;
	struct url url;
	int n_wanted = (options->judge || options->report) ? 0 : 1;

	options->run.is_json = options->is_json;
	if ((options->judge && options->report) || argc != n_wanted) {
		return soak_fail(options->is_json, EXIT_STATUS_USAGE,
			"soak: takes one of a URL, --report DIR and --judge FILE; see twinlens "
			"soak "
			"--help");
	}
	if (options->judge) {
		return judge_file(options);
	}
	if (options->report) {
		options->run.folder = options->report;
		return soak_report_verb(&options->run);
	}
	if (strlen(argv[0]) >= SOAK_URL_MAX || url_parse(argv[0], &url, &err) < 0) {
		error_set(&err, -EINVAL, "soak: %.100s: must be a URL such as http://board:8081",
			argv[0]);
		return soak_fail(options->is_json, EXIT_STATUS_USAGE, err.text);
	}
	snprintf(options->run.plan.url, sizeof(options->run.plan.url), "%s", argv[0]);
	return soak_run_verb(&options->run);
}

static int parse_time(const char *name, const char *text, uint64_t least_ns, uint64_t *ret_ns)
{
	uint64_t ns;

	if (parse_duration(text, &ns) < 0 || ns < least_ns) {
		log_error("soak: %s %s: must be a time of at least %g s, such as 10m or 7d", name,
			text, clock_to_seconds(least_ns));
		return -EINVAL;
	}
	*ret_ns = ns;
	return 0;
}

static int parse_viewers(const char *text, unsigned *ret_n)
{
	uint64_t n;

	if (parse_u64(text, 1, VIEWERS_MAX, &n) < 0) {
		log_error("soak: --viewers %s: must be a number from 1 to %d", text, VIEWERS_MAX);
		return -EINVAL;
	}
	*ret_n = (unsigned)n;
	return 0;
}

static int parse_option(int option, const char *text, struct options *options)
{
	struct soak_plan *plan = &options->run.plan;
	uint64_t period_ns;

	switch (option) {
	case 'f':
		options->judge = text;
		return 0;
	case 'r':
		options->report = text;
		return 0;
	case 's':
		options->run.folder = text;
		return 0;
	case 'v':
		return parse_viewers(text, &plan->viewers);
	case 'd':
		return parse_time("--duration", text, NSEC_PER_SEC, &plan->duration_ns);
	case 'i':
		return parse_time("--interval", text, NSEC_PER_SEC / 10, &plan->interval_ns);
	case 'a':
		if (parse_size(text, &options->available_bytes) < 0) {
			log_error("soak: --available %s: must be a size such as 900M", text);
			return -EINVAL;
		}
		return 0;
	case 'p':
		if (parse_time("--period", text, NSEC_PER_SEC, &period_ns) < 0) {
			return -EINVAL;
		}
		options->period_s = clock_to_seconds(period_ns);
		return 0;
	default:
		return -EINVAL; /* options_refuse has taken what is not in the table */
	}
}

int verb_run(int argc, char **argv)
{
	static const struct option table[] = {
		{"viewers", required_argument, NULL, 'v'},
		{"duration", required_argument, NULL, 'd'},
		{"interval", required_argument, NULL, 'i'},
		{"state", required_argument, NULL, 's'},
		{"report", required_argument, NULL, 'r'},
		{"judge", required_argument, NULL, 'f'},
		{"available", required_argument, NULL, 'a'},
		{"period", required_argument, NULL, 'p'},
		{"json", no_argument, NULL, 'j'},
		{"help", no_argument, NULL, 'h'},
		{NULL, 0, NULL, 0},
	};
	struct options options = {
		.available_bytes = AVAILABLE_DEFAULT,
		.run.plan = {.viewers = 4,
			.duration_ns = 24 * 3600 * NSEC_PER_SEC,
			.interval_ns = 10 * NSEC_PER_SEC},
	};
	int option;

	while ((option = getopt_long(argc, argv, ":h", table, NULL)) >= 0) {
		if (option == 'h') {
			print_usage();
			return EXIT_STATUS_DONE;
		}
		if (option == '?' || option == ':') {
			return options_refuse(option, argv);
		}
		if (option == 'j') {
			options.is_json = true;
		} else if (parse_option(option, optarg, &options) < 0) {
			return EXIT_STATUS_USAGE;
		}
	}
	return run(&options, argc - optind, argv + optind);
}
