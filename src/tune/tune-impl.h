/* What the parts of tune share. */
#ifndef TUNE_TUNE_IMPL_H
#define TUNE_TUNE_IMPL_H

#include "tune/change-kind.h"
#include "tune/tune.h"

/* What is measured of a step begins, and ends when the observer is told. */
void tune_step_begin(const struct tune *tune, struct tune_step *step);
void tune_tell(
	const struct tune *tune, const struct tune_observer *observer, struct tune_step *step);

/* Takes back tune_claim: everything is undone. */
void tune_disclaim(const struct tune *tune);

/* Calls make for an entry whose intent is written, and writes that it is done. */
int tune_make(struct tune *tune, const struct journal_entry *entry,
	int (*make)(struct change_run *, struct error *), const struct tune_observer *observer,
	struct error *err);

#endif
