#include "stats/bootstrap.h"

#include <assert.h>
#include <math.h>
#include <stdint.h>
#include <string.h>

#include "stats/quantile.h"
#include "stats/slope.h"

size_t bootstrap_block_length(size_t n)
{
	return n / 5 > 4 ? n / 5 : 4;
}

double bootstrap_correction(size_t n)
{
	double q = (double)bootstrap_block_length(n) / (double)n;

	return 1 / sqrt(1 - q * (1 + (1 - q) * (1 - q)));
}

void bootstrap_draw_blocks(
	struct prng *prng, const double *values, size_t n, size_t block, double *ret_values)
{
	assert(block >= 1 && block <= n);
	for (size_t done = 0; done < n; done += block) {
		size_t start = prng_below(prng, (uint32_t)(n - block + 1));
		size_t length = n - done < block ? n - done : block;
		memcpy(&ret_values[done], &values[start], length * sizeof(values[0]));
	}
}

size_t bootstrap_depth(size_t n_replicates, double p)
{
	size_t depth = (size_t)floor(p * (double)(n_replicates + 1)) + 1;

	return depth < n_replicates ? depth : n_replicates;
}

/* 1 below 0; unlike a comparison, this is counted in vectors of doubles on every machine. */
static inline uint64_t sign_of(double value)
{
	uint64_t bits;

	memcpy(&bits, &value, sizeof(bits));
	return bits >> 63;
}

/* The slopes of all pairs; how many are below low, and how many above high. */
static size_t count_outside(const double *reciprocals, const double *y, size_t n, double low,
	double high, double *ret_slopes, size_t *ret_n_above)
{
	uint64_t n_below = 0, n_above = 0;
	size_t n_pairs = SLOPE_PAIRS(n);

	slope_of_pairs(reciprocals, y, n, ret_slopes);
	for (size_t i = 0; i < n_pairs; i++) {
		n_below += sign_of(ret_slopes[i] - low);
		n_above += sign_of(high - ret_slopes[i]);
	}
	*ret_n_above = n_above;
	return n_below;
}

/* Keeps the depth smallest of sign * value in order; used of them are filled. */
static void keep_extreme(double *kept, size_t used, size_t depth, double sign, double value)
{
	size_t i = used < depth ? used : depth - 1;

	if (used == depth && sign * value >= sign * kept[i]) {
		return;
	}
	for (; i > 0 && sign * kept[i - 1] > sign * value; i--) {
		kept[i] = kept[i - 1];
	}
	kept[i] = value;
}

void bootstrap_slopes(struct prng *prng, const double *reciprocals, double slope,
	const double *residuals, size_t n, double *scratch, struct bootstrap_tails *tails)
{
	size_t depth = tails->depth, n_pairs = SLOPE_PAIRS(n), block = bootstrap_block_length(n);
	double *drawn = scratch, *pairs = scratch + n;

	assert(depth >= 1 && depth <= tails->n_replicates);
	for (size_t i = 0; i < tails->n_replicates; i++) {
		double low = i < depth ? INFINITY : tails->low[depth - 1] - slope;
		double high = i < depth ? -INFINITY : tails->high[depth - 1] - slope;
		size_t n_above, n_below;
		bootstrap_draw_blocks(prng, residuals, n, block, drawn);
		n_below = count_outside(reciprocals, drawn, n, low, high, pairs, &n_above);
		if (n_below < (n_pairs + 1) / 2 && n_above < (n_pairs + 1) / 2) {
			continue; /* both middle slopes, so the median, are between low and high */
		}
		double replicate = slope + quantile_median(pairs, n_pairs);
		keep_extreme(tails->low, i < depth ? i : depth, depth, 1, replicate);
		keep_extreme(tails->high, i < depth ? i : depth, depth, -1, replicate);
	}
}

/* The value at the rank that belongs to p, counted from the end of the tail. */
static double at_rank(const double *tail, const struct bootstrap_tails *tails, double p)
{
	double rank = fmax(p * (double)(tails->n_replicates + 1), 1);
	size_t i = (size_t)floor(rank);

	assert(i <= tails->depth);
	if (i == tails->depth) {
		return tail[i - 1];
	}
	return tail[i - 1] + (rank - floor(rank)) * (tail[i] - tail[i - 1]);
}

double bootstrap_quantile_low(const struct bootstrap_tails *tails, double p)
{
	return at_rank(tails->low, tails, p);
}

double bootstrap_quantile_high(const struct bootstrap_tails *tails, double p)
{
	return at_rank(tails->high, tails, p);
}
