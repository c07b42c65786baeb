/*
 * Finds level shifts: where a series jumps and stays. They explain a verdict to people.
 *
 * A shift is an outlier among the differences of neighbours that the medians before and after it
 * confirm. In autocorrelated noise the differences are nearly independent, so such noise does not
 * look like a shift, which it does to methods that compare means. Tsay, "Outliers, level shifts,
 * and variance changes in time series", Journal of Forecasting 7(1), 1988; the scale of differences
 * is their median absolute deviation: Hampel, "The influence curve and its role in robust
 * estimation", JASA 69(346), 1974.
 */
#ifndef STATS_CHANGE_POINT_H
#define STATS_CHANGE_POINT_H

#include <stddef.h>

#define CHANGE_POINTS_MAX   8
#define CHANGE_POINT_VALUES 64 /* the longest series */

struct change_point {
	size_t at;     /* the first value after the shift */
	double height; /* what it added; negative when it went down */
};

/*
 * Finds the shifts of at least least_height > 0 in n <= CHANGE_POINT_VALUES values, in the
 * order of time, at most CHANGE_POINTS_MAX. Returns how many; 0 where n < 12. Steps that come again
 * and again are a trend, and none is found.
 */
size_t change_point_find(const double *values, size_t n, double least_height,
	struct change_point ret_points[static CHANGE_POINTS_MAX]);

/* Takes the shifts out of the values. */
void change_point_remove(
	const struct change_point *points, size_t n_points, double *values, size_t n);

#endif
