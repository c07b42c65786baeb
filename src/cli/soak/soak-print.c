#include "cli/soak/soak-print.h"

#include <errno.h>
#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "stats/horizon.h"
#include "util/json.h"

#define HOURS_PER_DAY    24.0
#define SECONDS_PER_HOUR 3600.0

size_t soak_find_worst(const struct soak_judged *verdict)
{
	const struct leak_result *results = verdict->results;
	size_t worst = 0;

	for (size_t i = 1; i < verdict->series->n_series; i++) {
		bool is_worse = results[i].verdict > results[worst].verdict;
		bool is_faster = results[i].verdict == results[worst].verdict &&
				 results[i].slope_per_hour > results[worst].slope_per_hour;
		worst = is_worse || is_faster ? i : worst;
	}
	return worst;
}

/* Until the memory is gone; INFINITY unless it leaks. */
static double exhausted_s(const struct soak_judged *verdict, const struct leak_result *result)
{
	if (result->verdict != LEAK_VERDICT_LEAK) {
		return (double)INFINITY;
	}
	return horizon_exhausted_s(result->slope_per_hour, (double)verdict->available_bytes);
}

static void format_bytes(char *text, size_t size, double bytes)
{
	static const char *const units[] = {"B", "KiB", "MiB", "GiB", "TiB"};
	size_t unit = 0;

	while (fabs(bytes) >= 1000 && unit + 1 < sizeof(units) / sizeof(units[0])) {
		bytes /= 1024;
		unit++;
	}
	snprintf(
		text, size, "%.*f %s", unit == 0 || fabs(bytes) >= 100 ? 0 : 1, bytes, units[unit]);
}

static void format_time(char *text, size_t size, double seconds)
{
	double days = seconds / SECONDS_PER_HOUR / HOURS_PER_DAY;

	if (days >= 2) {
		snprintf(text, size, "%.0f days", days);
	} else if (seconds >= SECONDS_PER_HOUR) {
		snprintf(text, size, "%.1f h", seconds / SECONDS_PER_HOUR);
	} else {
		snprintf(text, size, "%.0f min", ceil(seconds / 60));
	}
}

static void print_row(const char *name, const struct leak_result *result)
{
	char slope[32] = "-", low[32] = "-", high[32] = "-", width[32] = "-";

	if (result->has_slope) {
		format_bytes(slope, sizeof(slope), result->slope_per_hour * HOURS_PER_DAY);
		format_bytes(low, sizeof(low), result->low_per_hour * HOURS_PER_DAY);
		format_bytes(high, sizeof(high), result->high_per_hour * HOURS_PER_DAY);
	}
	format_time(width, sizeof(width), result->windows.window_s);
	printf("%-24s  %-9s  %11s  %11s  %11s  %zu of %s\n", name,
		leak_verdict_name(result->verdict), slope, low, high, result->windows.n, width);
}

static void print_steps(const char *name, const struct leak_result *result)
{
	for (size_t i = 0; i < result->n_steps; i++) {
		char height[32], at[32];
		const struct change_point *step = &result->steps[i];
		double time_h = result->windows.time_h[step->at];
		format_bytes(height, sizeof(height), step->height);
		format_time(at, sizeof(at), time_h * SECONDS_PER_HOUR);
		printf("%s: a step of %s after %s is left out of the slope\n", name, height, at);
	}
}

static void print_meaning(const struct soak_judged *verdict, size_t i)
{
	const struct leak_result *result = &verdict->results[i];
	const char *name = verdict->series->names[i];
	char text[32], available[32];

	switch (result->verdict) {
	case LEAK_VERDICT_LEAK:
		format_time(text, sizeof(text), exhausted_s(verdict, result));
		format_bytes(available, sizeof(available), (double)verdict->available_bytes);
		printf("%s: at this rate %s are gone in %s\n", name, available, text);
		break;
	case LEAK_VERDICT_NO_LEAK:
		format_bytes(text, sizeof(text), verdict->limits[i].bound_per_hour);
		printf("%s: no leak above %s an hour\n", name, text);
		break;
	case LEAK_VERDICT_STEPPED:
		printf("%s: rose, but not steadily; run longer to see whether it rises again\n",
			name);
		break;
	default:
		format_time(text, sizeof(text), result->needed_s);
		printf("%s: not decided; the next look is due in %s\n", name, text);
		break;
	}
}

void soak_print_text(const struct soak_judged *verdict)
{
	size_t n = verdict->series->n_series, worst = soak_find_worst(verdict);

	printf("%s\n\n", leak_verdict_name(verdict->results[worst].verdict));
	printf("%-24s  %-9s  %11s  %11s  %11s  %s\n", "series", "verdict", "a day", "at least",
		"at most", "windows");
	for (size_t i = 0; i < n; i++) {
		print_row(verdict->series->names[i], &verdict->results[i]);
	}
	printf("\n");
	for (size_t i = 0; i < n; i++) {
		print_steps(verdict->series->names[i], &verdict->results[i]);
		print_meaning(verdict, i);
	}
}

