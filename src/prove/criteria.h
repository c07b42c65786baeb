/*
 * The success criteria of the guide ("RK3588 4GB内存优化实施指南") as a table, and their verdicts.
 * Ids are stable: F functional, P performance and memory, S stability. Pure: the verdict of a run
 * depends on its figures only.
 */
#ifndef PROVE_CRITERIA_H
#define PROVE_CRITERIA_H

#include "prove/run.h"
#include "report/report.h"

#define CRITERIA_COUNT 16

/* In MiB, but for the share: the guide's budget. docs/evidence.md says why it is read so. */
#define BUDGET_SERVER  200
#define BUDGET_BASE    (2.3 * 1024)
#define BUDGET_CACHE   500
#define BUDGET_MARGIN  900
#define BUDGET_PERCENT 75

/*
 * Judges all of them. baseline may be NULL. The texts of the result are constants; it refers to
 * nothing of the run.
 */
void criteria_judge(const struct prove_run *run, const struct prove_baseline *baseline,
	struct report_criterion ret_criteria[static CRITERIA_COUNT]);

/* The one with this id; NULL when there is none. */
const struct report_criterion *criteria_find(
	const struct report_criterion *criteria, size_t n, const char *id);

#endif
