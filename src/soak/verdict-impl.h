/* What the parts of the verdict share: the bars, apart from the trends. */
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

#endif
