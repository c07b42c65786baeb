#include "metrics/hgrm.h"

#include <inttypes.h>

#define TICKS_PER_HALF_DISTANCE 5 /* as HdrHistogram has by default */
#define PERCENT_LAST            99.9999

/* Five steps to half the distance to 100 %, five more to half of what is left, and so on. */
static double next_percent(double percent)
{
	double halves = 2;

	while (100 / halves >= 100 - percent) {
		halves *= 2;
	}
	return percent + 100 / (TICKS_PER_HALF_DISTANCE * halves);
}

void hgrm_write(FILE *file, const struct loglinear *histogram, uint64_t weight_unit)
{
	uint64_t total = histogram->total / weight_unit;
	double mean_ns, deviation_ns;

	fprintf(file, "%12s %14s %10s %14s\n\n", "Value", "Percentile", "TotalCount",
		"1/(1-Percentile)");
	for (double percent = 0; percent < PERCENT_LAST && total > 0;
		percent = next_percent(percent)) {
		double share = percent / 100;
		fprintf(file, "%12.3f %2.12f %10" PRIu64 " %14.2f\n",
			loglinear_quantile(histogram, share) / 1e6, share,
			(uint64_t)(share * (double)total), 1 / (1 - share));
	}
	fprintf(file, "%12.3f %2.12f %10" PRIu64 "\n", (double)histogram->max_ns / 1e6, 1.0, total);
	loglinear_moments(histogram, &mean_ns, &deviation_ns);
	fprintf(file, "#[Mean    = %12.3f, StdDeviation   = %12.3f]\n", mean_ns / 1e6,
		deviation_ns / 1e6);
	fprintf(file, "#[Max     = %12.3f, Total count    = %12" PRIu64 "]\n",
		(double)histogram->max_ns / 1e6, total);
	fprintf(file, "#[Buckets = %12u, SubBuckets     = %12u]\n", histogram->shape->octaves + 1,
		1u << histogram->shape->step_bits);
}
