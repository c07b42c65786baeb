/*
 * The Theil-Sen slope: the median of the slopes of all pairs of points. Up to 29 % of the points
 * may be arbitrarily wrong. Theil, "A rank-invariant method of linear and polynomial regression
 * analysis", Proc. Koninklijke Nederlandse Akademie van Wetenschappen 53, 1950; Sen, "Estimates of
 * the regression coefficient based on Kendall's tau", JASA 63(324), 1968.
 */
#ifndef STATS_SLOPE_H
#define STATS_SLOPE_H

#include <stddef.h>

/* How many pairs n points make. */
#define SLOPE_PAIRS(n) ((n) * ((n)-1) / 2)

/*
 * 1 / (x[j] - x[i]) of each pair i < j, for slope_theil_sen(): the times of a series stay the same
 * while it is resampled. x must ascend strictly; ret_reciprocals holds SLOPE_PAIRS(n).
 */
void slope_prepare(const double *x, size_t n, double *ret_reciprocals);

/* The slopes of all pairs i < j, in the order of slope_prepare(). */
void slope_of_pairs(const double *restrict reciprocals, const double *restrict y, size_t n,
	double *restrict ret_slopes);

/*
 * The slope of n >= 2 points, in units of y per unit of x. scratch holds SLOPE_PAIRS(n) and is
 * overwritten.
 */
double slope_theil_sen(const double *reciprocals, const double *y, size_t n, double *scratch);

#endif
