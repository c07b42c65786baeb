#include "cli/accept/options.h"

#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "cli/options.h"
#include "util/clock.h"
#include "util/log.h"
#include "util/parse.h"

#define SECONDS_DEFAULT 60
#define SECONDS_MIN     10
#define SECONDS_MAX     3600 /* twinlens soak is for longer runs */
#define MEMORY_MIN      (UINT64_C(256) << 20)
#define URL_DEFAULT     "http://127.0.0.1:8081"
#define PLAIN                                                                                      \
	"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"                           \
	"-_./:=,+@%"

static void add_quoted(char *command, size_t size, const char *word)
{
	size_t used = strlen(command);
	bool is_plain = word[0] && word[strspn(word, PLAIN)] == '\0';

	if (used + 4 * strlen(word) + 4 > size) {
		return;
	}
	used += (size_t)sprintf(command + used, used ? " %s" : "%s", is_plain ? "" : "'");
	for (const char *c = word; *c; c++) {
		used += (size_t)sprintf(command + used, *c == '\'' ? "'\\''" : "%c", *c);
	}
	strcpy(command + used, is_plain ? "" : "'");
}

static int take_duration(struct accept_options *options, const char *text)
{
	uint64_t ns;

	if (parse_duration(text, &ns) < 0 || ns < SECONDS_MIN * NSEC_PER_SEC ||
		ns > SECONDS_MAX * NSEC_PER_SEC) {
		log_error(
			"accept: --duration %s: must be a time from 10s to 1h, such as 60s", text);
		return -EINVAL;
	}
	options->seconds = (unsigned)(ns / NSEC_PER_SEC);
	return 0;
}

static int take_path(char path[static PATH_MAX], const char *option, const char *text)
{
	if (text[0] == '\0' || strlen(text) > PATH_MAX - 64) {
		log_error("accept: %s %.64s: must be a path", option, text);
		return -EINVAL;
	}
	snprintf(path, PATH_MAX, "%s", text);
	return 0;
}

static int take_url(struct accept_options *options, const char *text)
{
	struct error err;

	if (url_parse(text, &options->url, &err) < 0) {
		log_error("accept: --url %s", err.text);
		return -EINVAL;
	}
	return 0;
}

static int take_stage(struct accept_options *options, const char *text)
{
	if (prove_stage_parse(text, &options->stage) < 0) {
		log_error("accept: --stage %s: must be baseline, simulated or hardware", text);
		return -EINVAL;
	}
	return 0;
}

static int take_memory(struct accept_options *options, const char *text)
{
	if (parse_size(text, &options->memory_bytes) < 0 || options->memory_bytes < MEMORY_MIN) {
		log_error(
			"accept: --memory %.40s: must be a size of 256M or more, such as 4G", text);
		return -EINVAL;
	}
	return 0;
}

static int take(struct accept_options *options, int option, const char *text)
{
	switch (option) {
	case 's':
		return take_stage(options, text);
	case 'd':
		return take_duration(options, text);
	case 'm':
		return take_memory(options, text);
	case 'o':
		return take_path(options->out, "--out", text);
	case 'b':
		options->is_baseline_given = true;
		return take_path(options->baseline, "--baseline", text);
	case 'u':
		return take_url(options, text);
	case 'k':
		options->soak = text;
		return 0;
	case 'c':
		options->config = text;
		return 0;
	case 'j':
		options->is_json = true;
		return 0;
	case 'h':
		return 1;
	default:
		return -EINVAL;
	}
}

/* Folders are made durably, which takes an absolute path. */
static int make_absolute(char path[static PATH_MAX])
{
	char folder[PATH_MAX], relative[PATH_MAX];

	if (path[0] == '/') {
		return 0;
	}
	strcpy(relative, path);
	if (!getcwd(folder, sizeof(folder)) ||
		(size_t)snprintf(path, PATH_MAX, "%s/%s", folder, relative) >= PATH_MAX - 64) {
		log_error("accept: --out %.64s: the path is too long", relative);
		return -EINVAL;
	}
	return 0;
}

static int fill_defaults(struct accept_options *options)
{
	if (options->memory_bytes > 0 && options->stage != PROVE_STAGE_SIMULATED) {
		log_error("accept: --memory: is for --stage simulated");
		return -EINVAL;
	}
	if (options->out[0] == '\0') {
		snprintf(options->out, sizeof(options->out), "twinlens-accept/%s",
			prove_stage_names[options->stage]);
	}
	if (make_absolute(options->out) < 0) {
		return -EINVAL;
	}
	if (!options->is_baseline_given) {
		snprintf(options->baseline, sizeof(options->baseline),
			"%.*s/../baseline/accept.json", PATH_MAX - 64, options->out);
	}
	return options->url.port[0] ? 0 : take_url(options, URL_DEFAULT);
}

int accept_options_parse(struct accept_options *ret_options, int argc, char **argv)
{
	static const struct option options[] = {
		{"stage", required_argument, NULL, 's'},
		{"memory", required_argument, NULL, 'm'},
		{"duration", required_argument, NULL, 'd'},
		{"out", required_argument, NULL, 'o'},
		{"baseline", required_argument, NULL, 'b'},
		{"soak", required_argument, NULL, 'k'},
		{"url", required_argument, NULL, 'u'},
		{"config", required_argument, NULL, 'c'},
		{"json", no_argument, NULL, 'j'},
		{"help", no_argument, NULL, 'h'},
		{NULL, 0, NULL, 0},
	};
	int option;

	*ret_options =
		(struct accept_options){.stage = PROVE_STAGE_HARDWARE, .seconds = SECONDS_DEFAULT};
	strcpy(ret_options->command, "twinlens accept");
	for (int i = 1; i < argc; i++) {
		add_quoted(ret_options->command, sizeof(ret_options->command), argv[i]);
	}
	while ((option = getopt_long(argc, argv, ":c:h", options, NULL)) >= 0) {
		if (option == '?' || option == ':') {
			options_refuse(option, argv);
			return -EINVAL;
		}
		int r = take(ret_options, option, optarg);
		if (r != 0) {
			return r;
		}
	}
	if (optind < argc) {
		log_error(
			"accept: %s: takes no arguments; see twinlens accept --help", argv[optind]);
		return -EINVAL;
	}
	return fill_defaults(ret_options);
}
