/*
 * What was recorded: minimum, mean and maximum of each figure over a time. It reads JSON with
 * jansson, so it is linked by a program of its own, not by the recorder.
 */
#ifndef WATCH_HISTORY_HISTORY_H
#define WATCH_HISTORY_HISTORY_H

#include <stddef.h>
#include <stdint.h>

#include "util/error.h"

#define HISTORY_FIGURES_MAX 16384
#define HISTORY_FILES_MAX   100 /* rotated ones, as of keep in watch.conf(5) */

struct history_figure {
	char *name;
	uint64_t n; /* samples that have it */
	double min, sum, max, last;
};

/* Owns the names. Starts as {0}. */
struct history {
	struct history_figure *figures; /* in the order of the samples */
	size_t n_figures, n_allocated;
	size_t cursor; /* where the next figure of a sample is expected */
	uint64_t n_samples;
	uint64_t n_lost;  /* by gaps in the sequence numbers of one run */
	uint64_t n_lines; /* that are not samples, as of a power cut */
	uint64_t first_unix_ms, last_unix_ms, last_sequence;
};

void history_done(struct history *history);

/*
 * Adds a line of the file, if it is of since_unix_ms or later. A line that is not a sample is
 * counted. 0; -ENOMEM; -E2BIG for more figures than HISTORY_FIGURES_MAX.
 */
int history_add_line(
	struct history *history, const char *line, size_t size, uint64_t since_unix_ms);

/*
 * Adds path and what was rotated from it, the oldest first. 0; -ENOENT when there is no such file;
 * another negative errno. With err.
 */
int history_read(
	struct history *history, const char *path, uint64_t since_unix_ms, struct error *err);

/* For "%s": the mean of the samples that have it. */
double history_figure_mean(const struct history_figure *figure);

#endif
