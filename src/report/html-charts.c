/*
 * The charts in the HTML report: for each a figure with the least, mean and greatest value of its
 * series, which needs no script; the points for dygraphs, thinned by m4.h; and, where there is no
 * dygraphs or no script, the means of 24 parts of the run.
 */
#include "report/html-impl.h"

#include <assert.h>
#include <errno.h>
#include <math.h>
#include <string.h>

#include "report/m4.h"
#include "report/markup.h"
#include "report/page-impl.h"
#include "report/spell.h"
#include "util/cleanup.h"
#include "util/json.h"

#define CHART_COLUMNS 720 /* pixels; four points a pixel at the most */
#define CHART_PARTS   24
#define TICKS_PER_S   10 /* times in the file are in tenths of a second */

static const struct chart {
	const char *id, *unit;
	struct report_text title;
} charts[REPORT_CHART_COUNT] = {
	[REPORT_CHART_MEMORY] = {"memory", "MiB", {"Memory by kind", "各类内存"}},
	[REPORT_CHART_PRESSURE] = {"pressure", "%", {"Pressure stall (PSI)", "资源压力（PSI）"}},
	[REPORT_CHART_CPU] = {"cpu", "%", {"CPU", "CPU 使用率"}},
	[REPORT_CHART_FPS] = {"fps", "fps", {"Frame rate", "帧率"}},
	[REPORT_CHART_AGE] = {"age", "ms", {"Age on screen", "画面延迟"}},
};

struct summary {
	size_t n;
	double low, high, sum, last;
};

static struct summary summarize(const struct report_series *series, double begin, double end)
{
	struct summary summary = {.low = NAN, .high = NAN, .last = NAN};

	for (size_t i = 0; i < series->n; i++) {
		double value = series->values[i];
		if (isnan(value) || series->times_s[i] < begin || series->times_s[i] >= end) {
			continue;
		}
		summary.low = fmin(summary.low, value); /* NAN gives way */
		summary.high = fmax(summary.high, value);
		summary.sum += value;
		summary.last = value;
		summary.n++;
	}
	return summary;
}

static double mean_of(const struct summary *summary)
{
	return summary->n > 0 ? summary->sum / (double)summary->n : NAN;
}

/* The next series of a chart at or after *index; NULL at the end. */
static const struct report_series *next_series(
	const struct report *report, enum report_chart chart, size_t *index)
{
	while (*index < report->n_series) {
		const struct report_series *series = &report->series[(*index)++];
		if (series->chart == chart && series->n > 0) {
			return series;
		}
	}
	return NULL;
}

static bool has_series(const struct report *report, enum report_chart chart)
{
	size_t index = 0;

	return next_series(report, chart, &index) != NULL;
}

/* Where the longest series of a chart ends; the beginning of the run is 0. */
static double chart_end_s(const struct report *report, enum report_chart chart)
{
	const struct report_series *series;
	double end = 0;

	for (size_t i = 0; (series = next_series(report, chart, &i));) {
		end = fmax(end, series->times_s[series->n - 1]);
	}
	return end;
}

static void write_summaries(struct html *html, enum report_chart chart)
{
	const struct report_series *series;

	fputs("<table class=\"data\"><thead><tr><th></th><th>n</th><th>", html->out);
	html_write_text(html, (struct report_text){"least", "最小"});
	fputs("</th><th>", html->out);
	html_write_text(html, (struct report_text){"mean", "平均"});
	fputs("</th><th>", html->out);
	html_write_text(html, (struct report_text){"greatest", "最大"});
	fputs("</th><th>", html->out);
	html_write_text(html, (struct report_text){"last", "最后"});
	fputs("</th></tr></thead><tbody>\n", html->out);
	for (size_t i = 0; (series = next_series(html->report, chart, &i));) {
		struct summary summary = summarize(series, -INFINITY, INFINITY);
		fputs("<tr><td>", html->out);
		html_write_text(html, series->label);
		fprintf(html->out, "</td><td class=\"number\">%zu</td>", summary.n);
		html_write_number(html, summary.low, charts[chart].unit);
		html_write_number(html, mean_of(&summary), charts[chart].unit);
		html_write_number(html, summary.high, charts[chart].unit);
		html_write_number(html, summary.last, charts[chart].unit);
		fputs("</tr>\n", html->out);
	}
	fputs("</tbody></table>\n", html->out);
}

static void write_parts_head(struct html *html, enum report_chart chart)
{
	const struct report_series *series;

	fputs("<table class=\"data\"><thead><tr><th>", html->out);
	html_write_text(html, (struct report_text){"from second", "起始秒"});
	fputs("</th>", html->out);
	for (size_t i = 0; (series = next_series(html->report, chart, &i));) {
		fputs("<th>", html->out);
		html_write_text(html, series->label);
		fputs("</th>", html->out);
	}
	fputs("</tr></thead><tbody>\n", html->out);
}

