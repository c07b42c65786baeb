/* The verdicts, one function a criterion. */
#ifndef PROVE_JUDGE_IMPL_H
#define PROVE_JUDGE_IMPL_H

#include "prove/run.h"
#include "report/report.h"

/*
 * Fills state, figures and evidence; the rest of the criterion, its bar among it, is there. A
 * baseline that is NULL: none.
 */
typedef void (*judge_fn)(const struct prove_run *run, const struct prove_baseline *baseline,
	struct report_criterion *criterion);

void judge_frame_rate(const struct prove_run *run, const struct prove_baseline *baseline,
	struct report_criterion *criterion);
void judge_viewers(const struct prove_run *run, const struct prove_baseline *baseline,
	struct report_criterion *criterion);
void judge_latency(const struct prove_run *run, const struct prove_baseline *baseline,
	struct report_criterion *criterion);
void judge_cpu(const struct prove_run *run, const struct prove_baseline *baseline,
	struct report_criterion *criterion);
void judge_startup(const struct prove_run *run, const struct prove_baseline *baseline,
	struct report_criterion *criterion);
void judge_used(const struct prove_run *run, const struct prove_baseline *baseline,
	struct report_criterion *criterion);
void judge_server_memory(const struct prove_run *run, const struct prove_baseline *baseline,
	struct report_criterion *criterion);
void judge_base(const struct prove_run *run, const struct prove_baseline *baseline,
	struct report_criterion *criterion);
void judge_cache(const struct prove_run *run, const struct prove_baseline *baseline,
	struct report_criterion *criterion);
void judge_margin(const struct prove_run *run, const struct prove_baseline *baseline,
	struct report_criterion *criterion);
void judge_fragmentation(const struct prove_run *run, const struct prove_baseline *baseline,
	struct report_criterion *criterion);

void judge_stress(const struct prove_run *run, const struct prove_baseline *baseline,
	struct report_criterion *criterion);
void judge_recovery(const struct prove_run *run, const struct prove_baseline *baseline,
	struct report_criterion *criterion);

/* By the soak: as long as the bar says, in hours or days, without a fault. */
void judge_day(const struct prove_run *run, const struct prove_baseline *baseline,
	struct report_criterion *criterion);
void judge_week(const struct prove_run *run, const struct prove_baseline *baseline,
	struct report_criterion *criterion);
void judge_leak(const struct prove_run *run, const struct prove_baseline *baseline,
	struct report_criterion *criterion);

/* The run did not come so far. */
void judge_not_run(struct report_criterion *criterion);

/* By value and bar: PASS or FAIL. */
void judge_settle(struct report_criterion *criterion);

/* The measurement has no value: ERROR, with the reason. */
void judge_missing(struct report_criterion *criterion, const char *en, const char *zh);

#endif
