#include "stats/slope.h"

#include <assert.h>

#include "stats/quantile.h"

void slope_prepare(const double *x, size_t n, double *ret_reciprocals)
{
	for (size_t i = 0; i < n; i++) {
		for (size_t j = i + 1; j < n; j++) {
			assert(x[j] > x[i]);
			*ret_reciprocals++ = 1 / (x[j] - x[i]);
		}
	}
}

void slope_of_pairs(const double *restrict reciprocals, const double *restrict y, size_t n,
	double *restrict ret_slopes)
{
	for (size_t i = 0; i + 1 < n; i++) {
		size_t n_later = n - 1 - i;
		for (size_t j = 0; j < n_later; j++) {
			ret_slopes[j] = (y[i + 1 + j] - y[i]) * reciprocals[j];
		}
		ret_slopes += n_later;
		reciprocals += n_later;
	}
}

double slope_theil_sen(const double *reciprocals, const double *y, size_t n, double *scratch)
{
	assert(n >= 2);
	slope_of_pairs(reciprocals, y, n, scratch);
	return quantile_median(scratch, SLOPE_PAIRS(n));
}
