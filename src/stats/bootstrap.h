/*
 * The moving-block bootstrap of a slope: what is left of a series after its line is cut into
 * overlapping blocks, blocks are drawn with replacement and joined to a series of the same length,
 * and the slope of that is added to the slope of the line. Blocks keep the autocorrelation that
 * makes ordinary intervals far too narrow. Kuensch, "The jackknife and the bootstrap for general
 * stationary observations", Annals of Statistics 17(3), 1989; Liu and Singh, "Moving blocks
 * jackknife and bootstrap capture weak dependence", 1992; of residuals: Davison and Hinkley 1997,
 * section 8.2.
 */
#ifndef STATS_BOOTSTRAP_H
#define STATS_BOOTSTRAP_H

#include <stddef.h>

#include "stats/prng.h"

/* The length of a block: a fifth of the series, at least 4. */
size_t bootstrap_block_length(size_t n);

/*
 * What residuals of a line must be multiplied with before they are drawn. They are smaller than the
 * noise, the more so the longer the block: the mean of a block at u, -0.5 <= u <= 0.5, of the
 * series has the variance s^2 (1 / block - (1 + 12 u^2) / n) and not s^2 / block, since the line
 * took the rest. With q = block / n the mean over all blocks is s^2 / block (1 - q (1 + (1 -
 * q)^2)). Without this factor, 1.22 at five blocks, a 99 % interval misses the slope of independent
 * noise not once but seven times in 100.
 */
double bootstrap_correction(size_t n);

/* Draws n values by blocks of the given length, 1 <= block <= n. ret_values and values differ. */
void bootstrap_draw_blocks(
	struct prng *prng, const double *values, size_t n, size_t block, double *ret_values);

/* Replicates of a slope: how many were made, and the exact values of those at both ends. */
struct bootstrap_tails {
	size_t n_replicates;
	size_t depth; /* values in each of low and high, 1..n_replicates */
	double *low;  /* the smallest, ascending */
	double *high; /* the largest, descending */
};

/* How deep both tails must be for quantiles p and 1 - p of n replicates. */
size_t bootstrap_depth(size_t n_replicates, double p);

/*
 * Fills tails->low and high, which have room for depth values, with the extreme slopes of
 * n_replicates series that have this slope and, drawn anew, these residuals. n >= 4. reciprocals:
 * of slope_prepare(). scratch holds n + SLOPE_PAIRS(n).
 *
 * Only the tails are needed for an interval. Whether a replicate is in one is known by counting its
 * pairs on either side of the tail's bound, which is several times as fast as its median; that is
 * found for the few that are. The result is the same as that of sorting all replicates.
 */
void bootstrap_slopes(struct prng *prng, const double *reciprocals, double slope,
	const double *residuals, size_t n, double *scratch, struct bootstrap_tails *tails);

/*
 * The quantile p of the replicates (p < 0.5), and 1 - p: rank (n + 1) p, interpolated, at least 1.
 * The tails must be deep enough. Davison and Hinkley, "Bootstrap Methods and their Application",
 * Cambridge 1997, equation 5.8.
 */
double bootstrap_quantile_low(const struct bootstrap_tails *tails, double p);
double bootstrap_quantile_high(const struct bootstrap_tails *tails, double p);

#endif
