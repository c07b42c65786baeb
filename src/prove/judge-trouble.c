/* What happens when something goes wrong on purpose. */
#include "prove/judge-impl.h"

#include <math.h>

#define CHANGE_MAX_PERCENT 1

void judge_stress(const struct prove_run *run, const struct prove_baseline *baseline,
	struct report_criterion *criterion)
{
	const struct prove_stress *stress = &run->stress;

	(void)baseline;
	if (!stress->is_run) {
		judge_not_run(criterion);
		return;
	}
	criterion->value = stress->fps_before > 0 ? 100 * stress->fps / stress->fps_before : 0;
	criterion->n = stress->n_rounds;
	judge_settle(criterion);
	if (!stress->is_survived) {
		criterion->state = REPORT_STATE_FAIL;
	}
	report_note_set(&criterion->evidence,
		stress->is_survived
			? "%u rounds, %u more viewers, %u refused: %.2f fps, before %.2f fps"
			: "%u rounds, %u more viewers, %u refused: %.2f fps, before %.2f fps; a "
			  "viewer was disconnected or the server restarted",
		stress->is_survived
			? "%u 轮，额外客户端 %u 个，被拒绝 %u 个：%.2f fps，之前 %.2f fps"
			: "%u 轮，额外客户端 %u 个，被拒绝 %u 个：%.2f fps，之前 %.2f "
			  "fps；有客户端断开或服务器重启",
		stress->n_rounds, stress->n_extra, stress->n_refused, stress->fps,
		stress->fps_before);
}

static bool is_back(double change_percent)
{
	return isnan(change_percent) || fabs(change_percent) <= CHANGE_MAX_PERCENT;
}

/* NAN when one of them did not come back. */
static double longest(const struct prove_recovery *recovery)
{
	double unplugged_s = recovery->is_unplugged ? recovery->unplugged_s : 0;

	return isnan(unplugged_s) || isnan(recovery->seconds_max)
		       ? NAN
		       : fmax(recovery->seconds_max, unplugged_s);
}

static void describe_recovery(const struct prove_recovery *recovery, struct report_note *note)
{
	if (isnan(recovery->seconds_max)) {
		report_note_set(note, "killed %u times: did not come back in time",
			"终止 %u 次：未能及时恢复", recovery->n_rounds);
	} else {
		report_note_set(note, "killed %u times: %.2f s at the longest",
			"终止 %u 次：最长 %.2f 秒", recovery->n_rounds, recovery->seconds_max);
	}
	if (recovery->is_unplugged && isnan(recovery->unplugged_s)) {
		report_note_add(note, "; camera pulled out and put back: no pictures in time",
			"；拔出并插回摄像头：未能及时恢复画面");
	} else if (recovery->is_unplugged) {
		report_note_add(note, "; camera pulled out and put back: pictures after %.2f s",
			"；拔出并插回摄像头：%.2f 秒后恢复画面", recovery->unplugged_s);
	} else {
		report_note_add(note, "; no camera pulled out: %s", "；未拔出摄像头：%s",
			recovery->unplug_note);
	}
	if (recovery->n_opened > 0 || recovery->open_error[0]) {
		report_note_add(note, "; cameras opened and closed %u times%s%s",
			"；摄像头开关 %u 次%s%s", recovery->n_opened,
			recovery->open_error[0] ? ": " : "", recovery->open_error);
	}
	report_note_add(note, "; afterwards unaccounted memory %+.2f %%",
		"；之后未归类内存变化 %+.2f%%", recovery->unaccounted_change_percent);
	if (!isnan(recovery->cma_change_percent)) {
		report_note_add(
			note, ", CMA %+.2f %%", "，CMA 变化 %+.2f%%", recovery->cma_change_percent);
	}
	report_note_add(note, " of all memory", "（占总内存）");
}

void judge_recovery(const struct prove_run *run, const struct prove_baseline *baseline,
	struct report_criterion *criterion)
{
	const struct prove_recovery *recovery = &run->recovery;

	(void)baseline;
	if (!recovery->is_run && !run->is_own_server) {
		criterion->state = REPORT_STATE_NOT_RUN;
		report_note_set(&criterion->evidence,
			"a server that was running before is not killed; stop it, and accept runs "
			"its own",
			"不会终止已在运行的服务器；请先停止它，由 accept 自行启动服务器");
		return;
	}
	if (!recovery->is_run) {
		judge_not_run(criterion);
		return;
	}
	criterion->value = longest(recovery);
	criterion->n = recovery->n_rounds + recovery->is_unplugged;
	judge_settle(criterion); /* NAN is above the bar */
	if (!is_back(recovery->cma_change_percent) ||
		!is_back(recovery->unaccounted_change_percent) || recovery->open_error[0]) {
		criterion->state = REPORT_STATE_FAIL;
	}
	describe_recovery(recovery, &criterion->evidence);
}
