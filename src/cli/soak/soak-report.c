#include "cli/soak/soak-report.h"

#include <errno.h>
#include <math.h>
#include <string.h>

#include "util/clock.h"
#include "util/json.h"

#define HOURS_PER_DAY    24.0
#define SECONDS_PER_HOUR 3600.0
#define KIB              1024.0

static const char *const state_names[] = {
	[SOAK_BAR_STATE_UNKNOWN] = "not known",
	[SOAK_BAR_STATE_MET] = "met",
	[SOAK_BAR_STATE_MISSED] = "missed",
};

static bool is_bytes(const struct soak_trend *trend)
{
	return strcmp(soak_figures[trend->figure].unit, "bytes") == 0;
}

static void print_trend(const struct soak_trend *trend, FILE *out)
{
	double scale = is_bytes(trend) ? KIB : 1;
	const struct leak_result *leak = &trend->leak;

	fprintf(out, "  %-29s %-9s ", soak_figures[trend->figure].name,
		leak_verdict_name(leak->verdict));
	if (leak->has_slope) {
		fprintf(out, "%10.1f %10.1f %10.1f %s\n", leak->slope_per_hour / scale,
			leak->low_per_hour / scale, leak->high_per_hour / scale,
			is_bytes(trend) ? "KiB/h" : "/h");
	} else {
		fprintf(out, "%10s %10s %10s\n", "-", "-", "-");
	}
}

static void print_bar(const struct soak_bar_info *info, const struct soak_bar_result *bar,
	bool is_least, FILE *out)
{
	fprintf(out, "  %-29s %-9s ", info->name, state_names[bar->state]);
	if (bar->state == SOAK_BAR_STATE_UNKNOWN) {
		fprintf(out, "%10s\n", "-");
	} else if (is_least && bar->bar <= 0) {
		fprintf(out, "%10.1f %s\n", bar->value, info->unit);
	} else {
		bool is_small = bar->bar > 0 && bar->bar < 1;
		fprintf(out, "%10.*f of %s %.*f%s%s\n", is_small ? 3 : 1, bar->value,
			is_least ? "at least" : "at most", is_small ? 3 : 1, bar->bar,
			info->unit[0] ? " " : "", info->unit);
	}
}

static void print_meaning(const struct soak_verdict *verdict, FILE *out)
{
	const struct soak_trend *worst = soak_verdict_worst(verdict);

	for (size_t i = 0; i < verdict->n_trends; i++) {
		if (verdict->trends[i].is_fragmented) {
			fprintf(out,
				"%s grows by what the heap keeps free:\nit is in fragments, which "
				"is no leak.\n",
				soak_figures[verdict->trends[i].figure].name);
		}
	}
	if (verdict->leak == LEAK_VERDICT_LEAK && isfinite(worst->exhausted_s)) {
		fprintf(out, "%s takes all memory that is available now in %.1f days.\n",
			soak_figures[worst->figure].name,
			worst->exhausted_s / SECONDS_PER_HOUR / HOURS_PER_DAY);
	} else if (verdict->leak == LEAK_VERDICT_UNDECIDED) {
		fprintf(out, "Likely to be decided in %.1f more hours of one run of the server.\n",
			verdict->needed_s / SECONDS_PER_HOUR);
	}
}

void soak_report_text(const struct soak_state *state, const struct soak_verdict *verdict, FILE *out)
{
	fprintf(out, "%s\n\n", leak_verdict_name(verdict->leak));
	fprintf(out, "%s, %u viewers, %.2f h of %.2f h, %.2f h measured, %zu samples%s\n\n",
		state->plan.url, state->plan.viewers, verdict->elapsed_s / SECONDS_PER_HOUR,
		clock_to_seconds(state->plan.duration_ns) / SECONDS_PER_HOUR,
		verdict->measured_s / SECONDS_PER_HOUR, verdict->n_samples,
		verdict->n_damaged > 0 ? ", some damaged" : "");
	if (verdict->n_trends > 0) {
		fprintf(out, "  %-29s %-9s %10s %10s %10s\n", "must not grow", "verdict", "slope",
			"at least", "at most");
	}
	for (size_t i = 0; i < verdict->n_trends; i++) {
		print_trend(&verdict->trends[i], out);
	}
	fprintf(out, "\n");
	for (int i = 0; i < SOAK_BAR_COUNT; i++) {
		print_bar(&soak_bars[i], &verdict->bars[i], i == SOAK_BAR_FPS, out);
	}
	fprintf(out, "\n");
	print_meaning(verdict, out);
}

