#include "stats/change-point.h"

#include <assert.h>
#include <math.h>
#include <stdbool.h>
#include <string.h>

#include "stats/quantile.h"

#define VALUES_LEAST   12
#define OUTLIER        6.0    /* standard deviations: once in 10^9 normal differences */
#define MAD_TO_SD      1.4826 /* of a normal distribution */
#define CONFIRMED      0.6    /* of a jump must be seen between the medians on either side */
#define NEIGHBOURHOODS 6      /* such a part of the series is looked at on either side */

static double median_of(const double *values, size_t n)
{
	double copy[CHANGE_POINT_VALUES];

	memcpy(copy, values, n * sizeof(values[0]));
	return quantile_median(copy, n);
}

/* The trend from value to value, and what a jump must exceed. */
static double find_threshold(const double *steps, size_t n, double *ret_trend)
{
	double off[CHANGE_POINT_VALUES], trend = median_of(steps, n);

	for (size_t i = 0; i < n; i++) {
		off[i] = fabs(steps[i] - trend);
	}
	*ret_trend = trend;
	return OUTLIER * MAD_TO_SD * quantile_median(off, n);
}

/* The trend over longer stretches: that from value to value is only the slope of a tooth. */
static double find_long_trend(const double *values, size_t n)
{
	double rises[CHANGE_POINT_VALUES];
	size_t reach = n / NEIGHBOURHOODS;

	for (size_t i = 0; i + reach < n; i++) {
		rises[i] = values[i + reach] - values[i];
	}
	return quantile_median(rises, n - reach) / (double)reach;
}

/* Whether the level before and after differs in the same way, the trend left out. */
static bool is_confirmed(const double *values, size_t n, size_t at, double height, double trend)
{
	size_t reach = n / NEIGHBOURHOODS;
	size_t before = at < reach ? at : reach, after = n - at < reach ? n - at : reach;

	if (before < 2 || after < 2) {
		return false; /* it may be gone with the next value */
	}
	double rise = median_of(&values[at], after) - median_of(&values[at - before], before) -
		      trend * (double)(before + after) / 2;
	return rise / height >= CONFIRMED;
}

size_t change_point_find(const double *values, size_t n, double least_height,
	struct change_point ret_points[static CHANGE_POINTS_MAX])
{
	double steps[CHANGE_POINT_VALUES], trend;
	size_t n_points = 0;

	assert(n <= CHANGE_POINT_VALUES);
	if (n < VALUES_LEAST) {
		return 0;
	}
	for (size_t i = 0; i + 1 < n; i++) {
		steps[i] = values[i + 1] - values[i];
	}
	double threshold = fmax(find_threshold(steps, n - 1, &trend), least_height);
	double long_trend = find_long_trend(values, n);
	for (size_t i = 0; i + 1 < n && n_points < CHANGE_POINTS_MAX; i++) {
		double height = steps[i] - trend;
		if (fabs(height) >= threshold &&
			is_confirmed(values, n, i + 1, height, long_trend)) {
			ret_points[n_points++] =
				(struct change_point){.at = i + 1, .height = height};
		}
	}
	return n_points;
}

void change_point_remove(
	const struct change_point *points, size_t n_points, double *values, size_t n)
{
	for (size_t k = 0; k < n_points; k++) {
		for (size_t i = points[k].at; i < n; i++) {
			values[i] -= points[k].height;
		}
	}
}