static json_t *per_day_to_json(const struct leak_result *result, double per_hour)
{
	return result->has_slope ? json_real(per_hour * HOURS_PER_DAY) : json_null();
}

static json_t *exhausted_to_json(
	const struct soak_judged *verdict, const struct leak_result *result)
{
	double seconds = exhausted_s(verdict, result);

	return isfinite(seconds) ? json_real(seconds) : json_null();
}

static json_t *needed_to_json(const struct leak_result *result)
{
	return result->verdict == LEAK_VERDICT_UNDECIDED ? json_real(result->needed_s)
							 : json_null();
}

/* What stands for all series as well as for each. */
static json_t *verdict_to_json(const struct soak_judged *verdict, const struct leak_result *result)
{
	return json_pack("{s:s,s:o,s:o,s:o,s:o,s:o}", "verdict", leak_verdict_name(result->verdict),
		"slope_bytes_per_day", per_day_to_json(result, result->slope_per_hour), "low",
		per_day_to_json(result, result->low_per_hour), "high",
		per_day_to_json(result, result->high_per_hour), "exhausted_in_s",
		exhausted_to_json(verdict, result), "needed_s", needed_to_json(result));
}

static json_t *steps_to_json(const struct leak_result *result)
{
	json_t *steps = json_array();

	for (size_t i = 0; i < result->n_steps; i++) {
		const struct change_point *step = &result->steps[i];
		json_t *object = json_pack("{s:f,s:f}", "time_s",
			result->windows.time_h[step->at] * SECONDS_PER_HOUR, "height_bytes",
			step->height);
		if (json_array_append_new(steps, object) < 0) {
			json_decref(steps);
			return NULL;
		}
	}
	return steps;
}

static json_t *thirds_to_json(const struct leak_result *result)
{
	return json_pack("[o,o,o]", per_day_to_json(result, result->third_per_hour[0]),
		per_day_to_json(result, result->third_per_hour[1]),
		per_day_to_json(result, result->third_per_hour[2]));
}

static json_t *bootstrap_to_json(const struct leak_result *result)
{
	return json_pack("{s:o,s:o}", "low", per_day_to_json(result, result->drawn_low_per_hour),
		"high", per_day_to_json(result, result->drawn_high_per_hour));
}

static json_t *series_to_json(const struct soak_judged *verdict, size_t i)
{
	const struct leak_result *result = &verdict->results[i];
	const struct windows *windows = &result->windows;
	const struct leak_limits *limits = &verdict->limits[i];
	_cleanup_json_ json_t *object = verdict_to_json(verdict, result);
	_cleanup_json_ json_t *details = json_pack("{s:f,s:f,s:f,s:I,s:f,s:f,s:f,s:o,s:o,s:o}",
		"duration_s", windows->duration_s, "warm_up_s", windows->warm_up_s, "window_s",
		windows->window_s, "windows", (json_int_t)windows->n, "level_percent",
		100 * (1 - 2 * result->tail), "least_bytes_per_day",
		limits->least_per_hour * HOURS_PER_DAY, "bound_bytes_per_day",
		limits->bound_per_hour * HOURS_PER_DAY, "thirds_bytes_per_day",
		thirds_to_json(result), "bootstrap", bootstrap_to_json(result), "steps",
		steps_to_json(result));

	if (!object || !details || json_object_update(object, details) < 0) {
		return NULL;
	}
	return json_incref(object);
}

static json_t *to_json(const struct soak_judged *verdict)
{
	const struct series_file *series = verdict->series;
	_cleanup_json_ json_t *root =
		verdict_to_json(verdict, &verdict->results[soak_find_worst(verdict)]);
	_cleanup_json_ json_t *all = json_object();

	for (size_t i = 0; i < series->n_series; i++) {
		if (json_object_set_new(all, series->names[i], series_to_json(verdict, i)) < 0) {
			return NULL;
		}
	}
	if (json_object_set_new(root, "available_bytes",
		    json_integer((json_int_t)verdict->available_bytes)) < 0 ||
		json_object_set(root, "series", all) < 0) {
		return NULL;
	}
	return json_incref(root);
}

int soak_print_json(const struct soak_judged *verdict)
{
	_cleanup_json_ json_t *root = to_json(verdict);

	if (!root) {
		return -ENOMEM;
	}
	int r = json_dumpf(root, stdout, JSON_INDENT(2) | JSON_REAL_PRECISION(12));
	printf("\n");
	return r < 0 ? -EIO : 0;
}
