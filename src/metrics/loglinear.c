/*
 * A span covers thousands of buckets of a fine histogram. Only its two ends are added to the
 * weights of their buckets; those between are covered whole, and are counted as the differences
 * between neighbours, which become a sum when the histogram is read.
 */
#include "metrics/loglinear.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

const struct loglinear_shape loglinear_fine = {.unit_bits = 10, .step_bits = 9, .octaves = 23};

size_t loglinear_count(const struct loglinear_shape *shape)
{
	return (size_t)(shape->octaves + 1) << shape->step_bits;
}

/* Of the octave of a bucket: 0 for the linear ones and for the first octave, whose widths agree. */
static unsigned octave_of(const struct loglinear_shape *shape, size_t index)
{
	size_t octave = index >> shape->step_bits;

	return octave > 0 ? (unsigned)octave - 1 : 0;
}

static uint64_t width_of(const struct loglinear_shape *shape, size_t index)
{
	return UINT64_C(1) << (shape->unit_bits + octave_of(shape, index));
}

/* The smallest value of a bucket. */
static uint64_t low_of(const struct loglinear_shape *shape, size_t index)
{
	size_t steps = (size_t)1 << shape->step_bits;
	size_t within = index < steps ? index : steps + (index & (steps - 1));

	return (uint64_t)within * width_of(shape, index);
}

static size_t index_of(const struct loglinear_shape *shape, uint64_t value_ns)
{
	uint64_t units = value_ns >> shape->unit_bits;
	size_t last = loglinear_count(shape) - 1;

	if (units >> shape->step_bits == 0) {
		return (size_t)units;
	}
	unsigned octave = 63 - (unsigned)__builtin_clzll(units) - shape->step_bits;
	size_t index = ((size_t)octave << shape->step_bits) + (size_t)(units >> octave);
	return index < last ? index : last;
}

int loglinear_init(struct loglinear *histogram, const struct loglinear_shape *shape)
{
	struct loglinear_bucket *buckets = calloc(loglinear_count(shape), sizeof(*buckets));

	if (!buckets) {
		return -ENOMEM;
	}
	*histogram = (struct loglinear){.shape = shape, .buckets = buckets};
	return 0;
}

void loglinear_done(struct loglinear *histogram)
{
	if (histogram) {
		free(histogram->buckets);
		*histogram = (struct loglinear){0};
	}
}

void loglinear_clear(struct loglinear *histogram)
{
	size_t count = loglinear_count(histogram->shape);

	memset(histogram->buckets, 0, count * sizeof(histogram->buckets[0]));
	histogram->total = 0;
	histogram->max_ns = 0;
}

static void note_max(struct loglinear *histogram, uint64_t value_ns)
{
	if (value_ns > histogram->max_ns) {
		histogram->max_ns = value_ns;
	}
}

void loglinear_add(struct loglinear *histogram, uint64_t value_ns, uint64_t weight)
{
	histogram->buckets[index_of(histogram->shape, value_ns)].weight += weight;
	histogram->total += weight;
	note_max(histogram, value_ns);
}

void loglinear_add_span(struct loglinear *histogram, uint64_t low_ns, uint64_t high_ns)
{
	const struct loglinear_shape *shape = histogram->shape;
	struct loglinear_bucket *buckets = histogram->buckets;
	size_t first = index_of(shape, low_ns), last = index_of(shape, high_ns);

	assert(low_ns <= high_ns);
	histogram->total += high_ns - low_ns;
	note_max(histogram, high_ns);
	if (first == last) {
		buckets[first].weight += high_ns - low_ns;
		return;
	}
	buckets[first].weight += low_of(shape, first + 1) - low_ns;
	buckets[last].weight += high_ns - low_of(shape, last);
	buckets[first + 1].spans++;
	buckets[last].spans--;
}

void loglinear_merge(struct loglinear *histogram, const struct loglinear *other)
{
	size_t count = loglinear_count(histogram->shape);

	assert(histogram->shape == other->shape);
	for (size_t i = 0; i < count; i++) {
		histogram->buckets[i].weight += other->buckets[i].weight;
		histogram->buckets[i].spans += other->buckets[i].spans;
	}
	histogram->total += other->total;
	note_max(histogram, other->max_ns);
}

double loglinear_quantile(const struct loglinear *histogram, double share)
{
	const struct loglinear_shape *shape = histogram->shape;
	double wanted = share * (double)histogram->total, below = 0;
	double max = (double)histogram->max_ns;
	int64_t spans = 0;

	if (histogram->total == 0) {
		return 0;
	}
	for (size_t i = 0; i < loglinear_count(shape); i++) {
		uint64_t width = width_of(shape, i);
		spans += histogram->buckets[i].spans;
		double weight =
			(double)histogram->buckets[i].weight + (double)spans * (double)width;
		if (weight > 0 && below + weight >= wanted) {
			double value = (double)low_of(shape, i) +
				       (wanted - below) / weight * (double)width;
			return value < max ? value : max;
		}
		below += weight;
	}
	return max;
}

/* By Newton's method; libm is a library that nobody else here needs. */
static double square_root(double value)
{
	double root = value > 1 ? value : 1;

	if (!(value > 0)) {
		return 0;
	}
	/* From above it falls until it can fall no more. */
	for (;;) {
		double next = (root + value / root) / 2;
		if (next >= root) {
			return root;
		}
		root = next;
	}
}

void loglinear_moments(
	const struct loglinear *histogram, double *ret_mean_ns, double *ret_deviation_ns)
{
	const struct loglinear_shape *shape = histogram->shape;
	double sum = 0, squares = 0, total = (double)histogram->total;
	int64_t spans = 0;

	for (size_t i = 0; i < loglinear_count(shape); i++) {
		double width = (double)width_of(shape, i);
		double middle = (double)low_of(shape, i) + width / 2;
		spans += histogram->buckets[i].spans;
		double weight = (double)histogram->buckets[i].weight + (double)spans * width;
		sum += weight * middle;
		squares += weight * middle * middle;
	}
	double mean = total > 0 ? sum / total : 0;
	double variance = total > 0 ? squares / total - mean * mean : 0;
	*ret_mean_ns = mean;
	*ret_deviation_ns = square_root(variance);
}
