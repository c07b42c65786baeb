/* How long a series must be for a decision, and how long memory lasts. */
#ifndef STATS_HORIZON_H
#define STATS_HORIZON_H

#include <stddef.h>

/* Noise around a line, as seen in equally spaced values. */
struct noise {
	double sd;
	double autocorrelation; /* between neighbours, 0..0.95 */
};

/*
 * The noise of n >= 4 residuals of a line. Residuals of a short series look less autocorrelated
 * than the noise is, by about (2 + 4 r) / n, which is added: Kendall, "Note on bias in the
 * estimation of autocorrelation", Biometrika 41(3-4), 1954, for a mean; the terms here for a trend.
 */
struct noise noise_of_residuals(const double *residuals, size_t n);

/*
 * The standard error of a slope over span_h hours at this interval: 12 sd^2 f^2 / (n T^2), with
 * n = T / interval and, for a first-order process of autocorrelation r, f^2 = (1 + r) / (1 - r).
 */
double horizon_slope_error(struct noise noise, double interval_h, double span_h);

/* How many standard errors lie between the mean of a normal distribution and its upper tail. */
double horizon_normal_quantile(double tail);

/*
 * The hours that a series must span for an interval at 99 % that excludes a slope
 * distance_per_hour > 0 away, with a probability of 95 %: those after which z standard errors are
 * the distance, z = 2.576 + 1.645. T = (z sd f sqrt(12 interval) / distance)^(2/3); at an interval
 * of 1 min this is T = (1.9 sd f / distance)^(2/3).
 */
double horizon_needed_h(struct noise noise, double interval_h, double distance_per_hour);

/* The seconds in which growth takes what is available; INFINITY where nothing grows. */
double horizon_exhausted_s(double slope_per_hour, double available);

#endif
