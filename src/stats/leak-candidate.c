#include "stats/leak-impl.h"

#include <assert.h>
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "stats/looks.h"
#include "stats/slope.h"

#define SECONDS_PER_HOUR 3600.0
#define REPLICATES       999
#define TAIL_REPLICATES  2.0 /* so many at least lie beyond either end of an interval */
#define SHARE            0.5 /* of the slope is what a third must exceed */
#define DOUBT            1.5 /* standard errors that a third may fall short by */
#define CERTAIN          2.0 /* by so many it does not agree */

static double slope_of(const double *x, const double *y, size_t n)
{
	double reciprocals[SLOPE_PAIRS(WINDOWS_MAX)], pairs[SLOPE_PAIRS(WINDOWS_MAX)];

	slope_prepare(x, n, reciprocals);
	return slope_theil_sen(reciprocals, y, n, pairs);
}

static void find_residuals(
	const double *x, const double *y, size_t n, double slope, double *ret_residuals)
{
	for (size_t i = 0; i < n; i++) {
		ret_residuals[i] = y[i] - slope * (x[i] - x[0]);
	}
}

static enum leak_agreement compare_third(
	const struct leak_candidate *candidate, size_t from, size_t n, double *ret_slope)
{
	const struct leak_result *result = candidate->result;
	const double *x = &result->windows.time_h[from], *y = &candidate->values[from];
	double interval_h = result->windows.window_s / SECONDS_PER_HOUR;
	double residuals[WINDOWS_MAX], slope = slope_of(x, y, n);

	find_residuals(x, y, n, slope, residuals);
	double error = horizon_slope_error(
		noise_of_residuals(residuals, n), interval_h, (double)n * interval_h);
	double wanted = SHARE * result->slope_per_hour;
	*ret_slope = slope;
	if (slope > candidate->series->limits.least_per_hour && slope + DOUBT * error > wanted) {
		return LEAK_AGREEMENT_YES;
	}
	return slope + CERTAIN * error < wanted ? LEAK_AGREEMENT_NO : LEAK_AGREEMENT_UNCLEAR;
}

static void compare_thirds(struct leak_candidate *candidate)
{
	struct leak_result *result = candidate->result;
	size_t n = result->windows.n, length = n / LEAK_THIRDS;

	candidate->agreement = LEAK_AGREEMENT_YES;
	for (size_t i = 0; i < LEAK_THIRDS; i++) {
		size_t from = i * (n - length) / (LEAK_THIRDS - 1);
		enum leak_agreement agreement =
			compare_third(candidate, from, length, &result->third_per_hour[i]);
		if (agreement > candidate->agreement) {
			candidate->agreement = agreement;
		}
	}
}

static double sum_heights(const struct leak_result *result)
{
	double sum = 0;

	for (size_t i = 0; i < result->n_steps; i++) {
		sum += result->steps[i].height;
	}
	return sum;
}

/* Takes the steps up out of the series. Those down stay: without them, a sawtooth is a leak. */
static void take_steps(struct leak_candidate *candidate)
{
	struct leak_result *result = candidate->result;
	struct change_point steps[CHANGE_POINTS_MAX];
	size_t n = result->windows.n, n_up = 0;

	memcpy(candidate->values, result->windows.minimum, n * sizeof(double));
	size_t n_steps = change_point_find(
		candidate->values, n, candidate->series->limits.least_step, steps);
	for (size_t i = 0; i < n_steps; i++) {
		if (steps[i].height > 0) {
			steps[n_up++] = steps[i];
		}
	}
	if (n_up > LEAK_STEPS_MAX) {
		return;
	}
	change_point_remove(steps, n_up, candidate->values, n);
	memcpy(result->steps, steps, n_up * sizeof(steps[0]));
	result->n_steps = n_up;
}

static int tails_init(struct leak_candidate *candidate, size_t n_series)
{
	struct bootstrap_tails *tails = &candidate->tails;
	double tail = looks_tail(candidate->result->windows.duration_s);

	tails->n_replicates =
		(size_t)fmax(REPLICATES, ceil(TAIL_REPLICATES * (double)n_series / tail) - 1);
	tails->depth = bootstrap_depth(tails->n_replicates, tail);
	candidate->memory = calloc(2 * tails->depth, sizeof(double));
	if (!candidate->memory) {
		return -ENOMEM;
	}
	tails->low = candidate->memory;
	tails->high = candidate->memory + tails->depth;
	return 0;
}

