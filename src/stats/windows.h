/*
 * A long series as the minima of 50 to 60 windows, with the warm-up left out. Memory that is freed
 * again and again (a sawtooth, a viewer who comes and goes) does not raise a minimum, a leak does;
 * and the work that follows does not depend on the length of the run.
 */
#ifndef STATS_WINDOWS_H
#define STATS_WINDOWS_H

#include <stddef.h>

#define WINDOWS_MAX 60

struct series_point {
	double time_s; /* any origin; ascending */
	double value;
};

struct windows {
	double duration_s; /* of the whole series, the interval after its last point included */
	double warm_up_s;  /* left out: 10 min, or a tenth of the series up to 30 min */
	double window_s;   /* a 60th of the series, at least 1 min */
	size_t n;          /* windows that hold a point */
	double time_h[WINDOWS_MAX];  /* the middle of each, since the first point */
	double minimum[WINDOWS_MAX]; /* the smallest value in each */
};

/*
 * Fills ret_windows from n points. least_window_s: where the series has a period, such as the one
 * at which viewers come and go, a window must not be shorter; 0 where it has none. A window is
 * never shorter than the mean interval of points. An incomplete window at the end is left out.
 * 0, or -EINVAL: n < 2, or a time or value that is not finite, or times that do not ascend.
 */
int windows_init(const struct series_point *points, size_t n, double least_window_s,
	struct windows *ret_windows);

#endif
