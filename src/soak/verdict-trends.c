#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "soak/verdict-impl.h"
#include "stats/horizon.h"
#include "stats/looks.h"
#include "util/cleanup.h"

#define HOURS_PER_DAY      24
#define FRAGMENTED_PER_DAY 0.12 /* at that rate half of what is free is useless in four days */
#define FRAGMENTED_STEP    0.05
#define MOST               0.5 /* of the growth */
#define SEED               1   /* the same samples give the same verdict */

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

/* A figure, without what another one has of it. */
struct wanted {
	enum soak_figure figure, without; /* SOAK_FIGURE_COUNT: without nothing */
};

static double value_of(const struct soak_sample *sample, const struct wanted *wanted)
{
	bool is_whole = wanted->without == SOAK_FIGURE_COUNT;

	return sample->figures[wanted->figure] - (is_whole ? 0 : sample->figures[wanted->without]);
}

/* The points of what is wanted in a segment; ret_points has room for segment->n. Returns how many.
 */
static size_t take_points(const struct samples *samples, const struct soak_segment *segment,
	const struct wanted *wanted, struct series_point *ret_points, double *ret_available)
{
	struct soak_sample sample, first;
	size_t n = 0;

	if (!samples_get(samples, segment->first, &first)) {
		return 0;
	}
	for (size_t i = segment->first; i <= segment->last; i++) {
		if (!samples_get(samples, i, &sample) || sample.server_pid != first.server_pid ||
			isnan(value_of(&sample, wanted)) || n == segment->n) {
			continue;
		}
		ret_points[n++] = (struct series_point){
			.time_s = (double)(sample.boot_ns - first.boot_ns) / 1e9,
			.value = value_of(&sample, wanted),
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
		const struct wanted wanted = {i, SOAK_FIGURE_COUNT};
		double available = NAN;
		size_t n = take_points(samples, segment, &wanted, room, &available);
		if (n < 2) {
			continue; /* not available on this machine */
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

/* Judges one series by itself. 0 with an empty result when it is too short; or -ENOMEM. */
static int judge_alone(const struct samples *samples, const struct soak_segment *segment,
	const struct wanted *wanted, const struct leak_limits *limits,
	struct leak_result *ret_result)
{
	double available;
	size_t refused;

	*ret_result = (struct leak_result){.verdict = LEAK_VERDICT_UNDECIDED};
	_cleanup_free_ struct series_point *points = calloc(segment->n, sizeof(*points));
	if (!points) {
		return -ENOMEM;
	}
	const struct leak_series series = {
		.points = points,
		.n = take_points(samples, segment, wanted, points, &available),
		.limits = *limits,
	};
	int r = leak_judge(&series, 1, SEED, ret_result, &refused);
	return r == -EINVAL ? 0 : r;
}

/* The index of a figure that leaks, judged->n when it does not. */
static size_t find_leak(
	const struct judged *judged, const struct leak_result *results, enum soak_figure figure)
{
	size_t i = 0;

	while (i < judged->n &&
		(judged->trends[i].figure != figure || results[i].verdict != LEAK_VERDICT_LEAK)) {
		i++;
	}
	return i;
}

/*
 * When the memory of the process leaks, but what is in use on its heap does not, and most of the
 * growth is what the heap keeps free, then the heap is in fragments.
 */
static int find_fragments(const struct samples *samples, const struct soak_segment *segment,
	struct judged *judged, struct leak_result *results)
{
	static const struct wanted in_use = {SOAK_FIGURE_ANONYMOUS, SOAK_FIGURE_HEAP_FREE};
	size_t process = find_leak(judged, results, SOAK_FIGURE_ANONYMOUS);
	struct leak_result alone;

	if (process == judged->n || find_leak(judged, results, SOAK_FIGURE_HEAP) < judged->n) {
		return 0;
	}
	struct leak_result *result = &results[process];
	int r = judge_alone(samples, segment, &in_use, &judged->series[process].limits, &alone);
	if (r == 0 && alone.has_slope && alone.verdict != LEAK_VERDICT_LEAK &&
		alone.slope_per_hour < MOST * result->slope_per_hour) {
		result->verdict = LEAK_VERDICT_STEPPED;
		judged->trends[process].is_fragmented = true;
	}
	return r;
}

int trends_judge_fragments(const struct samples *samples, const struct soak_segment *segment,
	struct soak_bar_result *ret_bar)
{
	static const struct wanted fragments = {SOAK_FIGURE_FRAGMENTATION, SOAK_FIGURE_COUNT};
	static const struct leak_limits limits = {
		.least_per_hour = FRAGMENTED_PER_DAY / HOURS_PER_DAY,
		.bound_per_hour = 4 * FRAGMENTED_PER_DAY / HOURS_PER_DAY,
		.least_step = FRAGMENTED_STEP,
	};
	struct leak_result result;

	int r = judge_alone(samples, segment, &fragments, &limits, &result);
	if (r < 0) {
		return r;
	}
	*ret_bar = (struct soak_bar_result){
		.value = result.slope_per_hour * HOURS_PER_DAY, .bar = FRAGMENTED_PER_DAY};
	if (result.verdict == LEAK_VERDICT_LEAK) {
		ret_bar->state = SOAK_BAR_STATE_MISSED;
	} else if (result.verdict == LEAK_VERDICT_NO_LEAK && ret_bar->value <= ret_bar->bar) {
		ret_bar->state = SOAK_BAR_STATE_MET;
	}
	return 0;
}

int trends_judge(const struct samples *samples, const struct soak_segment *segment,
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
		r = find_fragments(samples, segment, &judged, results);
	}
	if (r == 0) {
		keep_worst(verdict, segment, &judged, results);
	}
	return r;
}
