/* What only hours or days show: taken from a soak. */
#include "prove/judge-impl.h"

#include <math.h>

#define HOUR_S 3600.0
#define DAY_S  86400.0

/* False when there was no soak. */
static bool has_soak(const struct prove_run *run, struct report_criterion *criterion)
{
	if (!run->soak.is_known) {
		criterion->state = REPORT_STATE_NOT_RUN;
		report_note_set(&criterion->evidence, "no soak was given with --soak",
			"未用 --soak 指定长时间运行的结果");
	}
	return run->soak.is_known;
}

static void judge_duration(
	const struct prove_run *run, double unit_s, struct report_criterion *criterion)
{
	const struct prove_soak *soak = &run->soak;

	if (!has_soak(run, criterion)) {
		return;
	}
	criterion->value = soak->measured_s / unit_s;
	criterion->n = 1;
	judge_settle(criterion);
	if (criterion->state == REPORT_STATE_FAIL) {
		criterion->state = REPORT_STATE_UNDECIDED;
		criterion->needed_s = criterion->bar * unit_s - soak->measured_s;
	}
	if (soak->faults[0]) {
		criterion->state = REPORT_STATE_FAIL;
		criterion->needed_s = NAN;
	}
	report_note_set(&criterion->evidence, "soak of %.1f h; faults: %s",
		"长时间运行 %.1f 小时；异常：%s", soak->measured_s / HOUR_S,
		soak->faults[0] ? soak->faults : "0");
}

void judge_day(const struct prove_run *run, const struct prove_baseline *baseline,
	struct report_criterion *criterion)
{
	(void)baseline;
	judge_duration(run, HOUR_S, criterion);
}

void judge_week(const struct prove_run *run, const struct prove_baseline *baseline,
	struct report_criterion *criterion)
{
	(void)baseline;
	judge_duration(run, DAY_S, criterion);
}

void judge_leak(const struct prove_run *run, const struct prove_baseline *baseline,
	struct report_criterion *criterion)
{
	static const enum report_state states[] = {
		[PROVE_LEAK_NONE] = REPORT_STATE_PASS,
		[PROVE_LEAK_FOUND] = REPORT_STATE_FAIL,
		[PROVE_LEAK_UNDECIDED] = REPORT_STATE_UNDECIDED,
	};
	const struct prove_soak *soak = &run->soak;

	(void)baseline;
	if (!has_soak(run, criterion)) {
		return;
	}
	criterion->state = states[soak->leak];
	criterion->value = soak->slope_kib_h;
	criterion->low = soak->low_kib_h;
	criterion->high = soak->high_kib_h;
	criterion->n = 1;
	if (soak->leak == PROVE_LEAK_UNDECIDED) {
		criterion->needed_s = soak->needed_s;
	}
	report_note_set(&criterion->evidence, "soak of %.1f h, the figure that grows most",
		"长时间运行 %.1f 小时，取增长最快的指标", soak->measured_s / HOUR_S);
}
