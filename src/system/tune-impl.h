/* What the parts of tune share. */
#ifndef SYSTEM_TUNE_IMPL_H
#define SYSTEM_TUNE_IMPL_H

#include "system/change-impl.h"
#include "system/tune.h"

/* What is measured of a step begins, and ends when the observer is told. */
void tune_step_begin(const struct tune *tune, struct tune_step *step);
void tune_tell(
	const struct tune *tune, const struct tune_observer *observer, struct tune_step *step);

/*
 * Notes, for this boot, that the machine is changed with this journal. 0; -EEXIST when another one
 * has entries; another negative errno with err.
 */
int tune_claim(const struct tune *tune, struct error *err);

/* Takes that back: everything is undone. */
void tune_disclaim(const struct tune *tune);

/* Calls make for an entry whose intent is written, and writes that it is done. */
int tune_make(struct tune *tune, const struct journal_entry *entry,
	int (*make)(struct change_run *, struct error *), const struct tune_observer *observer,
	struct error *err);

#endif
