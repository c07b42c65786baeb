/*
 * Series of memory in use with known truth, as a server could show them: noise of several kinds,
 * with or without a leak. Sampled every 10 s, in whole pages of 4 KiB.
 */
#ifndef STATS_NOISE_H
#define STATS_NOISE_H

#include <stddef.h>
#include <stdint.h>

#include "stats/windows.h"

enum noise_kind {
	NOISE_KIND_WHITE,
	NOISE_KIND_SLOW,
	NOISE_KIND_SLOWER,
	NOISE_KIND_SAWTOOTH,
	NOISE_KIND_STEP,
	NOISE_KIND_STEPS,
	NOISE_KIND_WARM_UP,
	NOISE_KIND_QUIET,
	NOISE_KIND_REVERSE,
	NOISE_KIND_PLATEAU,
	NOISE_KIND_FRAGMENTS,
	NOISE_KIND_STEPS_SLOW,
	NOISE_KIND_COUNT
};

#define NOISE_INTERVAL_S 10.0

const char *noise_title(enum noise_kind kind);

/* Fills n points. The same seed gives the same noise with any leak. */
void noise_fill(enum noise_kind kind, uint64_t seed, double leak_per_hour, size_t n,
	struct series_point *ret_points);

#endif
