/* Order statistics. Values must not be NaN. */
#ifndef STATS_QUANTILE_H
#define STATS_QUANTILE_H

#include <stddef.h>

/*
 * The median; the mean of the two middle values when n is even. n > 0. Overwrites the values.
 * Two pivots from a sorted sample narrow the range around the middle, as in Floyd and Rivest,
 * "Expected time bounds for selection", Communications of the ACM 18(3), 1975; about 2 n
 * comparisons, none of them a branch that the processor has to guess.
 */
double quantile_median(double *values, size_t n);

/* Ascending. */
void quantile_sort(double *values, size_t n);

/*
 * The quantile p, 0 <= p <= 1, of n > 0 ascending values: type 7 of Hyndman and Fan, "Sample
 * quantiles in statistical packages", The American Statistician 50(4), 1996, which is also what
 * NumPy and R do by default.
 */
double quantile_of_sorted(const double *sorted, size_t n, double p);

/*
 * The quantile p of n > 0 ascending bootstrap replicates: rank (n + 1) p, interpolated, at least 1
 * and at most n (type 6 of Hyndman and Fan). Davison and Hinkley, "Bootstrap Methods and their
 * Application", Cambridge 1997, equation 5.8.
 */
double quantile_of_replicates(const double *sorted, size_t n, double p);

#endif
