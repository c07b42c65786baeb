#include "stats/horizon.h"

#include <assert.h>
#include <math.h>

#define Z                    (2.576 + 1.645)
#define AUTOCORRELATION_MOST 0.95
#define SECONDS_PER_HOUR     3600.0

struct noise noise_of_residuals(const double *residuals, size_t n)
{
	double mean = 0, square = 0, product = 0;

	assert(n >= 4);
	for (size_t i = 0; i < n; i++) {
		mean += residuals[i] / (double)n;
	}
	for (size_t i = 0; i < n; i++) {
		double off = residuals[i] - mean;
		square += off * off;
		product += i > 0 ? off * (residuals[i - 1] - mean) : 0;
	}
	if (square == 0) {
		return (struct noise){0};
	}
	double r = product / square;
	r += (2 + 4 * r) / (double)n;
	return (struct noise){
		.sd = sqrt(square / (double)(n - 2)),
		.autocorrelation = fmin(fmax(r, 0), AUTOCORRELATION_MOST),
	};
}

/* The standard error times the span to the power of 1.5. */
static double error_of_unit(struct noise noise, double interval_h)
{
	double r = noise.autocorrelation, f = sqrt((1 + r) / (1 - r));

	return noise.sd * f * sqrt(12 * interval_h);
}

double horizon_slope_error(struct noise noise, double interval_h, double span_h)
{
	assert(interval_h > 0 && span_h > 0);
	return error_of_unit(noise, interval_h) / pow(span_h, 1.5);
}

double horizon_normal_quantile(double tail)
{
	double low = 0, high = 40;

	assert(tail > 0 && tail <= 0.5);
	for (int i = 0; i < 60; i++) { /* by halves: to the last bit */
		double middle = (low + high) / 2;
		if (erfc(middle / M_SQRT2) / 2 > tail) {
			low = middle;
		} else {
			high = middle;
		}
	}
	return high;
}

double horizon_needed_h(struct noise noise, double interval_h, double distance_per_hour)
{
	assert(interval_h > 0 && distance_per_hour > 0);
	return pow(Z * error_of_unit(noise, interval_h) / distance_per_hour, 2.0 / 3.0);
}

double horizon_exhausted_s(double slope_per_hour, double available)
{
	assert(available >= 0);
	return slope_per_hour > 0 ? available / slope_per_hour * SECONDS_PER_HOUR
				  : (double)INFINITY;
}