/* What a chart would show: the means of the parts of the run. */
static void write_parts(struct html *html, enum report_chart chart)
{
	double step = chart_end_s(html->report, chart) / CHART_PARTS;
	const struct report_series *series;

	write_parts_head(html, chart);
	for (int part = 0; part < CHART_PARTS && step > 0; part++) {
		double begin = part * step;
		double end = part == CHART_PARTS - 1 ? INFINITY : begin + step;
		fprintf(html->out, "<tr><td class=\"number\">%.0f</td>", begin);
		for (size_t i = 0; (series = next_series(html->report, chart, &i));) {
			struct summary summary = summarize(series, begin, end);
			html_write_number(html, mean_of(&summary), "");
		}
		fputs("</tr>\n", html->out);
	}
	fputs("</tbody></table>\n", html->out);
}

static void write_chart(struct html *html, enum report_chart chart)
{
	bool is_drawn = html->dygraphs->script != NULL;

	fprintf(html->out, "<figure data-chart=\"%s\"><figcaption>", charts[chart].id);
	html_write_text(html, charts[chart].title);
	fprintf(html->out, " (%s)</figcaption>\n", charts[chart].unit);
	if (is_drawn) {
		fprintf(html->out,
			"<div class=\"plot\" id=\"plot-%s\"></div>"
			"<div class=\"legend\" id=\"legend-%s\"></div>\n",
			charts[chart].id, charts[chart].id);
	}
	write_summaries(html, chart);
	fputs(is_drawn ? "<noscript>" : "", html->out);
	write_parts(html, chart);
	fputs(is_drawn ? "</noscript>" : "", html->out);
	fputs("</figure>\n", html->out);
}

int html_write_charts(struct html *html)
{
	if (!html->dygraphs->script) {
		fputs("<p>", html->out);
		html_write_text(html,
			(struct report_text){"Tables instead of charts: charts need dygraphs; "
					     "install libjs-dygraphs and run accept again.",
				"以表格代替图表：绘制图表需要 dygraphs，请安装 libjs-dygraphs "
				"后重新运行 accept。"});
		fputs("</p>\n", html->out);
	}
	for (int chart = 0; chart < REPORT_CHART_COUNT; chart++) {
		if (has_series(html->report, (enum report_chart)chart)) {
			write_chart(html, (enum report_chart)chart);
		}
	}
	return 0;
}

/* times: the ticks between a point and the one before it. */
static int add_points(const struct report_series *series, const size_t *kept, size_t n_kept,
	json_t *times, json_t *values)
{
	long long before = 0;

	for (size_t i = 0; i < n_kept; i++) {
		long long ticks = llround(series->times_s[kept[i]] * TICKS_PER_S);
		double value = series->values[kept[i]];
		if (!isfinite(value)) {
			continue;
		}
		if (json_array_append_new(times, json_integer(ticks - before)) < 0 ||
			json_array_append_new(values, json_real(value)) < 0) {
			return -ENOMEM;
		}
		before = ticks;
	}
	return 0;
}

static json_t *series_to_json(const struct report_series *series, double end, size_t *kept)
{
	size_t n =
		m4_reduce(series->times_s, series->values, series->n, 0, end, CHART_COLUMNS, kept);
	_cleanup_json_ json_t *times = json_array(), *values = json_array();

	if (!times || !values || add_points(series, kept, n, times, values) < 0) {
		return NULL;
	}
	return json_pack("{s:s,s:{s:o,s:o},s:O,s:O}", "name", series->name, "label", "en",
		markup_to_json(series->label.en), "zh", markup_to_json(series->label.zh), "times",
		times, "values", values);
}

static json_t *chart_to_json(const struct report *report, enum report_chart chart, size_t *kept)
{
	_cleanup_json_ json_t *array = json_array();
	double end = chart_end_s(report, chart);
	const struct report_series *series;

	for (size_t i = 0; (series = next_series(report, chart, &i));) {
		if (json_array_append_new(array, series_to_json(series, end, kept)) < 0) {
			return NULL;
		}
	}
	return json_pack("{s:s,s:s,s:O}", "id", charts[chart].id, "unit", charts[chart].unit,
		"series", array);
}

static json_t *figures_to_json(const struct report *report)
{
	_cleanup_free_ size_t *kept = calloc(4 * CHART_COLUMNS, sizeof(*kept));
	_cleanup_json_ json_t *array = json_array();

	if (!kept) {
		return NULL;
	}
	for (int chart = 0; chart < REPORT_CHART_COUNT; chart++) {
		if (!has_series(report, (enum report_chart)chart)) {
			continue;
		}
		json_t *one = chart_to_json(report, (enum report_chart)chart, kept);
		if (json_array_append_new(array, one) < 0) {
			return NULL;
		}
	}
	return json_pack("{s:I,s:O}", "began", (json_int_t)report->began * 1000, "charts", array);
}

int html_write_scripts(struct html *html)
{
	if (!html->dygraphs->script) {
		return 0;
	}
	_cleanup_json_ json_t *figures = figures_to_json(html->report);
	if (!figures) {
		return -ENOMEM;
	}
	fputs("<script type=\"application/json\" id=\"figures\">", html->out);
	int r = markup_write_json(html->out, figures);
	if (r < 0) {
		return r;
	}
	fprintf(html->out, "</script>\n<script>\n%s\n</script>\n<script>\n%s</script>\n",
		html->dygraphs->script, page_js);
	return 0;
}
