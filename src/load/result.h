/* What was measured, in the figures that are reported. */
#ifndef LOAD_RESULT_H
#define LOAD_RESULT_H

#include <stdbool.h>
#include <stdint.h>

#include "load/run.h"

#define LOAD_PROBLEMS_MAX 8

/* Of a camera: at one viewer, or the sums and the worst of all viewers. */
struct load_figures {
	unsigned n_viewers;
	uint64_t frames, skipped, skipped_by_server, broken, disordered, bytes, freezes, frozen_ns;
	uint64_t gap_max_ns;
	double fps_min, jitter_max_ns;
	struct ages *ages; /* NULL when there are none; owned by the run */
};

struct load_result {
	const struct load_run *run;
	double seconds, cpu_percent;
	uint64_t memory_bytes; /* that only this process has */
	struct load_figures
		cameras[VIEWER_CAMERAS_MAX]; /* of those that no viewer saw n_viewers is 0 */
	unsigned n_strangers; /* pictures of cameras with an index that is too high */
	bool is_valid;        /* the viewers were read in time, so the figures are the server's */
	/* Why the exit status is not 0, one line each. */
	char problems[LOAD_PROBLEMS_MAX][256];
	unsigned n_problems;
};

/* run must outlive it. */
void load_result_init(struct load_result *result, struct load_run *run);

/* Of one connection's camera; n_viewers is 0 when it does not see it. */
void load_figures_of(struct load_figures *ret_figures, const struct load_result *result,
	const struct viewer *viewer, unsigned camera);

/* Writes the age on screen, of all cameras, as the options say. 0 or a negative errno. */
int load_result_write_hgrm(const struct load_result *result, const char *path);

#endif