static void fill_tails(struct leak_candidate *candidate, uint64_t seed)
{
	const struct leak_result *result = candidate->result;
	const struct windows *windows = &result->windows;
	double reciprocals[SLOPE_PAIRS(WINDOWS_MAX)], residuals[WINDOWS_MAX];
	double scratch[WINDOWS_MAX + SLOPE_PAIRS(WINDOWS_MAX)];
	size_t n = windows->n;
	struct prng prng;

	assert(n >= LEAK_WINDOWS_MIN && n <= WINDOWS_MAX);
	find_residuals(windows->time_h, candidate->values, n, result->slope_per_hour, residuals);
	candidate->noise = noise_of_residuals(residuals, n);
	for (size_t i = 0; i < n; i++) {
		residuals[i] *= bootstrap_correction(n);
	}
	slope_prepare(windows->time_h, n, reciprocals);
	prng_init(&prng, seed);
	bootstrap_slopes(&prng, reciprocals, result->slope_per_hour, residuals, n, scratch,
		&candidate->tails);
}

int leak_candidate_init(struct leak_candidate *ret_candidate, const struct leak_series *series,
	struct leak_result *result, uint64_t seed, size_t n_series)
{
	struct windows *windows = &result->windows;
	struct leak_candidate candidate = {.series = series, .result = result};
	int r = windows_init(series->points, series->n, series->period_s, windows);

	if (r < 0) {
		return r;
	}
	if (windows->n >= LEAK_WINDOWS_MIN) {
		r = tails_init(&candidate, n_series);
		if (r < 0) {
			return r;
		}
		result->has_slope = true;
		take_steps(&candidate);
		result->slope_per_hour = slope_of(windows->time_h, candidate.values, windows->n);
		fill_tails(&candidate, seed);
		compare_thirds(&candidate);
	}
	*ret_candidate = candidate;
	return 0;
}

void leak_candidate_done(struct leak_candidate *candidate)
{
	free(candidate->memory);
	candidate->memory = NULL;
}

static double span_h(const struct windows *windows)
{
	return (windows->duration_s - windows->warm_up_s) / SECONDS_PER_HOUR;
}

void leak_candidate_set_tail(struct leak_candidate *candidate, double tail)
{
	struct leak_result *result = candidate->result;
	double interval_h = result->windows.window_s / SECONDS_PER_HOUR;
	double reach = horizon_normal_quantile(tail) *
		       horizon_slope_error(candidate->noise, interval_h, span_h(&result->windows));

	result->tail = tail;
	result->drawn_low_per_hour = bootstrap_quantile_low(&candidate->tails, tail);
	result->drawn_high_per_hour = bootstrap_quantile_high(&candidate->tails, tail);
	result->low_per_hour = fmin(result->drawn_low_per_hour, result->slope_per_hour - reach);
	result->high_per_hour = fmax(result->drawn_high_per_hour, result->slope_per_hour + reach);
}

bool leak_candidate_is_leak(const struct leak_candidate *candidate)
{
	return candidate->agreement == LEAK_AGREEMENT_YES &&
	       candidate->result->drawn_low_per_hour > candidate->series->limits.least_per_hour;
}

bool leak_candidate_is_stepped(const struct leak_candidate *candidate)
{
	const struct leak_result *result = candidate->result;
	double least_per_hour = candidate->series->limits.least_per_hour;
	double hours = result->windows.duration_s / SECONDS_PER_HOUR;
	double by_steps_per_hour = sum_heights(result) / hours;
	/* Where it fell again, it did not rise: the steps down are in the slope. */
	double risen_per_hour = by_steps_per_hour + fmin(result->slope_per_hour, 0);

	if (risen_per_hour > least_per_hour && result->slope_per_hour < least_per_hour) {
		return true;
	}
	return candidate->agreement == LEAK_AGREEMENT_NO &&
	       result->drawn_low_per_hour > least_per_hour;
}

/* Hours that the series must span for NO LEAK, or for a decision at least. */
static double needed_h(const struct leak_candidate *candidate, double distance_per_hour)
{
	return horizon_needed_h(candidate->noise,
		candidate->result->windows.window_s / SECONDS_PER_HOUR, distance_per_hour);
}

bool leak_candidate_is_level(const struct leak_candidate *candidate)
{
	const struct leak_result *result = candidate->result;
	const struct windows *windows = &result->windows;
	double bound_per_hour = candidate->series->limits.bound_per_hour;

	if (result->high_per_hour >= bound_per_hour || result->slope_per_hour >= bound_per_hour) {
		return false;
	}
	return needed_h(candidate, bound_per_hour - result->slope_per_hour) <= span_h(windows);
}

double leak_candidate_needed_s(const struct leak_candidate *candidate)
{
	const struct leak_result *result = candidate->result;
	const struct windows *windows = &result->windows;
	const struct leak_limits *limits = &candidate->series->limits;
	double span_s = LEAK_WINDOWS_MIN * windows->window_s;

	if (result->has_slope) {
		double distance = fmax(limits->bound_per_hour - result->slope_per_hour,
			result->slope_per_hour - limits->least_per_hour);
		span_s = fmax(span_s, needed_h(candidate, distance) * SECONDS_PER_HOUR);
	}
	double next_s = looks_next_s(windows->duration_s);
	return looks_at_s(fmax(next_s, windows->warm_up_s + span_s)) - windows->duration_s;
}
