#include "cli/tune/tune-session.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>

#include "cli/tune/tune-print.h"
#include "cli/verb.h"
#include "util/clock.h"
#include "util/log.h"

void tune_session_init(struct tune_session *session, const struct tune_options *options)
{
	*session = (struct tune_session){
		.options = options, .steps = json_array(), .begun_ns = clock_now_ns()};
}

void tune_session_done(struct tune_session *session)
{
	json_decref(session->steps);
}

static int status_of(int r)
{
	switch (r) {
	case -EACCES:
	case -EPERM:
	case -EROFS:
	case -EOPNOTSUPP:
		return EXIT_STATUS_LACKING;
	default:
		return EXIT_STATUS_FAILED;
	}
}

int tune_fail(int r, const struct error *err)
{
	log_error("tune: %s", err->text);
	return status_of(r);
}

int tune_fail_json(void)
{
	log_error("tune: writing the report failed");
	return EXIT_STATUS_FAILED;
}

void tune_on_step(void *data, const struct tune_step *step)
{
	struct tune_session *session = data;

	if (session->available_first == 0) {
		session->available_first = step->available_before;
	}
	session->available_last = step->available_after;
	session->waited_ns += step->waited_ns;
	if (session->options->is_json) {
		session->is_torn |=
			json_array_append_new(session->steps, tune_step_to_json(step)) < 0;
	} else {
		tune_print_step(step);
	}
}

void tune_hold_signals(void)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGHUP);
	sigprocmask(SIG_BLOCK, &set, NULL);
	signal(SIGPIPE, SIG_IGN); /* whoever reads the output may go */
}

bool tune_is_interrupted(void *data)
{
	sigset_t pending;

	(void)data;
	return sigpending(&pending) == 0 &&
	       (sigismember(&pending, SIGINT) || sigismember(&pending, SIGTERM) ||
		       sigismember(&pending, SIGHUP));
}

static int report_json(const struct tune_session *session, const char *key, size_t n)
{
	double seconds = clock_to_seconds(clock_now_ns() - session->begun_ns);

	return tune_print_json(json_pack("{s:O,s:I,s:I,s:I,s:f,s:f}", "steps", session->steps, key,
		(json_int_t)n, "available_before_bytes", (json_int_t)session->available_first,
		"available_after_bytes", (json_int_t)session->available_last, "seconds", seconds,
		"waited_seconds", clock_to_seconds(session->waited_ns)));
}

int tune_report(
	const struct tune_session *session, const char *key, const char *word, size_t n, int status)
{
	if (session->options->is_json) {
		int r = report_json(session, key, n);
		return r < 0 || session->is_torn ? tune_fail_json() : status;
	}
	printf("%zu change%s %s in %.1f s", n, n == 1 ? "" : "s", word,
		clock_to_seconds(clock_now_ns() - session->begun_ns));
	if (session->waited_ns > 0) {
		printf(", %.1f s of it for services to stop, or to start, and stay so",
			clock_to_seconds(session->waited_ns));
	}
	printf("\n");
	if (session->available_first > 0) {
		printf("available memory: %.0f MiB before, %.0f MiB after\n",
			(double)session->available_first / (1 << 20),
			(double)session->available_last / (1 << 20));
	}
	return status;
}
