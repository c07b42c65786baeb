/*
 * Fewer points for a chart without losing a peak: of each column of pixels the first, the last, the
 * lowest and the highest value. A line through them looks the same as one through all points.
 * Jugel, Jerzak, Hackenbroich and Markl, "M4: A Visualization-Oriented Time Series Data
 * Aggregation", PVLDB 7(10), 2014.
 */
#ifndef REPORT_M4_H
#define REPORT_M4_H

#include <stddef.h>

/*
 * Writes the indices of the points to keep, ascending, to ret_kept, which holds 4 * n_columns; NAN
 * values are never kept. times ascend; columns divide begin..end evenly, and what is outside counts
 * in the first or the last one. n_columns > 0. Returns how many.
 */
size_t m4_reduce(const double *times, const double *values, size_t n, double begin, double end,
	size_t n_columns, size_t *ret_kept);

#endif
