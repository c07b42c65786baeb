#include "top/view.h"

#include <math.h>
#include <string.h>

#define MIB   1048576.0
#define WIDTH 80 /* of the tables */

#define ALERTS_SHOWN  3 /* the rest is counted */
#define VIEWERS_LEAST 3 /* the rows of viewers that processes leave room for */

struct part {
	const char *name;
	enum canvas_style style;
	char letter; /* of the bar without block characters */
	double bytes;
};

static double or_zero(double value)
{
	return isnan(value) ? 0 : value;
}

static enum canvas_style judge(double value, double warning, double bad)
{
	if (isnan(value)) {
		return CANVAS_STYLE_FAINT;
	}
	return value >= bad       ? CANVAS_STYLE_BAD
	       : value >= warning ? CANVAS_STYLE_WARNING
				  : CANVAS_STYLE_NORMAL;
}

/* At the right of width columns; "-" for what is not known. */
static int print_number(struct canvas *canvas, int row, int column, enum canvas_style style,
	int width, int decimals, double value)
{
	if (isnan(value)) {
		return canvas_print(canvas, row, column, CANVAS_STYLE_FAINT, "%*s", width, "-");
	}
	return canvas_print(canvas, row, column, style, "%*.*f", width, decimals, value);
}

static void draw_title(
	const struct model *model, const struct view_options *options, struct canvas *canvas)
{
	int column = canvas_print(canvas, 0, 0, CANVAS_STYLE_TITLE, "twinlens top");

	canvas_print(canvas, 0, column, CANVAS_STYLE_NORMAL, "  %.30s  %s  every %g s  %.255s:%s",
		options->host, options->time, options->interval_s, model->url.host,
		model->url.port);
}

/* Returns the row behind them. */
static int draw_alerts(const struct model *model, int row, struct canvas *canvas)
{
	for (size_t i = 0; i < model->n_alerts; i++) {
		const struct model_alert *alert = &model->alerts[i];
		size_t left = model->n_alerts - i;
		if (i == ALERTS_SHOWN - 1 && left > 1) {
			canvas_print(canvas, row++, 0, CANVAS_STYLE_BAD, "%zu more alerts", left);
			break;
		}
		canvas_print(canvas, row++, 0, CANVAS_STYLE_BAD,
			"alert %s: %s is %s (%s %s), since %s", alert->name, alert->figure,
			alert->value, alert->op, alert->limit, alert->since);
	}
	return row;
}

/* What the kernel holds besides: slab, stacks, page tables, and the table of zram. */
static size_t take_parts(const struct model *model, struct part parts[5])
{
	const double *values = model->system.values;
	double zram = or_zero(values[FIGURE_ZRAM_MEMORY]) + or_zero(values[FIGURE_ZRAM_TABLE]);
	double drivers = or_zero(values[FIGURE_MEMORY_UNACCOUNTED]);
	double anonymous = or_zero(values[FIGURE_MEMORY_ANONYMOUS]);
	double cache =
		or_zero(values[FIGURE_MEMORY_CACHED]) + or_zero(values[FIGURE_MEMORY_BUFFERS]);
	double rest = or_zero(values[FIGURE_MEMORY_TOTAL]) - or_zero(values[FIGURE_MEMORY_FREE]) -
		      zram - drivers - anonymous - cache;

	parts[0] = (struct part){"anonymous", CANVAS_STYLE_ANONYMOUS, 'a', anonymous};
	parts[1] = (struct part){"zram", CANVAS_STYLE_ZRAM, 'z', zram};
	parts[2] = (struct part){"kernel", CANVAS_STYLE_KERNEL, 'k', rest > 0 ? rest : 0};
	parts[3] = (struct part){"drivers", CANVAS_STYLE_DRIVERS, 'd', drivers};
	parts[4] = (struct part){"cache", CANVAS_STYLE_CACHE, 'c', cache};
	return 5;
}

/* Each part as long as its share; what is free is left blank. */
static void draw_bar(const struct part *parts, size_t n, double total, bool has_blocks, int row,
	struct canvas *canvas)
{
	int width = (canvas->columns < WIDTH ? canvas->columns : WIDTH) - 2;
	double sum = 0;
	int column = 1;

	canvas_print(canvas, row, 0, CANVAS_STYLE_NORMAL, "[");
	for (size_t i = 0; i < n && total > 0; i++) {
		sum += parts[i].bytes;
		int end = 1 + (int)(sum / total * width + 0.5);
		for (; column < end && column <= width; column++) {
			if (has_blocks) {
				canvas_print(canvas, row, column, parts[i].style, "█");
			} else {
				canvas_print(
					canvas, row, column, parts[i].style, "%c", parts[i].letter);
			}
		}
	}
	canvas_print(canvas, row, width + 1, CANVAS_STYLE_NORMAL, "]");
}

