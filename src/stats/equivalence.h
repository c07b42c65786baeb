/*
 * Whether a figure is not worse than its baseline, such as the latency of frames: non-inferiority
 * by the ratio of two means. A difference that is not found proves nothing, so the claim is the
 * other way round: the ratio is certainly below the bound. Walker and Nowacki, "Understanding
 * equivalence and noninferiority testing", Journal of General Internal Medicine 26(2), 2011.
 *
 * The interval is that of a bootstrap of blocks, each of which holds what was measured in one
 * second: frames that follow each other are not independent, and a block keeps them together. Runs
 * that alternate between both sides (A B A B) keep what drifts for longer than a block out of the
 * ratio.
 *
 * Pure: the result depends on the arguments only. Any thread.
 */
#ifndef STATS_EQUIVALENCE_H
#define STATS_EQUIVALENCE_H

#include <stddef.h>
#include <stdint.h>

#define EQUIVALENCE_BLOCKS_MIN 10
#define EQUIVALENCE_BLOCKS_MAX 86400

/*
 * What one second measured: the sum of a figure and the weight that it is the sum of, so that the
 * mean is sum / weight. For the mean of values, their sum and their number; for the mean over time,
 * the integral and the duration. weight >= 0; a block without a value has 0 of both.
 */
struct equivalence_block {
	double sum;
	double weight;
};

struct equivalence_side {
	const struct equivalence_block *blocks;
	size_t n;
};

enum equivalence_verdict {
	EQUIVALENCE_VERDICT_PASS,
	EQUIVALENCE_VERDICT_FAIL,
	EQUIVALENCE_VERDICT_UNDECIDED,
};

struct equivalence_bar {
	double ratio_max; /* such as 1.10 */
	double floor;     /* a difference of at most this passes whatever the ratio; 0 for none */
};

struct equivalence_result {
	enum equivalence_verdict verdict;
	double ratio, low, high;                            /* 95 % interval */
	double difference, difference_low, difference_high; /* candidate - baseline, the same */
	double needed; /* UNDECIDED: how many times as long both runs would have to be, about */
};

/*
 * Compares the candidate with the baseline. PASS: the upper end of the interval of the ratio is at
 * most ratio_max, or that of the difference at most floor. FAIL: both lower ends are above. Else
 * UNDECIDED. 0, -ENOMEM, or -EINVAL: fewer than EQUIVALENCE_BLOCKS_MIN or more than
 * EQUIVALENCE_BLOCKS_MAX blocks, a sum or weight that is negative or not finite, no weight at all,
 * or a baseline whose mean is 0.
 */
int equivalence_judge(const struct equivalence_side *baseline,
	const struct equivalence_side *candidate, const struct equivalence_bar *bar, uint64_t seed,
	struct equivalence_result *ret_result);

#endif
