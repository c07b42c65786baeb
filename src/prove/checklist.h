/*
 * The guide's checklist, each box ticked by what is found on the machine. What no machine can tell,
 * such as whether the team is trained, stays for a signature. Ids are stable. Pure.
 */
#ifndef PROVE_CHECKLIST_H
#define PROVE_CHECKLIST_H

#include "prove/run.h"
#include "report/report.h"

#define CHECKLIST_COUNT 17

/* What was found, beside the criteria. */
struct checklist_facts {
	enum prove_stage stage;
	double memory_bytes;                    /* MemTotal */
	double zram_table_bytes;                /* of all zram devices that are set up; 0: none */
	bool is_tuned;                          /* a profile of tune is applied, completely */
	unsigned n_services, n_sysctls;         /* of its changes, those that are in force */
	unsigned pool_blocks, pool_block_bytes; /* of the server, all cameras together */
	unsigned pool_exhausted;                /* frames dropped for lack of a block */
	size_t n_cameras;
	bool is_watched; /* twinlens watch runs */
};

void checklist_judge(const struct checklist_facts *facts, const struct report_criterion *criteria,
	size_t n_criteria, struct report_item ret_items[static CHECKLIST_COUNT]);

#endif
