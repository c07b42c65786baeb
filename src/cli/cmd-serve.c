#include "cli/verb.h"

#include <errno.h>
#include <getopt.h>
#include <signal.h>
#include <stdio.h>
#include <unistd.h>

#include "cli/options.h"
#include "serve/choice.h"
#include "serve/service.h"
#include "util/log.h"

#define OVERRIDES_MAX 64

static const char usage[] =
	"usage: twinlens serve [OPTION]...\n"
	"\n"
	"Streams the cameras to browsers, over WebSocket and multipart.\n"
	"\n"
	"  -c, --config FILE         read FILE instead of " CONFIG_DEFAULT_PATH "\n"
	"      --listen ADDR:PORT    default 127.0.0.1:8081; port 0 takes a free one\n"
	"      --camera NAME=SPEC    a camera; may be given again for another\n"
	"      --max-viewers N       default 4\n"
	"  -o, --option SECTION.KEY=VALUE\n"
	"                            any setting of the file\n"
	"      --help                this text\n"
	"\n"
	"SPEC is KIND[:TARGET][,key=value]...:\n"
	"  v4l2:/dev/video0,format=auto,size=640x480,fps=30,quality=80\n"
	"  synthetic,size=640x480,fps=30,format=yuyv\n"
	"  replay:PATH,fps=30\n"
	"\n"
	"With no camera: the first two usable V4L2 devices, or else two synthetic ones.\n"
	"SIGHUP reads the configuration again; SIGTERM and SIGINT end.\n";

static const struct option options[] = {
	{"config", required_argument, NULL, 'c'},
	{"listen", required_argument, NULL, 'l'},
	{"camera", required_argument, NULL, 'C'},
	{"max-viewers", required_argument, NULL, 'm'},
	{"option", required_argument, NULL, 'o'},
	{"help", no_argument, NULL, 'h'},
	{0},
};

struct arguments {
	const char *path;
	struct config_override overrides[OVERRIDES_MAX];
	size_t n_overrides;
	bool wants_help;
};

static int override_kind(int option)
{
	switch (option) {
	case 'l':
		return CONFIG_OVERRIDE_LISTEN;
	case 'C':
		return CONFIG_OVERRIDE_CAMERA;
	case 'm':
		return CONFIG_OVERRIDE_MAX_VIEWERS;
	case 'o':
		return CONFIG_OVERRIDE_OPTION;
	default:
		return -1;
	}
}

static int add_override(struct arguments *arguments, int kind, const char *text)
{
	if (arguments->n_overrides == OVERRIDES_MAX) {
		log_error("more than %d options", OVERRIDES_MAX);
		return -E2BIG;
	}
	struct config_override *override = &arguments->overrides[arguments->n_overrides++];
	override->kind = (unsigned)kind;
	override->text = text;
	return 0;
}

/* 0, or a negative errno; has told why. */
static int parse_arguments(int argc, char **argv, struct arguments *arguments)
{
	int option;

	while ((option = getopt_long(argc, argv, ":c:o:", options, NULL)) != -1) {
		int kind = override_kind(option);
		if (option == 'h') {
			arguments->wants_help = true;
		} else if (option == 'c') {
			arguments->path = optarg;
		} else if (kind < 0) {
			options_refuse(option, argv);
			return -EINVAL;
		} else if (add_override(arguments, kind, optarg) < 0) {
			return -E2BIG;
		}
	}
	if (optind < argc) {
		struct error err;
		error_set(&err, -EINVAL,
			"serve: unexpected argument \"%s\"; see twinlens serve --help",
			argv[optind]);
		log_error("%s", err.text);
		return -EINVAL;
	}
	return 0;
}

/* The threads of cameras inherit this; the server reads the signals from a descriptor. */
static void block_signals(void)
{
	sigset_t signals;

	sigemptyset(&signals);
	sigaddset(&signals, SIGTERM);
	sigaddset(&signals, SIGINT);
	sigaddset(&signals, SIGHUP);
	sigaddset(&signals, SIGPIPE);
	sigprocmask(SIG_BLOCK, &signals, NULL);
}

static int exit_status_of(int r)
{
	switch (r) {
	case -EINVAL:
		return EXIT_STATUS_USAGE;
	case -EACCES:
	case -EPERM:
	case -EMFILE:
	case -ENOMEM:
		return EXIT_STATUS_LACKING;
	default:
		return EXIT_STATUS_FAILED;
	}
}

static int run(const struct setup *setup, const struct setup_origin *origin)
{
	struct service *service;
	struct error err = {0};

	block_signals();
	int r = service_new(setup, origin, &service, &err);
	if (r < 0) {
		log_error("%s", err.text);
		return exit_status_of(r);
	}
	int status = EXIT_STATUS_DONE;
	r = service_run(service);
	if (r < 0) {
		log_error("the event loop failed: %s", error_name(r));
		status = EXIT_STATUS_FAILED;
	}
	if (!service_end(service)) {
		_exit(status); /* the kernel ends the thread that a driver holds */
	}
	return status;
}

const char verb_name[] = "serve";

int verb_run(int argc, char **argv)
{
	struct arguments arguments = {0};

	if (parse_arguments(argc, argv, &arguments) < 0) {
		return EXIT_STATUS_USAGE;
	}
	if (arguments.wants_help) {
		fputs(usage, stdout);
		return EXIT_STATUS_DONE;
	}
	const struct setup_origin origin = {.path = arguments.path,
		.overrides = arguments.overrides,
		.n_overrides = arguments.n_overrides};
	struct setup setup;
	struct error err = {0};
	int r = setup_load(&origin, NULL, &setup, &err);
	if (r < 0) {
		log_error("%s", err.text);
		return EXIT_STATUS_USAGE;
	}
	if (choice_check_cameras(&setup.config) < 0) {
		return EXIT_STATUS_LACKING;
	}
	return run(&setup, &origin);
}
