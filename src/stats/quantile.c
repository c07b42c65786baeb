#include "stats/quantile.h"

#include <assert.h>
#include <math.h>
#include <stdbool.h>
#include <stdlib.h>

#define SAMPLE     31 /* of the values, to choose the pivots from */
#define SAMPLE_OFF 5  /* from the middle of the sample to a pivot; 1.8 standard deviations */
#define SORT_BELOW 48 /* so few values are sorted */

static void sort_few(double *values, size_t n)
{
	for (size_t i = 1; i < n; i++) {
		double value = values[i];
		size_t j = i;
		for (; j > 0 && values[j - 1] > value; j--) {
			values[j] = values[j - 1];
		}
		values[j] = value;
	}
}

/* The pivots around what is probably the middle. */
static void choose_pivots(const double *values, size_t n, double *ret_low, double *ret_high)
{
	double sample[SAMPLE];

	for (size_t i = 0; i < SAMPLE; i++) {
		sample[i] = values[i * n / SAMPLE];
	}
	sort_few(sample, SAMPLE);
	*ret_low = sample[SAMPLE / 2 - SAMPLE_OFF];
	*ret_high = sample[SAMPLE / 2 + SAMPLE_OFF];
}

/* Keeps the values from low to high, in front; how many they are. */
static size_t keep_between(double *values, size_t n, double low, double high)
{
	size_t kept = 0;

	for (size_t i = 0; i < n; i++) {
		double value = values[i];
		values[kept] = value;
		kept += (value >= low) & (value <= high);
	}
	return kept;
}

double quantile_median(double *values, size_t n)
{
	assert(n > 0);
	size_t first = (n - 1) / 2, second = n / 2; /* the ranks wanted */

	while (n >= SORT_BELOW) {
		double low, high;
		choose_pivots(values, n, &low, &high);
		size_t n_below = 0, n_above = 0;
		for (size_t i = 0; i < n; i++) {
			n_below += values[i] < low;
			n_above += values[i] > high;
		}
		bool is_low_outside = first < n_below, is_high_outside = second >= n - n_above;
		if (low == high && !is_low_outside && !is_high_outside) {
			return low;
		}
		size_t kept = keep_between(values, n, is_low_outside ? -INFINITY : low,
			is_high_outside ? INFINITY : high);
		if (kept == n) { /* nearly all are one of two values */
			break;
		}
		first -= is_low_outside ? 0 : n_below;
		second -= is_low_outside ? 0 : n_below;
		n = kept;
	}
	if (n < SORT_BELOW) {
		sort_few(values, n);
	} else {
		quantile_sort(values, n);
	}
	return (values[first] + values[second]) / 2;
}

static int compare(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

void quantile_sort(double *values, size_t n)
{
	qsort(values, n, sizeof(values[0]), compare);
}

/* The value at a position between 0 and n - 1, interpolated. */
static double at(const double *sorted, size_t n, double position)
{
	double whole = floor(position);
	size_t i = (size_t)whole;

	if (i + 1 >= n) {
		return sorted[n - 1];
	}
	return sorted[i] + (position - whole) * (sorted[i + 1] - sorted[i]);
}

double quantile_of_sorted(const double *sorted, size_t n, double p)
{
	assert(n > 0 && p >= 0 && p <= 1);
	return at(sorted, n, p * (double)(n - 1));
}

double quantile_of_replicates(const double *sorted, size_t n, double p)
{
	assert(n > 0 && p >= 0 && p <= 1);
	double rank = p * (double)(n + 1);

	return at(sorted, n, rank < 1 ? 0 : rank - 1);
}
