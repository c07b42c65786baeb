#include "stats/equivalence.h"

#include <errno.h>
#include <math.h>
#include <stdbool.h>

#include "stats/prng.h"
#include "stats/quantile.h"
#include "util/cleanup.h"

#define REPLICATES 999
#define TAIL       0.025
#define NEEDED_MAX 1e6

static bool is_side(const struct equivalence_side *side)
{
	double weight = 0;

	if (side->n < EQUIVALENCE_BLOCKS_MIN || side->n > EQUIVALENCE_BLOCKS_MAX) {
		return false;
	}
	for (size_t i = 0; i < side->n; i++) {
		const struct equivalence_block *block = &side->blocks[i];
		if (!isfinite(block->sum) || !isfinite(block->weight) || block->sum < 0 ||
			block->weight < 0) {
			return false;
		}
		weight += block->weight;
	}
	return weight > 0;
}

static double mean_of(const struct equivalence_side *side)
{
	double sum = 0, weight = 0;

	for (size_t i = 0; i < side->n; i++) {
		sum += side->blocks[i].sum;
		weight += side->blocks[i].weight;
	}
	return sum / weight;
}

/* The mean of as many blocks, drawn with replacement; again where none of them has a value. */
static double draw_mean(struct prng *prng, const struct equivalence_side *side)
{
	double sum = 0, weight = 0;

	do {
		for (size_t i = 0; i < side->n; i++) {
			uint32_t drawn = prng_below(prng, (uint32_t)side->n);
			sum += side->blocks[drawn].sum;
			weight += side->blocks[drawn].weight;
		}
	} while (weight <= 0);
	return sum / weight;
}

static enum equivalence_verdict conclude(
	const struct equivalence_bar *bar, const struct equivalence_result *result)
{
	if (result->high <= bar->ratio_max || result->difference_high <= bar->floor) {
		return EQUIVALENCE_VERDICT_PASS;
	}
	if (result->low > bar->ratio_max && result->difference_low > bar->floor) {
		return EQUIVALENCE_VERDICT_FAIL;
	}
	return EQUIVALENCE_VERDICT_UNDECIDED;
}

/* An interval narrows with the square root of the time: until it ends at the bar. */
static double estimate_needed(double low, double value, double high, double bar)
{
	double distance = fabs(bar - value), width = value < bar ? high - value : value - low;

	if (distance <= 0) {
		return NEEDED_MAX;
	}
	return fmin(fmax(width / distance * (width / distance), 1), NEEDED_MAX);
}

int equivalence_judge(const struct equivalence_side *baseline,
	const struct equivalence_side *candidate, const struct equivalence_bar *bar, uint64_t seed,
	struct equivalence_result *ret_result)
{
	if (!is_side(baseline) || !is_side(candidate) || mean_of(baseline) <= 0) {
		return -EINVAL;
	}
	_cleanup_free_ double *ratios = calloc(2 * REPLICATES, sizeof(double));
	if (!ratios) {
		return -ENOMEM;
	}
	double *differences = ratios + REPLICATES;
	struct prng prng;
	prng_init(&prng, seed);
	for (size_t i = 0; i < REPLICATES; i++) {
		double mean = draw_mean(&prng, baseline), other = draw_mean(&prng, candidate);
		ratios[i] = mean > 0 ? other / mean : (double)INFINITY;
		differences[i] = other - mean;
	}
	quantile_sort(ratios, REPLICATES);
	quantile_sort(differences, REPLICATES);
	struct equivalence_result result = {
		.ratio = mean_of(candidate) / mean_of(baseline),
		.low = quantile_of_replicates(ratios, REPLICATES, TAIL),
		.high = quantile_of_replicates(ratios, REPLICATES, 1 - TAIL),
		.difference = mean_of(candidate) - mean_of(baseline),
		.difference_low = quantile_of_replicates(differences, REPLICATES, TAIL),
		.difference_high = quantile_of_replicates(differences, REPLICATES, 1 - TAIL),
	};
	result.verdict = conclude(bar, &result);
	if (result.verdict == EQUIVALENCE_VERDICT_UNDECIDED) {
		result.needed =
			estimate_needed(result.low, result.ratio, result.high, bar->ratio_max);
	}
	*ret_result = result;
	return 0;
}