static int draw_memory(const struct model *model, const struct view_options *options, int row,
	struct canvas *canvas)
{
	const double *values = model->system.values;
	double total = values[FIGURE_MEMORY_TOTAL], used = values[FIGURE_MEMORY_USED_PERCENT];
	struct part parts[5];
	size_t n = take_parts(model, parts);

	int column = canvas_print(canvas, row, 0, CANVAS_STYLE_NORMAL, "memory %.0f MiB, used ",
		or_zero(total) / MIB);
	column = print_number(canvas, row, column, judge(used, 75, 85), 0, 1, used);
	column = canvas_print(canvas, row, column, CANVAS_STYLE_NORMAL,
		" %%, available %.0f MiB, swap %.0f MiB",
		or_zero(values[FIGURE_MEMORY_AVAILABLE]) / MIB,
		or_zero(values[FIGURE_SWAP_USED]) / MIB);
	draw_bar(parts, n, total, options->has_blocks, row + 1, canvas);
	column = 0;
	for (size_t i = 0; i < n; i++) {
		column = canvas_print(canvas, row + 2, column, parts[i].style, "%s", parts[i].name);
		column = canvas_print(canvas, row + 2, column, CANVAS_STYLE_NORMAL, " %.0f  ",
			parts[i].bytes / MIB);
	}
	canvas_print(canvas, row + 2, column, CANVAS_STYLE_FAINT, "free %.0f MiB",
		or_zero(values[FIGURE_MEMORY_FREE]) / MIB);
	return row + 3;
}

/* The newest on the right; full height is 100 %. */
static void draw_history(const struct history *history, const char *name, double bad,
	const struct view_options *options, int row, struct canvas *canvas)
{
	static const char *const blocks[] = {" ", "▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"};
	static const char *const letters[] = {" ", ".", ".", ":", ":", "-", "=", "+", "#"};
	int width = (canvas->columns < WIDTH ? canvas->columns : WIDTH) - 18;
	double now = history_get(history, 0);

	canvas_print(canvas, row, 0, CANVAS_STYLE_NORMAL, "%-9s", name);
	print_number(canvas, row, 10, judge(now, bad * 0.75, bad), 5, 1, now);
	canvas_print(canvas, row, 16, CANVAS_STYLE_NORMAL, "%%");
	for (int i = 0; i < width; i++) {
		double value = history_get(history, (size_t)(width - 1 - i));
		if (!isnan(value)) {
			int level = (int)ceil(fmin(fmax(value, 0), 100) / 12.5);
			canvas_print(canvas, row, 18 + i, judge(value, bad * 0.75, bad), "%s",
				(options->has_blocks ? blocks : letters)[level]);
		}
	}
}

static enum canvas_style judge_camera(const struct model_camera *camera)
{
	if (strcmp(camera->state, "lost") == 0 || strcmp(camera->state, "error") == 0) {
		return CANVAS_STYLE_BAD;
	}
	bool is_slow = camera->fps < 0.95 * camera->fps_target;
	return strcmp(camera->state, "streaming") != 0 ? CANVAS_STYLE_FAINT
	       : is_slow                               ? CANVAS_STYLE_WARNING
						       : CANVAS_STYLE_GOOD;
}

/* Over two lines when it is long, parted at a blank. Returns the last row. */
static int print_long(
	struct canvas *canvas, int row, int column, enum canvas_style style, const char *text)
{
	size_t room = canvas->columns > column ? (size_t)(canvas->columns - column) : 0;
	size_t length = strlen(text), end = length;

	if (length > room) {
		for (end = room; end > 0 && text[end] != ' '; end--) {
		}
	}
	canvas_print(canvas, row, column, style, "%.*s", (int)(end > 0 ? end : length), text);
	if (end > 0 && end < length) {
		canvas_print(canvas, ++row, column, style, "%s", text + end + 1);
	}
	return row;
}

static int draw_camera(const struct model_camera *camera, int row, struct canvas *canvas)
{
	enum canvas_style style = judge_camera(camera);

	canvas_print(canvas, row, 0, CANVAS_STYLE_NORMAL, "%-20.20s", camera->name);
	canvas_print(canvas, row, 21, style, "%-10.10s", camera->state);
	canvas_print(canvas, row, 32, style, "%6.1f of %g", camera->fps, camera->fps_target);
	print_number(canvas, row, 48, CANVAS_STYLE_NORMAL, 7, 1, camera->age_ms);
	canvas_print(canvas, row, 58, CANVAS_STYLE_NORMAL, "%7lld", (long long)camera->viewers);
	canvas_print(canvas, row, 68, CANVAS_STYLE_NORMAL, "%7lld", (long long)camera->dropped);
	if (camera->error[0]) {
		row = print_long(canvas, row + 1, 2, CANVAS_STYLE_BAD, camera->error);
	}
	return row + 1;
}

