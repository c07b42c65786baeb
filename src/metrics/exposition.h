/* The Prometheus text format, version 0.0.4. */
#ifndef METRICS_EXPOSITION_H
#define METRICS_EXPOSITION_H

#include <stdio.h>

#include "metrics/counter.h"

/* The two comment lines before the samples of a metric. */
void exposition_begin(FILE *out, const char *name, const char *type, const char *help);

/*
 * One sample. labels: `camera="cam0",state="idle"` or NULL. Nothing is escaped: label values are
 * names of letters, digits, '-' and '_'.
 */
void exposition_sample(FILE *out, const char *name, const char *labels, double value);
void exposition_count(FILE *out, const char *name, const char *labels, uint64_t value);

/* All samples of a histogram of durations, in seconds. */
void exposition_histogram(
	FILE *out, const char *name, const char *labels, const struct histogram *histogram);

#endif
