#include "cli/soak/soak-run.h"

#include <errno.h>
#include <limits.h>
#include <math.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "cli/soak/soak-report.h"
#include "cli/verb.h"
#include "soak/soak.h"
#include "util/error.h"
#include "util/json.h"
#include "util/log.h"

struct session {
	const struct soak_options *options;
	const struct soak_state *state;
	bool is_terminal;
	size_t width; /* of the line that stands there */
};

int soak_fail(bool is_json, int status, const char *text)
{
	if (is_json) {
		_cleanup_json_ json_t *root = json_pack("{s:s}", "error", text);
		if (root && json_dumpf(root, stdout, JSON_INDENT(2)) == 0) {
			printf("\n");
			return status;
		}
	}
	log_error("%s", text);
	return status;
}

/* The state outlives the folder that the shell is in. */
static int make_absolute(const char *folder, char path[PATH_MAX])
{
	char here[PATH_MAX] = "";

	if (folder[0] != '/' && !getcwd(here, sizeof(here))) {
		return -errno;
	}
	int length = snprintf(path, PATH_MAX, "%s%s%s", here, here[0] ? "/" : "", folder);
	return length >= PATH_MAX ? -ENAMETOOLONG : 0;
}

static void format_time(char *text, size_t size, double seconds)
{
	unsigned long s = seconds > 0 ? (unsigned long)seconds : 0;

	if (s >= 86400) {
		snprintf(text, size, "%lud %02lu:%02lu", s / 86400, s / 3600 % 24, s / 60 % 60);
	} else {
		snprintf(text, size, "%02lu:%02lu:%02lu", s / 3600, s / 60 % 60, s % 60);
	}
}

/* "LEAK, heap 100 KiB/h (90 to 110)", or how much longer it takes. */
static void format_verdict(const struct soak_verdict *verdict, char *text, size_t size)
{
	const struct soak_trend *worst = verdict ? soak_verdict_worst(verdict) : NULL;

	if (!worst) {
		snprintf(text, size, "no verdict yet");
	} else if (!worst->leak.has_slope) {
		snprintf(text, size, "%s", leak_verdict_name(verdict->leak));
	} else {
		bool is_bytes = strcmp(soak_figures[worst->figure].unit, "bytes") == 0;
		double scale = is_bytes ? 1024 : 1;
		snprintf(text, size, "%s, %s %+.1f%s/h (%+.1f to %+.1f)",
			leak_verdict_name(verdict->leak), soak_figures[worst->figure].name,
			worst->leak.slope_per_hour / scale, is_bytes ? " KiB" : "",
			worst->leak.low_per_hour / scale, worst->leak.high_per_hour / scale);
	}
}

/* One line that is written over, on a terminal only. */
static void on_progress(void *data, const struct soak_progress *progress)
{
	struct session *session = data;
	char elapsed[32], left[32], verdict[160], line[320];

	if (!session->is_terminal) {
		return;
	}
	format_time(elapsed, sizeof(elapsed), progress->elapsed_s);
	format_time(left, sizeof(left), progress->duration_s - progress->elapsed_s);
	format_verdict(progress->verdict, verdict, sizeof(verdict));
	int length = snprintf(line, sizeof(line), "%s, %s to go: %s", elapsed, left,
		progress->trouble[0] ? progress->trouble : verdict);
	size_t width =
		length > 0 && (size_t)length < sizeof(line) ? (size_t)length : sizeof(line) - 1;
	fprintf(stderr, "\r%s%*s", line, (int)(session->width > width ? session->width - width : 0),
		"");
	session->width = width;
}

static void end_line(struct session *session)
{
	if (session->width > 0) {
		fputc('\n', stderr);
		session->width = 0;
	}
}

static void on_verdict(void *data, const struct soak_verdict *verdict)
{
	struct session *session = data;

	end_line(session);
	soak_report_text(session->state, verdict, stderr);
}

static int print_report(const struct soak_options *options, const struct soak_state *state,
	const struct soak_verdict *verdict, const char *end)
{
	int r = 0;

	if (options->is_json) {
		r = soak_report_json(state, verdict, end);
	} else {
		soak_report_text(state, verdict, stdout);
	}
	if (r < 0) {
		return soak_fail(
			options->is_json, EXIT_STATUS_FAILED, "soak: writing the report failed");
	}
	return soak_verdict_is_good(verdict) ? EXIT_STATUS_DONE : EXIT_STATUS_FAILED;
}

static const char *name_of(enum soak_end end)
{
	switch (end) {
	case SOAK_END_DONE:
		return "done";
	case SOAK_END_INTERRUPTED:
		return "interrupted";
	case SOAK_END_LEAK:
		return "leak";
	default:
		return "no server";
	}
}

static int open_state(
	const struct soak_options *options, struct soak_state *state, struct error *err)
{
	char folder[PATH_MAX];

	int r = make_absolute(options->folder ? options->folder : SOAK_FOLDER_DEFAULT, folder);
	if (r < 0) {
		return error_set(err, r, "soak: --state: %s", error_name(r));
	}
	return soak_state_open(state, folder, &options->plan, err);
}

int soak_run_verb(const struct soak_options *options)
{
	struct session session = {.options = options, .is_terminal = isatty(STDERR_FILENO)};
	const struct soak_observer observer = {on_progress, on_verdict, &session};
	struct soak_verdict verdict;
	struct soak_state state;
	struct error err;
	enum soak_end end;

	session.state = &state;
	int r = open_state(options, &state, &err);
	if (r < 0) {
		return soak_fail(options->is_json,
			r == -EEXIST ? EXIT_STATUS_USAGE : EXIT_STATUS_FAILED, err.text);
	}
	log_info("%s in %s; the samples stay there", state.is_continued ? "continued" : "begun",
		state.folder);
	r = soak_run(&state, &observer, &end, &err);
	end_line(&session);
	if (r < 0) {
		return soak_fail(options->is_json, EXIT_STATUS_FAILED, err.text);
	}
	if (soak_judge_state(&state, &verdict, &err) < 0) {
		return soak_fail(options->is_json, EXIT_STATUS_FAILED, err.text);
	}
	if (end == SOAK_END_NO_SERVER) {
		log_error("soak: %s: the server has not answered for ten minutes", state.plan.url);
	}
	int status = print_report(options, &state, &verdict, name_of(end));
	return end == SOAK_END_NO_SERVER ? EXIT_STATUS_FAILED : status;
}

int soak_report_verb(const struct soak_options *options)
{
	struct soak_verdict verdict;
	struct soak_state state;
	char folder[PATH_MAX];
	struct error err;

	int r = make_absolute(options->folder, folder);
	if (r < 0) {
		return soak_fail(options->is_json, EXIT_STATUS_USAGE,
			"soak: --report: the path is too long");
	}
	if (soak_state_read(&state, folder, &err) < 0 ||
		soak_judge_state(&state, &verdict, &err) < 0) {
		return soak_fail(options->is_json, EXIT_STATUS_USAGE, err.text);
	}
	return print_report(options, &state, &verdict, NULL);
}
