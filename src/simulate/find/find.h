/*
 * Finds the least memory at which a server still serves: it runs with viewers on it, its limit is
 * lowered step by step, and for each step frame rate and age on screen are measured. What is found
 * is confirmed by a run that has no more than that from its start on.
 */
#ifndef SIMULATE_FIND_FIND_H
#define SIMULATE_FIND_FIND_H

#include <stdbool.h>
#include <stdint.h>

#include "util/error.h"

#define FIND_STEPS_MAX 160

enum find_outcome {
	FIND_OUTCOME_HELD,
	FIND_OUTCOME_FPS,   /* fewer frames than wanted */
	FIND_OUTCOME_AGE,   /* older pictures than wanted */
	FIND_OUTCOME_OOM,   /* the kernel killed one of its processes */
	FIND_OUTCOME_ENDED, /* the command ended */
	FIND_OUTCOME_LOST,  /* a viewer lost its connection, or got no picture within 30 s */
	FIND_OUTCOME_STUCK, /* in version 1 of cgroups: so little could not be set, it uses more */
	FIND_OUTCOME_COUNT,
};

/* For people: "too few frames". */
const char *find_outcome_text(enum find_outcome outcome);

struct find_step {
	enum find_outcome outcome;
	bool is_from_start; /* the command had no more than that from its start on */
	uint64_t memory_bytes;
	uint64_t current_bytes; /* what it used of them at the end */
	uint64_t shared_bytes;  /* what it mapped beside that: see shared.h */
	double fps;             /* as of audience_result */
	uint64_t age_ns;
};

struct find_settings {
	char *const *argv;
	bool is_quiet; /* see simulation.h */
	const char *url;
	unsigned n_viewers;
	double min_fps;      /* 0: 95 % of what there is without a limit */
	uint64_t max_age_ns; /* 0: 10 % and 10 ms over what there is without a limit */
	/* Called after each step. */
	void (*on_step)(const struct find_step *step, void *data);
	void *data;
};

struct find_report {
	double min_fps; /* as it was judged */
	uint64_t max_age_ns;
	uint64_t available_bytes; /* of the machine, before */
	uint64_t needed_bytes;    /* of its own, */
	uint64_t shared_bytes; /* and beside them what it maps of files that others were charged for
				*/
	struct find_step baseline; /* without a limit */
	struct find_step steps[FIND_STEPS_MAX];
	unsigned n_steps;
};

/*
 * 0; -ERANGE when it does not hold without a limit, or nothing could be confirmed; -EINTR when a
 * signal came; errors as of simulation_open. reterr_report is filled as far as it went.
 */
int find_run(
	const struct find_settings *settings, struct find_report *reterr_report, struct error *err);

#endif
