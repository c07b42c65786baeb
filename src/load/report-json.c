/* The report for programs. */
#include <errno.h>
#include <stdio.h>

#include "load/report.h"
#include "util/clock.h"
#include "util/json.h"

#define PRECISION 9

static double ms(double ns)
{
	return ns / (double)NSEC_PER_MSEC;
}

static json_t *ages_to_json(const struct loglinear *ages)
{
	if (!ages || ages->total == 0) {
		return json_null();
	}
	return json_pack("{s:f,s:f,s:f,s:f}", "p50", ms(loglinear_quantile(ages, 0.5)), "p90",
		ms(loglinear_quantile(ages, 0.9)), "p99", ms(loglinear_quantile(ages, 0.99)), "max",
		ms((double)ages->max_ns));
}

static json_t *figures_to_json(const struct load_figures *figures)
{
	const struct ages *ages = figures->ages;

	return json_pack("{s:I,s:I,s:I,s:I,s:I,s:I,s:f,s:f,s:I,s:f,s:f,s:o,s:o}", "frames",
		(json_int_t)figures->frames, "skipped", (json_int_t)figures->skipped,
		"skipped_by_server", (json_int_t)figures->skipped_by_server, "broken",
		(json_int_t)figures->broken, "disordered", (json_int_t)figures->disordered, "bytes",
		(json_int_t)figures->bytes, "fps_min", figures->fps_min, "gap_max_ms",
		ms((double)figures->gap_max_ns), "freezes", (json_int_t)figures->freezes,
		"frozen_ms", ms((double)figures->frozen_ns), "jitter_max_ms",
		ms(figures->jitter_max_ns), "age_on_screen_ms",
		ages_to_json(ages ? &ages->on_screen : NULL), "age_at_arrival_ms",
		ages_to_json(ages ? &ages->at_arrival : NULL));
}

static json_t *cameras_to_json(const struct load_result *result)
{
	json_t *cameras = json_object();

	for (unsigned k = 0; k < VIEWER_CAMERAS_MAX; k++) {
		if (result->cameras[k].n_viewers > 0) {
			json_object_set_new(cameras, result->run->target->cameras[k].name,
				figures_to_json(&result->cameras[k]));
		}
	}
	return cameras;
}

/* Each viewer by itself: [{"cam0":{...}}, ...]; NULL when there are too many. */
static json_t *each_to_json(const struct load_result *result)
{
	const struct load_run *run = result->run;

	if (!run->crowd.shared.has_own_ages) {
		return NULL;
	}
	json_t *each = json_array();
	for (unsigned i = 0; i < run->options->n_viewers; i++) {
		json_array_append_new(each, json_object());
	}
	for (unsigned i = 0; i < run->crowd.n_viewers; i++) {
		json_t *viewer = json_array_get(each, i / run->target->n_endpoints);
		for (unsigned k = 0; k < VIEWER_CAMERAS_MAX; k++) {
			struct load_figures figures;
			load_figures_of(&figures, result, &run->crowd.viewers[i], k);
			if (figures.n_viewers > 0) {
				json_object_set_new(viewer, run->target->cameras[k].name,
					figures_to_json(&figures));
			}
		}
	}
	return each;
}

static json_t *problems_to_json(const struct load_result *result)
{
	json_t *problems = json_array();

	for (unsigned i = 0; i < result->n_problems; i++) {
		json_array_append_new(problems, json_string(result->problems[i]));
	}
	return problems;
}

/* The clock that ages are measured with; NULL when the server answers no pings. */
static json_t *clock_to_json(const struct load_run *run)
{
	if (!run->has_clock) {
		return NULL;
	}
	return json_pack("{s:f,s:f}", "ahead_ms", ms((double)run->ahead_ns), "error_ms",
		ms((double)run->clock_error_ns));
}

int load_report_json(const struct load_result *result)
{
	const struct load_run *run = result->run;
	const struct loglinear *lag = &run->crowd.shared.lag;
	_cleanup_json_ json_t *root = json_pack("{s:i,s:f,s:o,s:{s:f,s:f,s:f},s:f,s:b,s:i,s:I,s:I,"
						"s:I,s:o?,s:{s:i,s:i,s:i},s:o?,s:o}",
		"viewers", (int)run->options->n_viewers, "duration_s", result->seconds, "cameras",
		cameras_to_json(result), "lag_ms", "p50", ms(loglinear_quantile(lag, 0.5)), "p99",
		ms(loglinear_quantile(lag, 0.99)), "max", ms((double)lag->max_ns), "cpu_percent",
		result->cpu_percent, "valid", result->is_valid, "lost", (int)run->crowd.n_lost,
		"bytes", (json_int_t)run->crowd.shared.bytes, "memory_bytes",
		(json_int_t)result->memory_bytes, "begun_us",
		(json_int_t)(run->begun_ns / NSEC_PER_USEC), "clock", clock_to_json(run), "others",
		"viewers", (int)run->others.n, "accepted", (int)run->others.n_came, "ended",
		(int)run->others.n_ended, "each", each_to_json(result), "problems",
		problems_to_json(result));

	if (!root) {
		return -ENOMEM;
	}
	if (json_dumpf(root, stdout, JSON_REAL_PRECISION(PRECISION)) < 0) {
		return -EIO;
	}
	printf("\n");
	return 0;
}
