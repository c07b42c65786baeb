/*
 * A log-linear histogram of durations, as HdrHistogram's: each power of two is split into the same
 * number of equal steps, so that the relative error is the same at 100 us and at 10 s. Memory is
 * fixed, adding is O(1). One thread.
 */
#ifndef METRICS_LOGLINEAR_H
#define METRICS_LOGLINEAR_H

#include <stddef.h>
#include <stdint.h>

struct loglinear_shape {
	unsigned unit_bits; /* the finest step is 2^unit_bits ns */
	unsigned step_bits; /* 2^step_bits steps in each power of two: error at most 2^-step_bits */
	unsigned octaves;   /* powers of two above the first 2^step_bits units, which are linear */
};

/* Steps of 1 us up to 0.5 ms, then 512 steps a power of two, up to 73 minutes: 192 KiB, of which
 * only the pages that are used cost memory. */
extern const struct loglinear_shape loglinear_fine;

struct loglinear_bucket {
	uint64_t weight;
	int64_t spans; /* spans that cover all of this bucket, less those of the bucket before */
};

struct loglinear {
	const struct loglinear_shape *shape;
	struct loglinear_bucket *buckets;
	uint64_t total;  /* of all weights */
	uint64_t max_ns; /* the largest value, exactly */
};

/* How many buckets a shape has. */
size_t loglinear_count(const struct loglinear_shape *shape);

/* 0 or -ENOMEM. The shape must outlive it. */
int loglinear_init(struct loglinear *histogram, const struct loglinear_shape *shape);

/* NULL and a zeroed one are allowed. */
void loglinear_done(struct loglinear *histogram);

/* Forgets what was added. */
void loglinear_clear(struct loglinear *histogram);

/* A value larger than the shape reaches counts in the last bucket. */
void loglinear_add(struct loglinear *histogram, uint64_t value_ns, uint64_t weight);

/*
 * Adds every value from low_ns to high_ns, each with the weight of the time it lasted: what a
 * quantity contributes that grows with the clock, such as the age of a picture on a screen. The
 * weights are nanoseconds, and add up to high_ns - low_ns exactly. low_ns <= high_ns.
 */
void loglinear_add_span(struct loglinear *histogram, uint64_t low_ns, uint64_t high_ns);

/* Adds all of another one of the same shape. */
void loglinear_merge(struct loglinear *histogram, const struct loglinear *other);

/*
 * The value below which this share (0 to 1) of the weight is, in ns; within a bucket the weight
 * counts as evenly spread. 0 when there is none; at most max_ns.
 */
double loglinear_quantile(const struct loglinear *histogram, double share);

/* Mean and standard deviation, in ns; both 0 when nothing was added. */
void loglinear_moments(
	const struct loglinear *histogram, double *ret_mean_ns, double *ret_deviation_ns);

#endif
