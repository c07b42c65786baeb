#include "metrics/exposition.h"

#include <inttypes.h>

#include "util/clock.h"

void exposition_begin(FILE *out, const char *name, const char *type, const char *help)
{
	fprintf(out, "# HELP %s %s\n# TYPE %s %s\n", name, help, name, type);
}

static void write_name(FILE *out, const char *name, const char *labels)
{
	if (labels) {
		fprintf(out, "%s{%s} ", name, labels);
	} else {
		fprintf(out, "%s ", name);
	}
}

void exposition_sample(FILE *out, const char *name, const char *labels, double value)
{
	write_name(out, name, labels);
	fprintf(out, "%.15g\n", value);
}

void exposition_count(FILE *out, const char *name, const char *labels, uint64_t value)
{
	write_name(out, name, labels);
	fprintf(out, "%" PRIu64 "\n", value);
}

/* The buckets are read one after the other while others count: the count is their sum, so they
 * agree. */
void exposition_histogram(
	FILE *out, const char *name, const char *labels, const struct histogram *histogram)
{
	uint64_t count = 0;

	for (size_t i = 0; i <= HISTOGRAM_BUCKETS; i++) {
		count += counter_get(&histogram->buckets[i]);
		fprintf(out, "%s_bucket{%s,le=\"", name, labels);
		if (i < HISTOGRAM_BUCKETS) {
			fprintf(out, "%.9g", (double)histogram_bounds_ns[i] / NSEC_PER_SEC);
		} else {
			fprintf(out, "+Inf");
		}
		fprintf(out, "\"} %" PRIu64 "\n", count);
	}
	fprintf(out, "%s_sum{%s} %.15g\n", name, labels,
		(double)counter_get(&histogram->sum_ns) / NSEC_PER_SEC);
	fprintf(out, "%s_count{%s} %" PRIu64 "\n", name, labels, count);
}
