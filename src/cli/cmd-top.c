/* twinlens top: memory, cameras, viewers and processes, live. */
#include "cli/verb.h"

#include <errno.h>
#include <getopt.h>
#include <locale.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "cli/options.h"
#include "top/screen.h"
#include "top/view.h"
#include "util/clock.h"
#include "util/log.h"
#include "util/parse.h"

#define URL_DEFAULT     "http://127.0.0.1:8081"
#define TABLE_COLUMNS   80
#define TABLE_ROWS      100
#define FIRST_SAMPLE_NS (250 * NSEC_PER_MSEC) /* differences need two samples */
#define INTERVAL_MIN_NS (100 * NSEC_PER_MSEC)

const char verb_name[] = "top";

struct session {
	struct model *model;
	struct view_options options;
	char host[64], time[32];
};

static void print_usage(void)
{
	printf("usage: twinlens top [--interval TIME] [--url URL]\n\n"
	       "Shows where the memory is, and what cameras, viewers and processes do, until q\n"
	       "is pressed. Where standard output is not a terminal: one table.\n\n"
	       "  --interval TIME   between two looks; default 1s\n"
	       "  --url URL         of the server; default " URL_DEFAULT "\n"
	       "  --help            this text\n");
}

static void update(void *data)
{
	struct session *session = data;

	model_update(session->model);
}

static void draw(void *data, struct canvas *canvas)
{
	struct session *session = data;
	time_t now = time(NULL);
	struct tm parts;

	localtime_r(&now, &parts);
	strftime(session->time, sizeof(session->time), "%F %T", &parts);
	view_draw(session->model, &session->options, canvas);
}

/* Without the lines that have nothing. */
static int print_table(struct session *session)
{
	static struct canvas canvas;
	const struct timespec pause = {.tv_nsec = (long)FIRST_SAMPLE_NS};

	update(session);
	nanosleep(&pause, NULL);
	update(session);
	canvas_init(&canvas, TABLE_ROWS, TABLE_COLUMNS);
	draw(session, &canvas);
	while (canvas.rows > 0 && canvas.cells[canvas.rows - 1][0].text[0] == '\0') {
		canvas.rows--;
	}
	if (canvas_write(&canvas, stdout) < 0) {
		log_error("top: writing the table failed");
		return EXIT_STATUS_FAILED;
	}
	return EXIT_STATUS_DONE;
}

static int run_screen(struct session *session, uint64_t interval_ns)
{
	const struct screen_source source = {draw, update, session};
	struct error err;

	int r = screen_run(&source, interval_ns, &err);
	if (r < 0) {
		log_error("%s", err.text);
		return r == -ENOTTY ? EXIT_STATUS_LACKING : EXIT_STATUS_FAILED;
	}
	return EXIT_STATUS_DONE;
}

static int run(const struct url *url, uint64_t interval_ns)
{
	struct session session = {
		.options = {.has_blocks = screen_has_blocks(),
			.interval_s = clock_to_seconds(interval_ns),
			.host = session.host,
			.time = session.time},
	};
	struct error err;

	session.model = malloc(sizeof(*session.model));
	if (!session.model) {
		log_error("top: %s", error_name(-ENOMEM));
		return EXIT_STATUS_FAILED;
	}
	if (gethostname(session.host, sizeof(session.host) - 1) < 0) {
		session.host[0] = '\0';
	}
	int status = EXIT_STATUS_LACKING;
	if (model_open(session.model, &sysroot_real, url, &err) < 0) {
		log_error("top: %s", err.text);
	} else {
		bool is_terminal = isatty(STDIN_FILENO) && isatty(STDOUT_FILENO);
		status = is_terminal ? run_screen(&session, interval_ns) : print_table(&session);
		model_close(session.model);
	}
	free(session.model);
	return status;
}

int verb_run(int argc, char **argv)
{
	static const struct option options[] = {
		{"interval", required_argument, NULL, 'i'},
		{"url", required_argument, NULL, 'u'},
		{"help", no_argument, NULL, 'h'},
		{NULL, 0, NULL, 0},
	};
	uint64_t interval_ns = NSEC_PER_SEC;
	const char *address = URL_DEFAULT;
	struct error err;
	struct url url;
	int option;

	setlocale(LC_ALL, "");
	while ((option = getopt_long(argc, argv, ":h", options, NULL)) >= 0) {
		switch (option) {
		case 'i':
			if (parse_duration(optarg, &interval_ns) < 0 ||
				interval_ns < INTERVAL_MIN_NS) {
				log_error("top: --interval %s: must be a time of at least 100ms, "
					  "such as 2s",
					optarg);
				return EXIT_STATUS_USAGE;
			}
			break;
		case 'u':
			address = optarg;
			break;
		case 'h':
			print_usage();
			return EXIT_STATUS_DONE;
		default:
			return options_refuse(option, argv);
		}
	}
	if (optind < argc) {
		log_error("top: %s: takes no arguments; see twinlens top --help", argv[optind]);
		return EXIT_STATUS_USAGE;
	}
	if (url_parse(address, &url, &err) < 0) {
		log_error("top: --url: %s", err.text);
		return EXIT_STATUS_USAGE;
	}
	return run(&url, interval_ns);
}
