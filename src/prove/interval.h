/* The mean of a series with its 95 % interval, for verdicts against a bar. Pure. */
#ifndef PROVE_INTERVAL_H
#define PROVE_INTERVAL_H

#include <stddef.h>

#define INTERVAL_VALUES_MIN 10

struct interval {
	size_t n;
	double mean, low, high;
};

/*
 * Moving-block bootstrap of the mean with blocks of about the cube root of n (Kuensch 1989, see
 * stats/bootstrap.h): figures of consecutive seconds are not independent. NAN values are left out.
 * 0; -ENODATA with fewer than INTERVAL_VALUES_MIN values; -ENOMEM.
 */
int interval_of_mean(const double *values, size_t n, struct interval *ret_interval);

/*
 * How many times as long the series must be for its interval to be off the bar, about: its width
 * goes with the root of the length. At least 1.
 */
double interval_needed(const struct interval *interval, double bar);

#endif