static int draw_server(const struct model *model, int row, struct canvas *canvas)
{
	if (model->trouble.text[0]) {
		return print_long(canvas, row, 0, CANVAS_STYLE_WARNING, model->trouble.text) + 2;
	}
	canvas_print(canvas, row++, 0, CANVAS_STYLE_TITLE, "%-20s %-10s %-15s %7s %9s %9s",
		"camera", "state", "     fps", "age ms", "viewers", "dropped");
	for (size_t i = 0; i < model->n_cameras; i++) {
		row = draw_camera(&model->cameras[i], row, canvas);
	}
	return row + 1;
}

static void draw_process(const struct process_entry *entry, int row, struct canvas *canvas)
{
	const double *values = entry->values;

	canvas_print(
		canvas, row, 0, CANVAS_STYLE_NORMAL, "%-20.20s %8d", entry->name, (int)entry->pid);
	if (entry->is_ended) {
		canvas_print(canvas, row, 30, CANVAS_STYLE_BAD, "ended");
		return;
	}
	print_number(canvas, row, 30, CANVAS_STYLE_NORMAL, 9, 0, values[PROCESS_PSS] / 1024);
	print_number(canvas, row, 40, CANVAS_STYLE_NORMAL, 9, 0, values[PROCESS_ANONYMOUS] / 1024);
	print_number(canvas, row, 50, CANVAS_STYLE_NORMAL, 9, 0, values[PROCESS_SWAP] / 1024);
	print_number(canvas, row, 60, CANVAS_STYLE_NORMAL, 7, 1, values[PROCESS_CPU_PERCENT]);
	print_number(canvas, row, 68, CANVAS_STYLE_NORMAL, 6, 0, values[PROCESS_DESCRIPTORS]);
}

/* The rows that the viewers are to have, with the blank and the title above them. */
static int count_viewer_rows(const struct model *model)
{
	int n = model->n_viewers < VIEWERS_LEAST ? (int)model->n_viewers : VIEWERS_LEAST;

	return n > 0 ? n + 2 : 0;
}

/* Down to where the viewers begin; the last line says how many more there are. */
static int draw_processes(const struct model *model, int row, struct canvas *canvas)
{
	int end = canvas->rows - count_viewer_rows(model);

	canvas_print(canvas, row++, 0, CANVAS_STYLE_TITLE, "%-20s %8s %9s %9s %9s %7s %6s",
		"process", "pid", "PSS KiB", "anon KiB", "swap KiB", "CPU %", "fds");
	for (size_t i = 0; i < model->processes.n; i++) {
		size_t left = model->processes.n - i;
		if (row >= end - 1 && left > 1) {
			canvas_print(canvas, row++, 0, CANVAS_STYLE_FAINT, "%zu more", left);
			break;
		}
		draw_process(&model->processes.entries[i], row++, canvas);
	}
	return row + 1;
}

/* In the order of the server; the last line says how many more there are. */
static int draw_viewers(const struct model *model, int row, struct canvas *canvas)
{
	if (model->n_viewers == 0) {
		return row;
	}
	canvas_print(canvas, row++, 0, CANVAS_STYLE_TITLE, "%-30s %-12s %10s %10s", "viewer",
		"transport", "sent", "skipped");
	for (size_t i = 0; i < model->n_viewers; i++) {
		const struct model_viewer *viewer = &model->viewers[i];
		size_t left = model->n_viewers - i;
		if (row == canvas->rows - 1 && left > 1) {
			canvas_print(canvas, row++, 0, CANVAS_STYLE_FAINT, "%zu more", left);
			break;
		}
		canvas_print(canvas, row, 0, CANVAS_STYLE_NORMAL, "%-30.30s %-12.12s %10lld",
			viewer->peer, viewer->transport, (long long)viewer->sent);
		canvas_print(canvas, row++, 55,
			viewer->skipped > 0 ? CANVAS_STYLE_WARNING : CANVAS_STYLE_NORMAL, "%9lld",
			(long long)viewer->skipped);
	}
	return row;
}

void view_draw(const struct model *model, const struct view_options *options, struct canvas *canvas)
{
	draw_title(model, options, canvas);
	int row = draw_alerts(model, 1, canvas);
	row = draw_memory(model, options, row + 1, canvas) + 1;
	draw_history(&model->used, "used", 85, options, row++, canvas);
	draw_history(&model->stalled, "stalled", 10, options, row++, canvas);
	draw_history(&model->cpu, "CPU", 80, options, row++, canvas);
	row = draw_server(model, row + 1, canvas);
	row = draw_processes(model, row, canvas);
	draw_viewers(model, row, canvas);
}
