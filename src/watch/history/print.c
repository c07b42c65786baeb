#include "watch/history/print.h"

#include <errno.h>
#include <string.h>

#include "util/json.h"
#include "watch/record/figure.h"
#include "watch/record/text.h"

static void format_value(const char *name, double value, char text[static TEXT_BYTES_SIZE])
{
	size_t length = strlen(name);

	if (length > 6 && strcmp(name + length - 6, "_bytes") == 0) {
		text_format_bytes(value, text);
	} else if (figure_is_state(name)) {
		snprintf(text, TEXT_BYTES_SIZE, "%s", figure_state_name(value));
	} else {
		snprintf(text, TEXT_BYTES_SIZE, figure_is_whole(name) ? "%.15g" : "%.1f", value);
	}
}

/* The mean of counts is not a whole number. */
static void format_mean(const struct history_figure *figure, char text[static TEXT_BYTES_SIZE])
{
	double mean = history_figure_mean(figure);

	if (figure_is_state(figure->name)) {
		snprintf(text, TEXT_BYTES_SIZE, "-");
	} else if (figure_is_whole(figure->name) && !strstr(figure->name, "_bytes")) {
		snprintf(text, TEXT_BYTES_SIZE, "%.1f", mean);
	} else {
		format_value(figure->name, mean, text);
	}
}

int history_print_table(const struct history *history, FILE *file)
{
	char first[TEXT_TIME_SIZE], last[TEXT_TIME_SIZE];

	text_format_time(history->first_unix_ms, first);
	text_format_time(history->last_unix_ms, last);
	fprintf(file, "%llu samples from %s to %s, %llu lost\n",
		(unsigned long long)history->n_samples, first, last,
		(unsigned long long)history->n_lost);
	if (history->n_lines > 0) {
		fprintf(file, "%llu lines are not samples\n", (unsigned long long)history->n_lines);
	}
	fprintf(file, "\n%-44s %10s %10s %10s %10s\n", "figure", "minimum", "mean", "maximum",
		"last");
	for (size_t i = 0; i < history->n_figures; i++) {
		const struct history_figure *figure = &history->figures[i];
		char min[TEXT_BYTES_SIZE], mean[TEXT_BYTES_SIZE], max[TEXT_BYTES_SIZE],
			now[TEXT_BYTES_SIZE];
		if (strncmp(figure->name, "fragmentation.", 14) == 0) {
			continue;
		}
		format_value(figure->name, figure->min, min);
		format_mean(figure, mean);
		format_value(figure->name, figure->max, max);
		format_value(figure->name, figure->last, now);
		fprintf(file, "%-44s %10s %10s %10s %10s\n", figure->name, min, mean, max, now);
	}
	return ferror(file) ? -EIO : 0;
}

int history_print_json(const struct history *history, FILE *file)
{
	char first[TEXT_TIME_SIZE], last[TEXT_TIME_SIZE];
	json_t *figures = json_object();

	for (size_t i = 0; i < history->n_figures; i++) {
		const struct history_figure *figure = &history->figures[i];
		json_t *object = json_pack("{s:I,s:f,s:f,s:f,s:f}", "n", (json_int_t)figure->n,
			"min", figure->min, "mean", history_figure_mean(figure), "max", figure->max,
			"last", figure->last);
		if (json_object_set_new(figures, figure->name, object) < 0) {
			json_decref(figures);
			return -ENOMEM;
		}
	}
	text_format_time(history->first_unix_ms, first);
	text_format_time(history->last_unix_ms, last);
	_cleanup_json_ json_t *document = json_pack("{s:s,s:s,s:I,s:I,s:o}", "from", first, "to",
		last, "samples", (json_int_t)history->n_samples, "lost",
		(json_int_t)history->n_lost, "figures", figures);
	if (!document) {
		return -ENOMEM;
	}
	int r = json_dumpf(document, file, JSON_REAL_PRECISION(15));
	fprintf(file, "\n");
	return r < 0 || ferror(file) ? -EIO : 0;
}
