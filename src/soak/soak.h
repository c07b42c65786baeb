/*
 * A soak: viewers are held open for hours or days, the server and the machine are sampled, and what
 * was sampled is judged. One thread besides the sampler's.
 */
#ifndef SOAK_SOAK_H
#define SOAK_SOAK_H

#include "soak/state.h"
#include "soak/verdict.h"

enum soak_end {
	SOAK_END_DONE,        /* the whole duration */
	SOAK_END_INTERRUPTED, /* SIGINT or SIGTERM */
	SOAK_END_LEAK,        /* found at one of the times at which it is looked for */
	SOAK_END_NO_SERVER,   /* it did not answer for ten minutes */
};

struct soak_progress {
	double elapsed_s, duration_s;
	const struct soak_verdict *verdict; /* the latest; NULL before the first */
	const char *trouble;                /* why the server does not answer; "" when it does */
};

struct soak_observer {
	/* After each sample. */
	void (*on_progress)(void *data, const struct soak_progress *progress);
	/* On SIGUSR1: the verdict on what there is. */
	void (*on_verdict)(void *data, const struct soak_verdict *verdict);
	void *data;
};

/*
 * Runs or continues until state->plan's duration has passed since it began first. Blocks SIGINT,
 * SIGTERM and SIGUSR1 for this process. 0 with what ended it; a negative errno with err when it
 * could not begin or go on.
 */
int soak_run(struct soak_state *state, const struct soak_observer *observer, enum soak_end *ret_end,
	struct error *err);

/* Judges the samples of a run. 0 or a negative errno with err. */
int soak_judge_state(
	const struct soak_state *state, struct soak_verdict *ret_verdict, struct error *err);

#endif
