#include "simulate/find/find.h"

#include <errno.h>

#include "kernel/meminfo.h"
#include "simulate/find/search.h"
#include "simulate/find/trial.h"
#include "util/clock.h"

#define CONFIRMS_MAX 10

static const char *const texts[FIND_OUTCOME_COUNT] = {
	[FIND_OUTCOME_HELD] = "holds",
	[FIND_OUTCOME_FPS] = "too few frames",
	[FIND_OUTCOME_AGE] = "too old pictures",
	[FIND_OUTCOME_OOM] = "killed for want of memory",
	[FIND_OUTCOME_ENDED] = "the command ended",
	[FIND_OUTCOME_LOST] = "a viewer was lost, or had no picture in time",
	[FIND_OUTCOME_STUCK] = "it uses more and cannot give it up",
};

const char *find_outcome_text(enum find_outcome outcome)
{
	return texts[outcome];
}

struct find {
	struct find_report *report;
	struct trial trial;
};

static int try_next(struct find *find, uint64_t memory_bytes, bool is_from_start,
	struct find_step **ret_step, struct error *err)
{
	struct find_report *report = find->report;

	if (report->n_steps == FIND_STEPS_MAX) {
		return error_set(err, -ERANGE, "not found in %d steps", FIND_STEPS_MAX);
	}
	struct find_step *step = &report->steps[report->n_steps];
	int r = trial_run(&find->trial, memory_bytes, is_from_start, step, err);
	if (r < 0) {
		return r;
	}
	report->n_steps++;
	*ret_step = step;
	return 0;
}

/* The criteria, where none are given, come from what there is without a limit. */
static int measure_baseline(struct find *find, struct error *err)
{
	struct find_report *report = find->report;
	struct find_step *baseline = &report->baseline;

	int r = trial_run(&find->trial, find->trial.total_bytes, false, baseline, err);
	if (r < 0) {
		return r;
	}
	if (baseline->outcome != FIND_OUTCOME_HELD || baseline->fps <= 0) {
		const struct find_settings *settings = find->trial.settings;
		return error_set(err, -ERANGE,
			"%.100s: does not hold without a limit either: %s (%.2f fps, age %.0f ms, "
			"%.100s)",
			settings->argv[0], texts[baseline->outcome], baseline->fps,
			(double)baseline->age_ns / 1e6, settings->url);
	}
	if (find->trial.min_fps <= 0) {
		find->trial.min_fps = 0.95 * baseline->fps;
	}
	if (find->trial.max_age_ns == 0) {
		find->trial.max_age_ns =
			baseline->age_ns + baseline->age_ns / 10 + 10 * NSEC_PER_MSEC;
	}
	report->min_fps = find->trial.min_fps;
	report->max_age_ns = find->trial.max_age_ns;
	return 0;
}

/* A run may need more at its start than later. */
static int confirm(struct find *find, uint64_t bytes, struct error *err)
{
	for (int i = 0; i < CONFIRMS_MAX; i++) {
		struct find_step *step = NULL;
		int r = try_next(find, bytes, true, &step, err);
		if (r < 0) {
			return r;
		}
		if (step->outcome == FIND_OUTCOME_HELD) {
			find->report->needed_bytes = bytes;
			find->report->shared_bytes = step->shared_bytes;
			return 0;
		}
		bytes += bytes / 20;
	}
	return error_set(err, -ERANGE, "what was found in a run is not enough from its start on");
}

static int find_least(struct find *find, struct error *err)
{
	struct search search;
	struct find_step *step = NULL;
	uint64_t bytes;

	int r = measure_baseline(find, err);
	if (r < 0) {
		return r;
	}
	search_begin(&search, find->report->baseline.current_bytes);
	while ((bytes = search_next(&search)) > 0) {
		r = try_next(find, bytes, false, &step, err);
		if (r < 0) {
			return r;
		}
		search_note(&search, bytes, step->outcome == FIND_OUTCOME_HELD);
	}
	return confirm(find, search.held_bytes, err);
}

int find_run(
	const struct find_settings *settings, struct find_report *reterr_report, struct error *err)
{
	struct find find = {.report = reterr_report,
		.trial = {.settings = settings,
			.min_fps = settings->min_fps,
			.max_age_ns = settings->max_age_ns}};

	*reterr_report = (struct find_report){
		.min_fps = settings->min_fps, .max_age_ns = settings->max_age_ns};
	int r = meminfo_read_field(&sysroot_real, MEMINFO_TOTAL, &find.trial.total_bytes);
	if (r == 0) {
		r = meminfo_read_field(
			&sysroot_real, MEMINFO_AVAILABLE, &reterr_report->available_bytes);
	}
	if (r < 0) {
		return error_set(err, r, "/proc/meminfo: %s", error_name(r));
	}
	r = audience_new(settings->url, settings->n_viewers, &find.trial.audience, err);
	if (r < 0) {
		return r;
	}
	r = find_least(&find, err);
	trial_stop(&find.trial);
	audience_free(find.trial.audience);
	return r;
}
