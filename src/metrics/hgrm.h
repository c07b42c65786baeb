/* The percentile distribution of HdrHistogram (.hgrm), which its plotter and others read. */
#ifndef METRICS_HGRM_H
#define METRICS_HGRM_H

#include <stdio.h>

#include "metrics/loglinear.h"

/*
 * Values in ms; the counts are the weights divided by weight_unit, such as NSEC_PER_MSEC for a
 * histogram of spans. Whether all could be written is for the caller to find out of the file.
 */
void hgrm_write(FILE *file, const struct loglinear *histogram, uint64_t weight_unit);

#endif
