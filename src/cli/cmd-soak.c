/* twinlens soak: whether memory leaks. */
#include "cli/verb.h"

#include <errno.h>
#include <getopt.h>
#include <jansson.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "cli/soak-print.h"
#include "prove/series-file.h"
#include "util/cleanup.h"
#include "util/clock.h"
#include "util/error.h"
#include "util/json.h"
#include "util/log.h"
#include "util/parse.h"

#define AVAILABLE_DEFAULT (UINT64_C(900) << 20)        /* the margin that a 4 GB board is to keep */
#define SEED              UINT64_C(0x7477696e6c656e73) /* any; the same series, the same verdict */

const char verb_name[] = "soak";

struct options {
	const char *file;
	bool is_json;
	uint64_t available_bytes;
	double period_s;
};

static void print_usage(void)
{
	printf("usage: twinlens soak --judge FILE [--available SIZE] [--period TIME] [--json]\n\n"
	       "Says whether recorded memory leaks: LEAK, STEPPED, UNDECIDED or NO LEAK, with\n"
	       "the growth a day and its 99 %% interval.\n\n"
	       "  --judge FILE      lines of time_s,bytes; further columns are further series; -\n"
	       "                    is standard input\n"
	       "  --available SIZE  how long a leak lasts is until these are gone; default 900M\n"
	       "  --period TIME     at which memory comes and goes, such as 10m\n"
	       "  --json            as JSON\n"
	       "  --help            this text\n\n"
	       "Exit status 0 for NO LEAK, 1 for every other verdict.\n");
}

/* Fails the way that was asked for: in one line, or as the one document on stdout. */
static int fail(const struct options *options, int status, const char *text)
{
	if (options->is_json) {
		_cleanup_json_ json_t *root = json_pack("{s:s}", "error", text);
		if (root && json_dumpf(root, stdout, JSON_INDENT(2)) == 0) {
			printf("\n");
			return status;
		}
	}
	log_error("%s", text);
	return status;
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
		return fail(options, EXIT_STATUS_FAILED, error_name(r));
	}
	const struct soak_verdict verdict = {.series = file,
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

static int run(const struct options *options)
{
	_cleanup_series_file_ struct series_file series = {0};
	struct error err;

	if (!options->file) {
		return fail(options, EXIT_STATUS_USAGE,
			"soak: nothing to judge: give --judge FILE; see twinlens soak --help");
	}
	if (read_series(options->file, &series, &err) < 0) {
		return fail(options, EXIT_STATUS_USAGE, err.text);
	}
	return judge(options, &series);
}

static int parse_option(int option, const char *text, struct options *options)
{
	uint64_t period_ns;

	switch (option) {
	case 'f':
		options->file = text;
		return 0;
	case 'a':
		if (parse_size(text, &options->available_bytes) < 0) {
			log_error("soak: --available %s: must be a size such as 900M", text);
			return -EINVAL;
		}
		return 0;
	case 'p':
		if (parse_duration(text, &period_ns) < 0) {
			log_error("soak: --period %s: must be a time such as 10m", text);
			return -EINVAL;
		}
		options->period_s = clock_to_seconds(period_ns);
		return 0;
	default:
		return -EINVAL; /* getopt_long(3) has said why */
	}
}

int verb_run(int argc, char **argv)
{
	static const struct option table[] = {
		{"judge", required_argument, NULL, 'f'},
		{"available", required_argument, NULL, 'a'},
		{"period", required_argument, NULL, 'p'},
		{"json", no_argument, NULL, 'j'},
		{"help", no_argument, NULL, 'h'},
		{NULL, 0, NULL, 0},
	};
	struct options options = {.available_bytes = AVAILABLE_DEFAULT};
	int option;

	while ((option = getopt_long(argc, argv, "h", table, NULL)) >= 0) {
		if (option == 'h') {
			print_usage();
			return EXIT_STATUS_DONE;
		}
		if (option == 'j') {
			options.is_json = true;
		} else if (parse_option(option, optarg, &options) < 0) {
			return EXIT_STATUS_USAGE;
		}
	}
	if (optind < argc) {
		log_error("soak: %s: takes no arguments; see twinlens soak --help", argv[optind]);
		return EXIT_STATUS_USAGE;
	}
	return run(&options);
}
