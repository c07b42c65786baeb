#include "prove/judge-impl.h"

#include <errno.h>
#include <math.h>

#include "prove/interval.h"
#include "util/cleanup.h"

#define CAMERAS_WANTED 2
#define WIDTH_WANTED   640
#define HEIGHT_WANTED  480
#define GAP_MAX_MS     1000 /* a stream that stands for longer is not stable */
#define SHARE_MIN      0.98 /* of the pictures of each camera, for a viewer to count as served */
#define AGE_FLOOR_MS   1    /* a tenth of less than 10 ms is noise of the scheduler */
#define AGE_SEED       42

void judge_settle(struct report_criterion *criterion)
{
	bool is_met = criterion->sense == REPORT_SENSE_AT_MOST ? criterion->value <= criterion->bar
							       : criterion->value >= criterion->bar;

	criterion->state = is_met ? REPORT_STATE_PASS : REPORT_STATE_FAIL;
}

void judge_missing(struct report_criterion *criterion, const char *en, const char *zh)
{
	criterion->state = REPORT_STATE_ERROR;
	snprintf(criterion->evidence.en, sizeof(criterion->evidence.en), "%s", en);
	snprintf(criterion->evidence.zh, sizeof(criterion->evidence.zh), "%s", zh);
}

void judge_not_run(struct report_criterion *criterion)
{
	criterion->state = REPORT_STATE_NOT_RUN;
	report_note_set(&criterion->evidence, "the run ended before it", "运行在此之前结束");
}

/* By the interval of the mean. False when there is nothing to judge. */
static bool take_mean(
	const double *values, size_t n, double duration_s, struct report_criterion *criterion)
{
	struct interval interval;
	int r = interval_of_mean(values, n, &interval);

	if (r == -ENODATA) {
		judge_missing(criterion, "fewer than 10 seconds have this figure",
			"采到该项数据的时间不足 10 秒");
		return false;
	}
	if (r < 0) {
		judge_missing(criterion, "out of memory", "内存不足");
		return false;
	}
	bool is_at_most = criterion->sense == REPORT_SENSE_AT_MOST;
	double better = is_at_most ? interval.low : interval.high;
	double worse = is_at_most ? interval.high : interval.low;
	criterion->value = worse;
	judge_settle(criterion);
	if (criterion->state == REPORT_STATE_FAIL) {
		criterion->value = better;
		judge_settle(criterion);
		if (criterion->state == REPORT_STATE_PASS) {
			criterion->state = REPORT_STATE_UNDECIDED;
			criterion->needed_s =
				(interval_needed(&interval, criterion->bar) - 1) * duration_s;
		}
	}
	criterion->value = interval.mean;
	criterion->low = interval.low;
	criterion->high = interval.high;
	criterion->n = interval.n;
	return true;
}

static double *column_new(const struct prove_run *run, size_t camera)
{
	double *values = calloc(run->n + 1, sizeof(*values));

	for (size_t i = 0; values && i < run->n; i++) {
		values[i] = run->seconds[i].fps[camera];
	}
	return values;
}

/* The camera whose viewers got the fewest pictures. */
static size_t find_slowest(const struct prove_run *run)
{
	double least = INFINITY;
	size_t slowest = 0;

	for (size_t camera = 0; camera < run->n_cameras; camera++) {
		double sum = 0;
		for (size_t i = 0; i < run->n; i++) {
			double fps = run->seconds[i].fps[camera];
			sum += isnan(fps) ? 0 : fps;
		}
		if (sum < least) {
			least = sum;
			slowest = camera;
		}
	}
	return slowest;
}

/* What else makes a camera not what the criterion asks for; NULL when nothing does. */
static const struct prove_camera *find_unfit(const struct prove_run *run)
{
	for (size_t i = 0; i < run->n_cameras; i++) {
		const struct prove_camera *camera = &run->cameras[i];
		if (camera->width != WIDTH_WANTED || camera->height != HEIGHT_WANTED ||
			camera->gap_max_ms > GAP_MAX_MS) {
			return camera;
		}
	}
	return NULL;
}

