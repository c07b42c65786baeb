/*
 * Whether a series of figures that should stay level grows: a verdict with an interval.
 *
 *   LEAK       the slope is certainly above the least effect, and each third of the time shows it
 *   STEPPED    it rose, but not steadily: in steps, or in a part of the time only
 *   NO LEAK    the slope is certainly below the bound: a claim, not a missing LEAK
 *   UNDECIDED  none of these is certain; how much longer it takes is said
 *
 * The method. The warm-up is left out, and of the rest the minima of 50 to 60 windows are taken
 * (windows.h). Their slope is Theil-Sen's (slope.h), its interval that of a moving-block bootstrap
 * of the residuals (bootstrap.h), at the level of the look (looks.h). The Mann-Kendall test, which
 * is often used instead, cries leak at any trend and any autocorrelation: Machida, Andrzejak,
 * Matias and Vicente, "On the effectiveness of Mann-Kendall test for detection of software aging",
 * ISSRE Workshops 2013.
 *
 * Steps (change-point.h) are taken out first: what was allocated once is no leak, and a step in the
 * middle of an hour hides a leak from the interval. Only steps up, which can but lower the slope;
 * without its steps down, a sawtooth would be a leak. Where there are more than LEAK_STEPS_MAX, the
 * series grows by steps, and they stay.
 *
 * The interval that is reported is the wider one of that and of the standard error of a slope in
 * autocorrelated noise (horizon.h): five blocks do not show how slow noise is, and an interval of
 * the bootstrap alone at 99 % misses the slope in 15 to 30 of 100 hours of slow noise. LEAK and
 * STEPPED go by the bootstrap, with the thirds as the safeguard: to the standard error, what is not
 * a line, such as the end of a warm-up, is noise, and it would hide the leak after it.
 *
 * LEAK: the interval is above the least effect. This alone is not enough: what is not a line makes
 * a slope that is far from chance, and slow swings of noise look like a line more often than any
 * level says. So each third of the time must by itself rise by more than the least effect, and by
 * more than half of the slope. Where noise is slow, the slope of a third varies by a quarter of a
 * real leak and more, and one in 16 such leaks would be lost in 4 h; so a third is only below half
 * of the slope when it is by more than 1.5 standard errors of its own (horizon.h).
 *
 * STEPPED: the steps make up a rise that it has not lost again, and what is left is below the least
 * effect; or the interval is
 * above the least effect, but one third of the time was below half of the slope by more than two
 * of its standard errors.
 *
 * NO LEAK: the reported interval is below the bound, and the series is as long as such noise takes
 * (horizon_needed_h() with the distance to the bound). By the bootstrap alone, one in six hours of
 * slow noise with a leak of just the bound would be NO LEAK.
 *
 * How often this errs, and what it cannot see, is in docs/evidence.md.
 *
 * Pure: the result depends on the arguments only. Any thread.
 */
#ifndef STATS_LEAK_H
#define STATS_LEAK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "stats/change-point.h"
#include "stats/windows.h"

#define LEAK_SERIES_MAX  16
#define LEAK_WINDOWS_MIN 24 /* with fewer there is no interval */
#define LEAK_THIRDS      3
#define LEAK_STEPS_MAX   4

enum leak_verdict {
	LEAK_VERDICT_NO_LEAK,
	LEAK_VERDICT_UNDECIDED,
	LEAK_VERDICT_STEPPED,
	LEAK_VERDICT_LEAK, /* the worst is the largest */
	LEAK_VERDICT_COUNT
};

/* What counts, in the unit of the series. */
struct leak_limits {
	double least_per_hour; /* LEAK is certainly above this */
	double bound_per_hour; /* NO LEAK is certainly below this; > least_per_hour */
	double least_step;     /* a jump of less is not a step; > 0 */
};

struct leak_series {
	/* Of one run of one process: a restart begins a new series. */
	const struct series_point *points;
	size_t n;
	double period_s; /* at which viewers come and go or files are rotated; 0 for none */
	struct leak_limits limits;
};

struct leak_result {
	enum leak_verdict verdict;
	struct windows windows;
	bool has_slope;        /* else all below is 0, but for needed_s */
	double slope_per_hour; /* with the steps taken out */
	/* The interval; that of a LEAK does not begin below its least effect. */
	double low_per_hour, high_per_hour;
	double drawn_low_per_hour, drawn_high_per_hour; /* that of the bootstrap alone */
	double tail; /* the probability beyond each end: that of the look, split over all series */
	double third_per_hour[LEAK_THIRDS];
	struct change_point steps[LEAK_STEPS_MAX]; /* that were taken out; at: index of a window */
	size_t n_steps;
	double needed_s; /* UNDECIDED: how much longer, to the next look that is likely to decide */
};

/*
 * For memory in bytes: 100 KiB an hour is 876 MB in a year, about what a 4 GB board has to spare.
 * The least effect is 30 KiB an hour, after 4 h 20 KiB; smaller steps than 32 KiB do not matter.
 */
struct leak_limits leak_limits_memory(double duration_s);

/* "LEAK", "NO LEAK", ... */
const char *leak_verdict_name(enum leak_verdict verdict);

/*
 * Judges 1..LEAK_SERIES_MAX series together. The level is split over them by Holm's procedure: "A
 * simple sequentially rejective multiple test procedure", Scandinavian Journal of Statistics 6(2),
 * 1979: every interval is at level / n; where that shows a leak, the rest shares the level.
 * ret_results holds n. Allocates some KiB, and frees them. One series takes 999 replicates or about
 * 2 ms; 16 of them after 7 days 51,199 each.
 * 0, -ENOMEM, or -EINVAL: a series that windows_init() refuses, whose index is *reterr_index.
 */
int leak_judge(const struct leak_series *series, size_t n, uint64_t seed,
	struct leak_result *ret_results, size_t *reterr_index);

/* The verdict on all series: the worst one. */
enum leak_verdict leak_worst(const struct leak_result *results, size_t n);

#endif
