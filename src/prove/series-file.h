/*
 * Reads series from text: comma-separated, one sample a line, the time in seconds and then one
 * value for each series. A first line that does not begin with a number names the columns:
 *
 *     time_s,bytes
 *     0,13631488
 *     10,13635584
 *
 * Without names there is one series, "bytes". Blanks around a value, empty lines and lines that
 * begin with # are ignored. Times ascend; numbers are decimal and finite.
 */
#ifndef PROVE_SERIES_FILE_H
#define PROVE_SERIES_FILE_H

#include <stddef.h>
#include <stdio.h>

#include "stats/leak.h"
#include "util/error.h"

#define SERIES_FILE_NAME_MAX   63
#define SERIES_FILE_LINE_MAX   2047
#define SERIES_FILE_POINTS_MAX 1000000 /* of all series together: 7 days at 1 s fit, once */

struct series_file {
	size_t n_series;                                       /* 1..LEAK_SERIES_MAX */
	size_t n;                                              /* points of each, at least 2 */
	char names[LEAK_SERIES_MAX][SERIES_FILE_NAME_MAX + 1]; /* unique, printable */
	struct series_point *points[LEAK_SERIES_MAX];
};

/*
 * Reads to the end. name is what errors call the input. 0, or a negative errno with its text in
 * err: -EINVAL (not of this form), -E2BIG (over a limit), -ENOMEM, or that of reading.
 */
int series_file_read(FILE *in, const char *name, struct series_file *ret_series, struct error *err);

/* NULL-safe; leaves an empty struct. */
void series_file_done(struct series_file *series);

#define _cleanup_series_file_ __attribute__((cleanup(series_file_done)))

#endif
