#include "soak/verdict.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "soak/verdict-impl.h"
#include "stats/horizon.h"
#include "stats/looks.h"
#include "util/cleanup.h"

#define SEED 1 /* the same samples give the same verdict */

/* Descriptors and threads: whole numbers, so less than one more in the time shows nothing. */
static struct leak_limits limits_of(enum soak_figure figure, double duration_s)
{
	if (strcmp(soak_figures[figure].unit, "bytes") == 0) {
		return leak_limits_memory(duration_s);
	}
	bool is_short = duration_s < 4 * LOOKS_FIRST_S;
	return (struct leak_limits){
		.least_per_hour = is_short ? 1 : 0.25,
		.bound_per_hour = is_short ? 4 : 1,
		.least_step = 1,
	};
}

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

/* The points of one figure in a segment; ret_points has room for segment->n. Returns how many. */
static size_t take_points(const struct samples *samples, const struct soak_segment *segment,
	enum soak_figure figure, struct series_point *ret_points, double *ret_available)
{
	struct soak_sample sample, first;
	size_t n = 0;

	if (!samples_get(samples, segment->first, &first)) {
		return 0;
	}
	for (size_t i = segment->first; i <= segment->last; i++) {
		if (!samples_get(samples, i, &sample) || sample.server_pid != first.server_pid ||
			isnan(sample.figures[figure]) || n == segment->n) {
			continue;
		}
		ret_points[n++] = (struct series_point){
			.time_s = (double)(sample.boot_ns - first.boot_ns) / 1e9,
			.value = sample.figures[figure],
		};
		*ret_available = sample.figures[SOAK_FIGURE_AVAILABLE];
	}
	return n;
}

static double exhausted_s(enum soak_figure figure, const struct leak_result *leak, double available)
{
	bool is_memory = strcmp(soak_figures[figure].unit, "bytes") == 0;

	if (!is_memory || !leak->has_slope || leak->verdict != LEAK_VERDICT_LEAK ||
		isnan(available)) {
		return INFINITY;
	}
	return horizon_exhausted_s(leak->slope_per_hour, available);
}

/* What leak_judge needs of all figures of a segment. */
struct judged {
	struct leak_series series[LEAK_SERIES_MAX];
	struct soak_trend trends[LEAK_SERIES_MAX];
	double available[LEAK_SERIES_MAX];
	size_t n;
};

static size_t count_judged(void)
{
	size_t n = 0;

	for (int i = 0; i < SOAK_FIGURE_COUNT; i++) {
		n += soak_figures[i].is_judged;
	}
	return n;
}

/* room: for segment->n points of each figure that is judged. */
static void take_series(const struct samples *samples, const struct soak_segment *segment,
	const struct soak_judging *judging, struct series_point *room, struct judged *judged)
{
	judged->n = 0;
	for (int i = 0; i < SOAK_FIGURE_COUNT; i++) {
		if (!soak_figures[i].is_judged) {
			continue;
		}
		double available = NAN;
		size_t n = take_points(samples, segment, i, room, &available);
		if (n < 2) {
			continue; /* not to be had on this machine */
		}
		judged->trends[judged->n] =
			(struct soak_trend){.figure = i, .last = room[n - 1].value};
		judged->available[judged->n] = available;
		judged->series[judged->n++] = (struct leak_series){
			.points = room,
			.n = n,
			.period_s = judging->period_s,
			.limits = limits_of(i, segment->duration_s),
		};
		room += n;
	}
}

/* Keeps the trends of the segment when it is worse than those judged before, or as bad and longer.
 */
static void keep_worst(struct soak_verdict *verdict, const struct soak_segment *segment,
	const struct judged *judged, const struct leak_result *results)
{
	enum leak_verdict worst = leak_worst(results, judged->n);
	bool is_kept =
		verdict->n_trends == 0 || worst > verdict->leak ||
		(worst == verdict->leak && segment->duration_s > verdict->segment.duration_s);

	if (!is_kept) {
		return;
	}
	verdict->leak = worst;
	verdict->segment = *segment;
	verdict->n_trends = judged->n;
	verdict->needed_s = 0;
	for (size_t i = 0; i < judged->n; i++) {
		struct soak_trend *trend = &verdict->trends[i];
		*trend = judged->trends[i];
		trend->leak = results[i];
		trend->exhausted_s = exhausted_s(trend->figure, &results[i], judged->available[i]);
		verdict->needed_s = fmax(verdict->needed_s, results[i].needed_s);
	}
}

static int judge_segment(const struct samples *samples, const struct soak_segment *segment,
	const struct soak_judging *judging, struct soak_verdict *verdict)
{
	struct leak_result results[LEAK_SERIES_MAX];
	struct judged judged;
	size_t refused;

	_cleanup_free_ struct series_point *room =
		calloc(segment->n * count_judged(), sizeof(*room));
	if (!room) {
		return -ENOMEM;
	}
	take_series(samples, segment, judging, room, &judged);
	if (judged.n == 0) {
		return 0;
	}
	int r = leak_judge(judged.series, judged.n, SEED, results, &refused);
	if (r == -EINVAL) {
		return 0; /* too short to have windows */
	}
	if (r == 0) {
		keep_worst(verdict, segment, &judged, results);
	}
	return r;
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
		int r = judge_segment(samples, &collection.segments[i], judging, &verdict);
		if (r < 0) {
			return r;
		}
	}
	*ret_verdict = verdict;
	return 0;
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
