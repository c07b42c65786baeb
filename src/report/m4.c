#include "report/m4.h"

#include <math.h>
#include <stdbool.h>

struct column {
	bool is_used;
	size_t first, last, low, high;
};

static size_t column_of(double time, double begin, double end, size_t n_columns)
{
	double share = end > begin ? (time - begin) / (end - begin) : 0;

	if (!(share > 0)) {
		return 0;
	}
	size_t column = share >= 1 ? n_columns : (size_t)(share * (double)n_columns);
	return column < n_columns ? column : n_columns - 1;
}

static void column_add(struct column *column, const double *values, size_t i)
{
	if (!column->is_used) {
		*column = (struct column){true, i, i, i, i};
		return;
	}
	column->last = i;
	if (values[i] < values[column->low]) {
		column->low = i;
	}
	if (values[i] > values[column->high]) {
		column->high = i;
	}
}

/* Ascending, each once. */
static size_t column_flush(struct column *column, size_t *kept)
{
	if (!column->is_used) {
		return 0;
	}
	bool is_low_first = column->low < column->high;
	size_t wanted[] = {column->first, is_low_first ? column->low : column->high,
		is_low_first ? column->high : column->low, column->last};
	size_t n = 0;
	for (size_t i = 0; i < sizeof(wanted) / sizeof(wanted[0]); i++) {
		if (n == 0 || kept[n - 1] != wanted[i]) {
			kept[n++] = wanted[i];
		}
	}
	column->is_used = false;
	return n;
}

size_t m4_reduce(const double *times, const double *values, size_t n, double begin, double end,
	size_t n_columns, size_t *ret_kept)
{
	struct column column = {0};
	size_t current = 0, n_kept = 0;

	for (size_t i = 0; i < n; i++) {
		if (isnan(values[i])) {
			continue;
		}
		size_t at = column_of(times[i], begin, end, n_columns);
		if (at != current) {
			n_kept += column_flush(&column, ret_kept + n_kept);
			current = at;
		}
		column_add(&column, values, i);
	}
	return n_kept + column_flush(&column, ret_kept + n_kept);
}