static json_t *number(double value)
{
	return isfinite(value) ? json_real(value) : json_null();
}

static json_t *per_day(const struct leak_result *leak, double per_hour)
{
	return leak->has_slope ? number(per_hour * HOURS_PER_DAY) : json_null();
}

/* A count grows by so many, all else by bytes. */
static json_t *trend_to_json(const struct soak_trend *trend)
{
	const struct leak_result *leak = &trend->leak;
	const char *slope = is_bytes(trend) ? "slope_bytes_per_day" : "slope_per_day";

	return json_pack("{s:s,s:b,s:o,s:o,s:o,s:o,s:o,s:f,s:i}", "verdict",
		leak_verdict_name(leak->verdict), "fragmented", trend->is_fragmented, slope,
		per_day(leak, leak->slope_per_hour), "low", per_day(leak, leak->low_per_hour),
		"high", per_day(leak, leak->high_per_hour), "exhausted_in_s",
		number(trend->exhausted_s), "last", number(trend->last), "level_percent",
		100 * (1 - 2 * leak->tail), "windows", (int)leak->windows.n);
}

static json_t *trends_to_json(const struct soak_verdict *verdict)
{
	json_t *series = json_object();

	for (size_t i = 0; i < verdict->n_trends; i++) {
		const struct soak_trend *trend = &verdict->trends[i];
		if (json_object_set_new(
			    series, soak_figures[trend->figure].name, trend_to_json(trend)) < 0) {
			json_decref(series);
			return NULL;
		}
	}
	return series;
}

static json_t *bars_to_json(const struct soak_verdict *verdict)
{
	json_t *bars = json_array();

	for (int i = 0; i < SOAK_BAR_COUNT; i++) {
		const struct soak_bar_result *bar = &verdict->bars[i];
		bool is_known = bar->state != SOAK_BAR_STATE_UNKNOWN;
		json_t *entry = json_pack("{s:s,s:s,s:o,s:f,s:s}", "name", soak_bars[i].name,
			"state", state_names[bar->state], "value",
			is_known ? json_real(bar->value) : json_null(), "bar", bar->bar, "unit",
			soak_bars[i].unit);
		if (json_array_append_new(bars, entry) < 0) {
			json_decref(bars);
			return NULL;
		}
	}
	return bars;
}

/* The slope of the whole is that of the worst series of bytes. */
static int add_slope(json_t *root, const struct soak_trend *worst)
{
	static const struct leak_result none;
	bool has_bytes = worst && is_bytes(worst);
	const struct leak_result *leak = has_bytes ? &worst->leak : &none;
	_cleanup_json_ json_t *slope = json_pack("{s:o,s:o,s:o,s:o}", "slope_bytes_per_day",
		per_day(leak, leak->slope_per_hour), "low", per_day(leak, leak->low_per_hour),
		"high", per_day(leak, leak->high_per_hour), "exhausted_in_s",
		has_bytes ? number(worst->exhausted_s) : json_null());

	return slope ? json_object_update(root, slope) : -1;
}

int soak_report_json(
	const struct soak_state *state, const struct soak_verdict *verdict, const char *end)
{
	bool is_undecided = verdict->leak == LEAK_VERDICT_UNDECIDED;
	_cleanup_json_ json_t *root = json_pack(
		"{s:s,s:s?,s:s,s:i,s:f,s:f,s:f,s:I,s:I,s:I,s:o,s:o,s:o}", "verdict",
		leak_verdict_name(verdict->leak), "end", end, "url", state->plan.url, "viewers",
		(int)state->plan.viewers, "duration_s", clock_to_seconds(state->plan.duration_ns),
		"elapsed_s", verdict->elapsed_s, "measured_s", verdict->measured_s, "samples",
		(json_int_t)verdict->n_samples, "damaged", (json_int_t)verdict->n_damaged,
		"segments", (json_int_t)verdict->n_segments, "needed_s",
		is_undecided ? json_real(verdict->needed_s) : json_null(), "series",
		trends_to_json(verdict), "bars", bars_to_json(verdict));

	if (!root || add_slope(root, soak_verdict_worst(verdict)) < 0) {
		return -ENOMEM;
	}
	int r = json_dumpf(root, stdout, JSON_INDENT(2) | JSON_REAL_PRECISION(12));
	printf("\n");
	return r < 0 ? -EIO : 0;
}
