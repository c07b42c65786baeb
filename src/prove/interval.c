#include "prove/interval.h"

#include <errno.h>
#include <math.h>

#include "stats/bootstrap.h"
#include "stats/quantile.h"
#include "util/cleanup.h"

#define REPLICATES 999
#define LEVEL      0.95
#define SEED       42 /* the same series has the same interval */

static double mean_of(const double *values, size_t n)
{
	double sum = 0;

	for (size_t i = 0; i < n; i++) {
		sum += values[i];
	}
	return sum / (double)n;
}

static size_t copy_known(const double *values, size_t n, double *ret_known)
{
	size_t n_known = 0;

	for (size_t i = 0; i < n; i++) {
		if (isfinite(values[i])) {
			ret_known[n_known++] = values[i];
		}
	}
	return n_known;
}

static void fill_means(const double *known, size_t n, double *drawn, double *ret_means)
{
	size_t block = (size_t)ceil(cbrt((double)n));
	struct prng prng;

	prng_init(&prng, SEED);
	for (size_t i = 0; i < REPLICATES; i++) {
		bootstrap_draw_blocks(&prng, known, n, block, drawn);
		ret_means[i] = mean_of(drawn, n);
	}
	quantile_sort(ret_means, REPLICATES);
}

int interval_of_mean(const double *values, size_t n, struct interval *ret_interval)
{
	_cleanup_free_ double *known = calloc(2 * n + 1, sizeof(*known));
	double means[REPLICATES];

	if (!known) {
		return -ENOMEM;
	}
	size_t n_known = copy_known(values, n, known);
	if (n_known < INTERVAL_VALUES_MIN) {
		return -ENODATA;
	}
	fill_means(known, n_known, known + n, means);
	*ret_interval = (struct interval){
		.n = n_known,
		.mean = mean_of(known, n_known),
		.low = quantile_of_replicates(means, REPLICATES, (1 - LEVEL) / 2),
		.high = quantile_of_replicates(means, REPLICATES, (1 + LEVEL) / 2),
	};
	return 0;
}

double interval_needed(const struct interval *interval, double bar)
{
	double half = (interval->high - interval->low) / 2;
	double distance = fabs(interval->mean - bar);

	return distance > 0 ? fmax(1, half * half / (distance * distance)) : INFINITY;
}
