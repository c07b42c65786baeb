#include "stats/windows.h"

#include <errno.h>
#include <math.h>
#include <stdbool.h>

#define WARM_UP_LEAST_S  600.0
#define WARM_UP_MOST_S   1800.0
#define WARM_UP_SHARE    0.1
#define WINDOW_LEAST_S   60.0
#define SECONDS_PER_HOUR 3600.0
#define ROUNDING         1e-6 /* of a window: times are decimal fractions */

static bool is_series(const struct series_point *points, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		if (!isfinite(points[i].time_s) || !isfinite(points[i].value)) {
			return false;
		}
		if (i > 0 && points[i].time_s <= points[i - 1].time_s) {
			return false;
		}
	}
	return n >= 2;
}

static void measure(
	const struct series_point *points, size_t n, double least_window_s, struct windows *windows)
{
	double span_s = points[n - 1].time_s - points[0].time_s;
	double interval_s = span_s / (double)(n - 1);

	windows->duration_s = span_s + interval_s;
	windows->warm_up_s =
		fmin(fmax(WARM_UP_LEAST_S, WARM_UP_SHARE * windows->duration_s), WARM_UP_MOST_S);
	windows->window_s = fmax(fmax(WINDOW_LEAST_S, windows->duration_s / WINDOWS_MAX),
		fmax(least_window_s, interval_s));
}

/* Takes a point of the window with this number, which may be a new one. */
static void take(struct windows *windows, double number, double value)
{
	double middle_s = windows->warm_up_s + (number + 0.5) * windows->window_s;
	double time_h = middle_s / SECONDS_PER_HOUR;

	if (windows->n > 0 && windows->time_h[windows->n - 1] >= time_h) {
		double *minimum = &windows->minimum[windows->n - 1];
		*minimum = fmin(*minimum, value);
		return;
	}
	windows->time_h[windows->n] = time_h;
	windows->minimum[windows->n] = value;
	windows->n++;
}

int windows_init(const struct series_point *points, size_t n, double least_window_s,
	struct windows *ret_windows)
{
	struct windows windows = {0};

	if (!is_series(points, n)) {
		return -EINVAL;
	}
	measure(points, n, least_window_s, &windows);
	double n_whole =
		floor((windows.duration_s - windows.warm_up_s) / windows.window_s + ROUNDING);
	for (size_t i = 0; i < n; i++) {
		double since_s = points[i].time_s - points[0].time_s - windows.warm_up_s;
		double number = floor(since_s / windows.window_s + ROUNDING);
		if (number >= 0 && number < n_whole) {
			take(&windows, number, points[i].value);
		}
	}
	*ret_windows = windows;
	return 0;
}
