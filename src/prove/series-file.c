#include "prove/series-file.h"

#include <ctype.h>
#include <errno.h>
#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#define POINTS_FIRST 4096

/* Where the reading is. */
struct reader {
	const char *name;
	size_t line;
	size_t room; /* points that each series has memory for */
	struct series_file series;
	struct error *err;
};

static int refuse(const struct reader *reader, int code, const char *reason)
{
	return error_set(reader->err, code, "%s:%zu: %s", reader->name, reader->line, reason);
}

/* Cuts off what stands before the next comma, without blanks around it; NULL at the end. */
static char *next_field(char **rest)
{
	char *field = *rest;

	if (!field) {
		return NULL;
	}
	*rest = strchr(field, ',');
	if (*rest) {
		*(*rest)++ = '\0';
	}
	field += strspn(field, " \t\r\n");
	size_t length = strlen(field);
	while (length > 0 && strchr(" \t\r\n", field[length - 1])) {
		length--;
	}
	field[length] = '\0';
	return field;
}

/* strtod(3) takes more than decimal numbers. */
static bool parse_number(const char *text, double *ret_value)
{
	char *end;

	if (text[0] == '\0' || text[strspn(text, "0123456789+-.eE")] != '\0') {
		return false;
	}
	double value = strtod(text, &end);
	*ret_value = value;
	return *end == '\0' && isfinite(value);
}

static bool is_name(const char *text)
{
	size_t length = strlen(text);

	for (size_t i = 0; i < length; i++) {
		if (!isalnum((unsigned char)text[i]) && !strchr("_.-", text[i])) {
			return false;
		}
	}
	return length > 0 && length <= SERIES_FILE_NAME_MAX;
}

static int take_names(struct reader *reader, char *rest)
{
	struct series_file *series = &reader->series;
	char *name;

	while ((name = next_field(&rest)) != NULL) {
		if (series->n_series == LEAK_SERIES_MAX) {
			return refuse(reader, -E2BIG, "more than 16 series");
		}
		if (!is_name(name)) {
			return refuse(reader, -EINVAL,
				"name of a column: must be 1 to 63 letters, digits, dots, dashes "
				"and underscores");
		}
		for (size_t i = 0; i < series->n_series; i++) {
			if (strcmp(series->names[i], name) == 0) {
				return refuse(reader, -EINVAL, "two columns have the same name");
			}
		}
		strcpy(series->names[series->n_series++], name);
	}
	return series->n_series > 0 ? 0 : refuse(reader, -EINVAL, "no column beside the time");
}

static int grow(struct reader *reader)
{
	struct series_file *series = &reader->series;
	size_t room = reader->room > 0 ? 2 * reader->room : POINTS_FIRST;

	for (size_t i = 0; i < series->n_series; i++) {
		struct series_point *points =
			reallocarray(series->points[i], room, sizeof(points[0]));
		if (!points) {
			return refuse(reader, -ENOMEM, error_name(-ENOMEM));
		}
		series->points[i] = points;
	}
	reader->room = room;
	return 0;
}

static int take_values(struct reader *reader, double time_s, char *rest)
{
	struct series_file *series = &reader->series;

	if (series->n > 0 && time_s <= series->points[0][series->n - 1].time_s) {
		return refuse(reader, -EINVAL,
			"time does not ascend; after a restart, judge each part by itself");
	}
	if ((series->n + 1) * series->n_series > SERIES_FILE_POINTS_MAX) {
		return refuse(reader, -E2BIG, "more than 1000000 values; leave samples out");
	}
	if (series->n == reader->room) {
		int r = grow(reader);
		if (r < 0) {
			return r;
		}
	}
	for (size_t i = 0; i < series->n_series; i++) {
		const char *field = next_field(&rest);
		double value;
		if (!field || !parse_number(field, &value)) {
			return refuse(reader, -EINVAL, "value: must be a decimal number");
		}
		series->points[i][series->n] = (struct series_point){time_s, value};
	}
	if (rest) {
		return refuse(reader, -EINVAL, "more values than columns");
	}
	series->n++;
	return 0;
}

static int take_line(struct reader *reader, char *line)
{
	struct series_file *series = &reader->series;
	char *rest = line, *first = next_field(&rest);
	double time_s;

	if ((first[0] == '\0' && !rest) || first[0] == '#') {
		return 0;
	}
	if (parse_number(first, &time_s)) {
		if (series->n_series == 0) {
			strcpy(series->names[series->n_series++], "bytes");
		}
		return take_values(reader, time_s, rest);
	}
	if (series->n_series > 0) {
		return refuse(reader, -EINVAL, "time: must be a decimal number of seconds");
	}
	if (!is_name(first)) {
		return refuse(reader, -EINVAL, "must begin with time_s,bytes or a time in seconds");
	}
	return take_names(reader, rest);
}

static int take_lines(struct reader *reader, FILE *in)
{
	char line[SERIES_FILE_LINE_MAX + 2];

	while (fgets(line, sizeof(line), in)) {
		size_t length = strlen(line);
		reader->line++;
		if (length == sizeof(line) - 1 && line[length - 1] != '\n') {
			return refuse(reader, -E2BIG, "longer than 2047 bytes");
		}
		if (length == 0 || (line[length - 1] != '\n' && !feof(in))) {
			return refuse(reader, -EINVAL, "holds a NUL byte; is this text?");
		}
		int r = take_line(reader, line);
		if (r < 0) {
			return r;
		}
	}
	if (ferror(in)) {
		return error_set(reader->err, -errno, "%s: %s", reader->name, error_name(-errno));
	}
	if (reader->series.n < 2) {
		return error_set(reader->err, -EINVAL,
			"%s: holds fewer than 2 samples; lines are time_s,bytes", reader->name);
	}
	return 0;
}

int series_file_read(FILE *in, const char *name, struct series_file *ret_series, struct error *err)
{
	struct reader reader = {.name = name, .err = err};
	int r = take_lines(&reader, in);

	if (r < 0) {
		series_file_done(&reader.series);
		return r;
	}
	*ret_series = reader.series;
	return 0;
}

void series_file_done(struct series_file *series)
{
	if (!series) {
		return;
	}
	for (size_t i = 0; i < LEAK_SERIES_MAX; i++) {
		free(series->points[i]);
	}
	*series = (struct series_file){0};
}
