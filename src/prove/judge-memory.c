/*
 * The criteria of memory. Their figures are extremes: what counts is the worst second of the run,
 * which is what it is, so there is no interval.
 */
#include "prove/judge-impl.h"

#include <math.h>
#include <stdlib.h>

#include "prove/criteria.h"
#include "prove/interval.h"
#include "util/cleanup.h"

#define MIB      (1024.0 * 1024.0)
#define RISE_MIN 0.1 /* of the fragmentation index: a fifth of its bar */

typedef double (*read_second_fn)(const struct prove_second *second);

struct extreme {
	double value, time_s;
	size_t n;
};

/* The largest, or with sign -1 the smallest; value NAN when no second has one. */
static struct extreme find_extreme(const struct prove_run *run, read_second_fn read, double sign)
{
	struct extreme extreme = {.value = NAN};

	for (size_t i = 0; i < run->n; i++) {
		double value = read(&run->seconds[i]);
		if (isnan(value)) {
			continue;
		}
		if (extreme.n++ == 0 || sign * value > sign * extreme.value) {
			extreme.value = value;
			extreme.time_s = run->seconds[i].time_s;
		}
	}
	return extreme;
}

/* False when there is nothing to judge. */
static bool take_extreme(
	const struct prove_run *run, read_second_fn read, struct report_criterion *criterion)
{
	double sign = criterion->sense == REPORT_SENSE_AT_MOST ? 1 : -1;
	struct extreme extreme = find_extreme(run, read, sign);

	criterion->value = extreme.value;
	criterion->n = extreme.n;
	if (extreme.n == 0) {
		judge_missing(criterion, "no sample has this figure", "没有采到该项数据");
		return false;
	}
	judge_settle(criterion);
	report_note_set(&criterion->evidence, "worst of %zu samples, %.0f s after the beginning",
		"%zu 个采样中的最差值，出现在开始后第 %.0f 秒", extreme.n, extreme.time_s);
	return true;
}

static double read_used_percent(const struct prove_second *second)
{
	return second->system[FIGURE_MEMORY_USED_PERCENT];
}

void judge_used(const struct prove_run *run, const struct prove_baseline *baseline,
	struct report_criterion *criterion)
{
	(void)baseline;
	take_extreme(run, read_used_percent, criterion);
}

static double read_server(const struct prove_second *second)
{
	return second->server[PROCESS_PSS] / MIB;
}

void judge_server_memory(const struct prove_run *run, const struct prove_baseline *baseline,
	struct report_criterion *criterion)
{
	(void)baseline;
	take_extreme(run, read_server, criterion);
}

static double used_bytes(const struct prove_second *second)
{
	double available = second->system[FIGURE_MEMORY_AVAILABLE];
	double percent = second->system[FIGURE_MEMORY_USED_PERCENT];

	/* used / (used + available) is the percentage: the total less huge pages follows. */
	return available * percent / (100 - percent);
}

/* All but the server and the viewers, who are elsewhere when the board is in use. */
static double read_base(const struct prove_second *second)
{
	return (used_bytes(second) - second->server[PROCESS_PSS] - second->viewers_pss) / MIB;
}

void judge_base(const struct prove_run *run, const struct prove_baseline *baseline,
	struct report_criterion *criterion)
{
	(void)baseline;
	take_extreme(run, read_base, criterion);
}

static double read_available(const struct prove_second *second)
{
	return second->system[FIGURE_MEMORY_AVAILABLE] / MIB;
}

/* The cache can grow to what is available; what it has at the moment depends on what was read. */
void judge_cache(const struct prove_run *run, const struct prove_baseline *baseline,
	struct report_criterion *criterion)
{
	(void)baseline;
	take_extreme(run, read_available, criterion);
}

static double read_margin(const struct prove_second *second)
{
	return read_available(second) - BUDGET_CACHE;
}

void judge_margin(const struct prove_run *run, const struct prove_baseline *baseline,
	struct report_criterion *criterion)
{
	(void)baseline;
	take_extreme(run, read_margin, criterion);
}

static double read_external_large(const struct prove_second *second)
{
	return second->external_large;
}

static double read_external_small(const struct prove_second *second)
{
	return second->external_small;
}

static double sum_of(const struct prove_run *run, enum system_figure figure)
{
	double sum = 0;

	for (size_t i = 0; i < run->n; i++) {
		double value = run->seconds[i].system[figure];
		sum += isnan(value) ? 0 : value;
	}
	return sum;
}

/*
 * Of a series that stays level the thirds have the same mean; a third of what grows is certainly
 * above the first one, and none is below the one before it.
 */
static bool is_rising(
	const struct prove_run *run, struct interval *ret_first, struct interval *ret_last)
{
	_cleanup_free_ double *values = calloc(run->n + 1, sizeof(*values));
	struct interval thirds[3];
	size_t n = run->n / 3;

	for (size_t i = 0; values && i < run->n; i++) {
		/* Below 0: no allocation would fail, so that the cause of failing has no meaning.
		 */
		values[i] = fmax(0, run->seconds[i].external_large);
	}
	for (size_t i = 0; i < 3; i++) {
		if (!values || interval_of_mean(values + i * n, n, &thirds[i]) < 0) {
			return false;
		}
	}
	*ret_first = thirds[0];
	*ret_last = thirds[2];
	return thirds[0].high < thirds[2].low && thirds[0].mean <= thirds[1].mean &&
	       thirds[1].mean <= thirds[2].mean && thirds[2].mean - thirds[0].mean > RISE_MIN;
}

/* Whether the kernel counted some in each third of the run. */
static bool goes_on(const struct prove_run *run, enum system_figure figure)
{
	struct prove_run third = *run;

	third.n = run->n / 3;
	for (size_t i = 0; i < 3; i++) {
		third.seconds = run->seconds + i * third.n;
		if (!(sum_of(&third, figure) > 0)) {
			return false;
		}
	}
	return true;
}

void judge_fragmentation(const struct prove_run *run, const struct prove_baseline *baseline,
	struct report_criterion *criterion)
{
	struct extreme small = find_extreme(run, read_external_small, 1);

	(void)baseline;
	if (!take_extreme(run, read_external_large, criterion)) {
		return;
	}
	if (small.n > 0 && small.value >= 0) {
		criterion->state = REPORT_STATE_FAIL;
	}
	struct interval first, last;
	bool is_worse = is_rising(run, &first, &last);
	bool has_failures = goes_on(run, FIGURE_VM_COMPACTION_FAILURES);
	if (is_worse || has_failures) {
		criterion->state = REPORT_STATE_FAIL;
	}
	report_note_set(&criterion->evidence,
		"orders 4 to 9: index %.3f; up to order 3: %.3f (-1: no allocation would fail); "
		"%.0f allocations stalled, %.0f compactions failed",
		"4 至 9 阶：指数 %.3f；3 阶及以下：%.3f（-1 表示分配不会失败）；分配停顿 %.0f "
		"次，内存规整失败 %.0f 次",
		criterion->value, small.value, sum_of(run, FIGURE_VM_ALLOCATION_STALLS),
		sum_of(run, FIGURE_VM_COMPACTION_FAILURES));
	if (is_worse) {
		report_note_add(&criterion->evidence, "; rising: from %.3f to %.3f",
			"；呈上升趋势：从 %.3f 到 %.3f", first.mean, last.mean);
	}
	if (has_failures) {
		report_note_add(
			&criterion->evidence, "; they failed all the time", "；规整持续失败");
	}
}