void judge_frame_rate(const struct prove_run *run, const struct prove_baseline *baseline,
	struct report_criterion *criterion)
{
	size_t slowest = find_slowest(run);
	_cleanup_free_ double *fps = column_new(run, slowest);

	(void)baseline;
	if (!fps || run->n_cameras == 0) {
		judge_missing(criterion, "the server has no camera", "服务器没有摄像头");
		return;
	}
	if (!take_mean(fps, run->n, (double)run->n, criterion)) {
		return;
	}
	const struct prove_camera *camera = &run->cameras[slowest];
	const struct prove_camera *unfit = find_unfit(run);
	if (unfit) {
		camera = unfit;
	}
	if (unfit || run->n_cameras < CAMERAS_WANTED) {
		criterion->state = REPORT_STATE_FAIL;
	}
	report_note_set(&criterion->evidence,
		"%zu cameras; %s: %ux%u, longest gap %.0f ms, %u freezes; age on screen: median "
		"%.1f ms, 99 %% below %.1f ms",
		"%zu 路摄像头；%s：%ux%u，最长间隔 %.0f 毫秒，卡顿 %u 次；画面延迟中位数 %.1f "
		"毫秒，99%% "
		"低于 %.1f 毫秒",
		run->n_cameras, camera->name, camera->width, camera->height, camera->gap_max_ms,
		camera->freezes, camera->age_p50_ms, camera->age_p99_ms);
}

void judge_viewers(const struct prove_run *run, const struct prove_baseline *baseline,
	struct report_criterion *criterion)
{
	double least = 1;
	unsigned n = 0;

	(void)baseline;
	if (run->n == 0) {
		judge_missing(criterion, "no second was measured", "没有完成任何一秒的测量");
		return;
	}
	for (size_t i = 0; i < PROVE_VIEWERS; i++) {
		n += run->viewers[i].is_served && run->viewers[i].share >= SHARE_MIN;
		least = fmin(least, run->viewers[i].share);
	}
	criterion->value = n;
	criterion->n = PROVE_VIEWERS;
	judge_settle(criterion);
	report_note_set(&criterion->evidence,
		"%u of %u viewers served for %zu s; the worst got %.1f %% of the pictures%s%s",
		"%u / %u 个客户端持续 %zu 秒；最差的收到 %.1f%% 的画面%s%s", n, PROVE_VIEWERS,
		run->n, 100 * least, run->viewer_error[0] ? "; " : "", run->viewer_error);
}

static void fill_latency(const struct equivalence_result *result, double seconds, bool is_in_turns,
	struct report_criterion *criterion)
{
	static const enum report_state states[] = {
		[EQUIVALENCE_VERDICT_PASS] = REPORT_STATE_PASS,
		[EQUIVALENCE_VERDICT_FAIL] = REPORT_STATE_FAIL,
		[EQUIVALENCE_VERDICT_UNDECIDED] = REPORT_STATE_UNDECIDED,
	};

	criterion->state = states[result->verdict];
	criterion->value = 100 * (result->ratio - 1);
	criterion->low = 100 * (result->low - 1);
	criterion->high = 100 * (result->high - 1);
	if (result->verdict == EQUIVALENCE_VERDICT_UNDECIDED) {
		criterion->needed_s = fmax(0, result->needed - 1) * seconds;
	}
	report_note_set(&criterion->evidence,
		is_in_turns
			? "age on screen: %.2f ms more with less memory than with all of it, in "
			  "turns (95 %%: %.2f to %.2f ms)"
			: "age on screen: %.2f ms more than the baseline (95 %%: %.2f to %.2f ms)",
		is_in_turns
			? "内存减少后画面延迟增加 %.2f 毫秒，两种内存交替测量（95%% 区间：%.2f 至 "
			  "%.2f 毫秒）"
			: "画面延迟比基准增加 %.2f 毫秒（95%% 区间：%.2f 至 %.2f 毫秒）",
		result->difference, result->difference_low, result->difference_high);
}

