/* accept.json of an earlier run in the stage "baseline", to compare with. */
#ifndef ACCEPT_BASELINE_H
#define ACCEPT_BASELINE_H

#include <jansson.h>

#include "prove/run.h"
#include "report/report.h"
#include "util/error.h"

struct baseline {
	json_t *document;
	struct equivalence_block *ages;
	struct prove_baseline prove;
};

/*
 * 0; -ENOENT when there is no such file; -EINVAL when it is not a report of that stage; another
 * negative errno. On errors there is nothing to free.
 */
int baseline_load(struct baseline *ret_baseline, const char *path, struct error *err);

/* Fills the column "baseline" of the criteria. */
void baseline_apply(const struct baseline *baseline, struct report_criterion *criteria, size_t n);

/* Zeroed is allowed. */
void baseline_done(struct baseline *baseline);

/* What a later run needs of this one: "ages" of accept.json. NULL when out of memory. */
json_t *baseline_ages_to_json(const struct prove_run *run);

#endif
