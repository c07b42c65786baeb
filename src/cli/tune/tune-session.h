/* What the verbs of `twinlens tune` share: what happened step by step, and how they end. */
#ifndef CLI_TUNE_TUNE_SESSION_H
#define CLI_TUNE_TUNE_SESSION_H

#include <jansson.h>

#include "cli/tune/tune-run.h"
#include "tune/tune.h"
#include "util/error.h"

struct tune_session {
	const struct tune_options *options;
	json_t *steps; /* with --json */
	bool is_torn;  /* one had no place in it */
	uint64_t available_first, available_last;
	uint64_t begun_ns, waited_ns;
};

/* Time counts from here on. */
void tune_session_init(struct tune_session *session, const struct tune_options *options);
void tune_session_done(struct tune_session *session);

/* Tells err; the exit status of r. */
int tune_fail(int r, const struct error *err);

/* Tells that the output could not be written. */
int tune_fail_json(void);

/* A step is never cut short by a signal: they wait until it is done. */
void tune_hold_signals(void);

/* Of struct tune_observer; data is the session. */
void tune_on_step(void *data, const struct tune_step *step);
bool tune_is_interrupted(void *data);

/* The end of a run that made steps: with --json all that is told. n: of changes; key is the name of
 * that number in the JSON, word what was done to them. Returns status, or that of tune_fail_json.
 */
int tune_report(const struct tune_session *session, const char *key, const char *word, size_t n,
	int status);

#endif
