#include "watch/history/history.h"

#include <errno.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "util/cleanup.h"
#include "util/json.h"
#include "watch/record/figure.h"

#define NAME_MAX_BYTES 128
#define LINE_MAX_BYTES (1 << 20)

void history_done(struct history *history)
{
	for (size_t i = 0; i < history->n_figures; i++) {
		free(history->figures[i].name);
	}
	free(history->figures);
	*history = (struct history){0};
}

double history_figure_mean(const struct history_figure *figure)
{
	return figure->sum / (double)figure->n;
}

static int append(struct history *history, const char *name)
{
	if (history->n_figures == HISTORY_FIGURES_MAX) {
		return -E2BIG;
	}
	if (history->n_figures == history->n_allocated) {
		size_t n = history->n_allocated ? history->n_allocated * 2 : 64;
		struct history_figure *figures =
			reallocarray(history->figures, n, sizeof(*figures));
		if (!figures) {
			return -ENOMEM;
		}
		history->figures = figures;
		history->n_allocated = n;
	}
	char *copy = strdup(name);
	if (!copy) {
		return -ENOMEM;
	}
	history->figures[history->n_figures++] = (struct history_figure){.name = copy};
	return 0;
}

/* Samples have their figures in the same order mostly, so the next one is tried first. */
static int find(struct history *history, const char *name, struct history_figure **ret_figure)
{
	for (size_t i = 0; i < history->n_figures; i++) {
		size_t at = (history->cursor + i) % history->n_figures;
		if (strcmp(history->figures[at].name, name) == 0) {
			history->cursor = at + 1;
			*ret_figure = &history->figures[at];
			return 0;
		}
	}
	int r = append(history, name);
	if (r < 0) {
		return r;
	}
	history->cursor = history->n_figures;
	*ret_figure = &history->figures[history->n_figures - 1];
	return 0;
}

static int add_value(struct history *history, const char *name, double value)
{
	struct history_figure *figure;
	int r = find(history, name, &figure);

	if (r < 0) {
		return r;
	}
	figure->min = figure->n == 0 || value < figure->min ? value : figure->min;
	figure->max = figure->n == 0 || value > figure->max ? value : figure->max;
	figure->sum += value;
	figure->last = value;
	figure->n++;
	return 0;
}

/* Whether it is the state of a camera; that of a process is "running" or "ended". */
static bool is_state(const char *name, const json_t *value, double *ret_state)
{
	return json_is_string(value) && figure_is_state(name) &&
	       figure_state_find(json_string_value(value), ret_state) == 0;
}

/* Adds the numbers and states below an object; prefix ends in a dot, or is empty. */
static int add_object(struct history *history, json_t *object, const char *prefix, int depth)
{
	const char *key;
	json_t *value;

	json_object_foreach(object, key, value) {
		char name[NAME_MAX_BYTES];
		double state;
		int r = 0;
		bool is_inner = json_is_object(value) && depth > 0;
		if ((size_t)snprintf(name, sizeof(name), "%s%s%s", prefix, key,
			    is_inner ? "." : "") >= sizeof(name)) {
			continue; /* not one of ours */
		}
		if (is_inner) {
			r = add_object(history, value, name, depth - 1);
		} else if (json_is_number(value)) {
			r = add_value(history, name, json_number_value(value));
		} else if (is_state(name, value, &state)) {
			r = add_value(history, name, state);
		}
		if (r < 0) {
			return r;
		}
	}
	return 0;
}

/* A sequence that begins again is that of another run. */
static void count_lost(struct history *history, uint64_t sequence)
{
	if (history->n_samples > 0 && sequence > history->last_sequence + 1) {
		history->n_lost += sequence - history->last_sequence - 1;
	}
	history->last_sequence = sequence;
}

int history_add_line(struct history *history, const char *line, size_t size, uint64_t since_unix_ms)
{
	_cleanup_json_ json_t *document = json_loadb(line, size, JSON_REJECT_DUPLICATES, NULL);
	const json_t *sample = json_object_get(document, "sample");
	json_int_t taken_ms = json_integer_value(json_object_get(sample, "taken_unix_ms"));
	json_int_t sequence = json_integer_value(json_object_get(sample, "sequence"));

	if (taken_ms <= 0 || sequence < 0) {
		history->n_lines++;
		return 0;
	}
	if ((uint64_t)taken_ms < since_unix_ms) {
		return 0;
	}
	json_object_del(document, "sample");
	json_object_del(document, "processes");
	count_lost(history, (uint64_t)sequence);
	history->cursor = 0;
	int r = add_object(history, document, "", 6);
	if (r < 0) {
		return r;
	}
	if (history->n_samples == 0) {
		history->first_unix_ms = (uint64_t)taken_ms;
	}
	history->last_unix_ms = (uint64_t)taken_ms;
	history->n_samples++;
	return 0;
}

/* Whether the last line was written before. */
static bool is_older(FILE *file, uint64_t since_unix_ms)
{
	struct stat status;

	return fstat(fileno(file), &status) == 0 &&
	       (uint64_t)status.st_mtim.tv_sec * 1000 + 1000 < since_unix_ms;
}

static int read_file(struct history *history, const char *path, uint64_t since_unix_ms)
{
	_cleanup_file_ FILE *file = fopen(path, "re");
	_cleanup_free_ char *line = NULL;
	size_t allocated = 0;
	ssize_t size;

	if (!file) {
		return -errno;
	}
	if (is_older(file, since_unix_ms)) {
		return 0;
	}
	while ((size = getline(&line, &allocated, file)) > 0) {
		int r = size > LINE_MAX_BYTES
				? -E2BIG
				: history_add_line(history, line, (size_t)size, since_unix_ms);
		if (r < 0) {
			return r;
		}
	}
	return ferror(file) ? -EIO : 0;
}

int history_read(
	struct history *history, const char *path, uint64_t since_unix_ms, struct error *err)
{
	char name[PATH_MAX + 16];

	for (int i = HISTORY_FILES_MAX; i >= 0; i--) {
		snprintf(name, sizeof(name), i > 0 ? "%s.%d" : "%s", path, i);
		int r = read_file(history, name, since_unix_ms);
		if (r < 0 && (r != -ENOENT || i == 0)) {
			return error_set(err, r, "%s: %s", name, error_name(r));
		}
	}
	return 0;
}
