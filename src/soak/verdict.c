#include "soak/verdict.h"

#include <errno.h>
#include <math.h>
#include <string.h>

#include "soak/verdict-impl.h"
#include "stats/looks.h"

struct collection {
	struct soak_verdict *verdict;
	struct soak_segment segments[SOAK_SEGMENTS_MAX];
	uint64_t first_ns, last_ns; /* by the calendar */
	struct soak_sample served;  /* the latest that the server answered */
	bool is_served;
	struct bar_sums sums;
};

static struct soak_segment *current_segment(struct collection *collection)
{
	size_t n = collection->verdict->n_segments;

	return n > 0 && n <= SOAK_SEGMENTS_MAX ? &collection->segments[n - 1] : NULL;
}

/* A sample without an answer of the server does not end its run; another process does. */
static bool begins_run(const struct collection *collection, const struct soak_sample *sample)
{
	return !collection->is_served || !soak_sample_continues(&collection->served, sample);
}

static void add_to_segment(struct collection *collection, size_t index, bool is_new)
{
	if (is_new && ++collection->verdict->n_segments <= SOAK_SEGMENTS_MAX) {
		*current_segment(collection) = (struct soak_segment){.first = index};
	}
	struct soak_segment *segment = current_segment(collection);
	if (segment) {
		segment->last = index;
		segment->n++;
	}
}

static void add_sample(
	struct collection *collection, size_t index, const struct soak_sample *sample)
{
	bool is_served = sample->server_pid > 0;
	bool is_new = is_served && begins_run(collection, sample);

	if (collection->verdict->n_samples++ == 0) {
		collection->first_ns = sample->real_ns;
	}
	bars_add(collection->verdict->bars, &collection->sums, sample, is_new);
	if (is_served) {
		add_to_segment(collection, index, is_new);
		collection->served = *sample;
		collection->is_served = true;
	}
	collection->last_ns = sample->real_ns;
}

/* By the longest segment: one that is short shows no trend. */
static int judge_fragments(const struct samples *samples, const struct collection *collection,
	struct soak_verdict *verdict)
{
	const struct soak_segment *longest = NULL;

	for (size_t i = 0; i < verdict->n_segments && i < SOAK_SEGMENTS_MAX; i++) {
		const struct soak_segment *segment = &collection->segments[i];
		longest = !longest || segment->duration_s > longest->duration_s ? segment : longest;
	}
	return longest ? trends_judge_fragments(
				 samples, longest, &verdict->bars[SOAK_BAR_FRAGMENTED])
		       : 0;
}

static void measure_segment(const struct samples *samples, struct soak_segment *segment)
{
	struct soak_sample first, last;

	if (samples_get(samples, segment->first, &first) &&
		samples_get(samples, segment->last, &last)) {
		segment->duration_s = (double)(last.boot_ns - first.boot_ns) / 1e9;
	}
}

int soak_judge(const struct samples *samples, const struct soak_judging *judging,
	struct soak_verdict *ret_verdict)
{
	struct soak_verdict verdict = {
		.leak = LEAK_VERDICT_UNDECIDED,
		.needed_s = LOOKS_FIRST_S,
	};
	struct collection collection = {.verdict = &verdict};

	for (size_t i = 0; i < samples->n; i++) {
		struct soak_sample sample;
		if (samples_get(samples, i, &sample)) {
			add_sample(&collection, i, &sample);
		} else {
			verdict.n_damaged++;
		}
	}
	verdict.elapsed_s = ((double)collection.last_ns - (double)collection.first_ns) / 1e9;
	bars_finish(&verdict, &collection.sums, judging);
	for (size_t i = 0; i < verdict.n_segments && i < SOAK_SEGMENTS_MAX; i++) {
		measure_segment(samples, &collection.segments[i]);
		verdict.measured_s += collection.segments[i].duration_s;
		int r = trends_judge(samples, &collection.segments[i], judging, &verdict);
		if (r < 0) {
			return r;
		}
	}
	int r = judge_fragments(samples, &collection, &verdict);
	*ret_verdict = verdict;
	return r;
}

bool soak_verdict_is_good(const struct soak_verdict *verdict)
{
	for (int i = 0; i < SOAK_BAR_COUNT; i++) {
		if (verdict->bars[i].state == SOAK_BAR_STATE_MISSED) {
			return false;
		}
	}
	return verdict->leak == LEAK_VERDICT_NO_LEAK;
}

const struct soak_trend *soak_verdict_worst(const struct soak_verdict *verdict)
{
	const struct soak_trend *worst = NULL;

	for (size_t i = 0; i < verdict->n_trends; i++) {
		const struct soak_trend *trend = &verdict->trends[i];
		if (!worst || trend->leak.verdict > worst->leak.verdict ||
			(trend->leak.verdict == worst->leak.verdict && trend->leak.has_slope &&
				strcmp(soak_figures[trend->figure].unit, "bytes") == 0 &&
				trend->leak.slope_per_hour > worst->leak.slope_per_hour)) {
			worst = trend;
		}
	}
	return worst;
}
