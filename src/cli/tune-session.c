#include "cli/tune-session.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>

#include "cli/tune-print.h"
#include "cli/verbs.h"
#include "util/log.h"

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

int tune_report(const struct tune_session *session, const char *what, size_t n, int status)
{
	if (session->options->is_json) {
		int r = tune_print_json(
			json_pack("{s:O,s:I,s:I,s:I}", "steps", session->steps, what, (json_int_t)n,
				"available_before_bytes", (json_int_t)session->available_first,
				"available_after_bytes", (json_int_t)session->available_last));
		return r < 0 || session->is_torn ? tune_fail_json() : status;
	}
	if (session->available_first > 0) {
		printf("available memory: %.0f MiB before, %.0f MiB after\n",
			(double)session->available_first / (1 << 20),
			(double)session->available_last / (1 << 20));
	}
	return status;
}