void judge_latency(const struct prove_run *run, const struct prove_baseline *baseline,
	struct report_criterion *criterion)
{
	static const double percent = 100;
	bool is_in_turns = run->turns.n > 0;
	struct equivalence_bar bar = {1 + criterion->bar / percent, AGE_FLOOR_MS};

	if (run->stage == PROVE_STAGE_BASELINE) {
		criterion->state = REPORT_STATE_NOT_APPLICABLE;
		report_note_set(
			&criterion->evidence, "this run is the baseline", "本次运行即为基准");
		return;
	}
	if (!baseline && !is_in_turns) {
		criterion->state = REPORT_STATE_NOT_RUN;
		report_note_set(&criterion->evidence, "there is no baseline to compare with",
			"没有可供对比的基准测试结果");
		return;
	}
	_cleanup_free_ struct equivalence_block *ages = calloc(run->n + 1, sizeof(*ages));
	struct equivalence_result result;
	for (size_t i = 0; ages && i < run->n; i++) {
		ages[i] = run->seconds[i].ages;
	}
	struct equivalence_side before = {run->turns.full, run->turns.n};
	struct equivalence_side now = {run->turns.less, run->turns.n};
	if (!is_in_turns) {
		before = (struct equivalence_side){baseline->ages, baseline->n};
		now = (struct equivalence_side){ages, run->n};
	}
	int r = ages ? equivalence_judge(&before, &now, &bar, AGE_SEED, &result) : -ENOMEM;
	if (r < 0) {
		judge_missing(criterion,
			"too few seconds of one run have ages: measure for longer, or make the "
			"baseline again",
			"其中一次运行采到的延迟数据太少：请延长测量时间，或重新做基准测试");
		return;
	}
	criterion->n = now.n;
	fill_latency(&result, (double)now.n, is_in_turns, criterion);
}

void judge_cpu(const struct prove_run *run, const struct prove_baseline *baseline,
	struct report_criterion *criterion)
{
	_cleanup_free_ double *values = calloc(run->n + 1, sizeof(*values));
	double server = 0, viewers = 0;

	(void)baseline;
	for (size_t i = 0; values && i < run->n; i++) {
		const struct prove_second *second = &run->seconds[i];
		double percent = second->server[PROCESS_CPU_PERCENT];
		values[i] = second->system[FIGURE_CPU_USED_PERCENT];
		server += isnan(percent) ? 0 : percent;
		viewers += isnan(second->viewers_cpu_percent) ? 0 : second->viewers_cpu_percent;
	}
	if (!values) {
		judge_missing(criterion, "out of memory", "内存不足");
		return;
	}
	if (!take_mean(values, run->n, (double)run->n, criterion)) {
		return;
	}
	report_note_set(&criterion->evidence,
		"of all cores; of one core the server took %.1f %%, the viewers on this machine "
		"%.1f %%",
		"占全部核心的比例；按单核计，服务器占 %.1f%%，本机上的测试客户端占 %.1f%%",
		server / (double)run->n, viewers / (double)run->n);
	if (run->clock_percent > 0) {
		report_note_add(&criterion->evidence, "; mean clock %.0f %% of the highest",
			"；平均频率为最高频率的 %.0f%%", run->clock_percent);
	}
}

void judge_startup(const struct prove_run *run, const struct prove_baseline *baseline,
	struct report_criterion *criterion)
{
	(void)baseline;
	if (isnan(run->startup.seconds)) {
		criterion->state = REPORT_STATE_NOT_RUN;
		report_note_set(
			&criterion->evidence, "%s", "无法取得启动时间：%s", run->startup.error);
		return;
	}
	criterion->value = run->startup.seconds;
	criterion->n = 1;
	judge_settle(criterion);
	report_note_set(&criterion->evidence,
		"of this boot, by systemd's timestamps; most boards do not report the time of "
		"firmware and loader",
		"本次开机，取自 systemd 的时间戳；多数开发板不报告固件和引导程序所用的时间");
}
