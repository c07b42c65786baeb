/* What the parts of the verdict share: bars and trends. */
#ifndef SOAK_VERDICT_IMPL_H
#define SOAK_VERDICT_IMPL_H

#include "soak/verdict.h"

struct bar_sums {
	double cpu_percent;
	size_t n_cpu; /* samples in it */
};

/* is_first: the sample begins a run of the server; its pictures are those of the start. */
void bars_add(struct soak_bar_result bars[SOAK_BAR_COUNT], struct bar_sums *sums,
	const struct soak_sample *sample, bool is_first);

/* After the last sample: compares with the bars. verdict->n_segments is known. */
void bars_finish(struct soak_verdict *verdict, const struct bar_sums *sums,
	const struct soak_judging *judging);

/* Judges what must not grow in a segment, and keeps it when it is the worst so far. 0 or -ENOMEM.
 */
int trends_judge(const struct samples *samples, const struct soak_segment *segment,
	const struct soak_judging *judging, struct soak_verdict *verdict);

/* How fast the machine's memory gets fragmented in a segment, as a bar. 0 or -ENOMEM. */
int trends_judge_fragments(const struct samples *samples, const struct soak_segment *segment,
	struct soak_bar_result *ret_bar);

#endif
