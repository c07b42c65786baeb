/* Files and symbolic links that a plan writes, whole, and what stood in their place. */
#ifndef TUNE_FILE_FILE_CHANGE_H
#define TUNE_FILE_FILE_CHANGE_H

#include "tune/change-kind.h"

#define FILE_CHANGE_SIZE_MAX (64 << 10) /* a larger file is not replaced: it is none of ours */

/*
 * Adds the change that makes path a file with that text, or a link to that target; in place when it
 * is one. kind is one with the functions below. ret_change: to be given its texts. 0, or a negative
 * errno with err set.
 */
int file_change_plan_text(const struct machine *machine, struct plan *plan,
	const struct change_kind *kind, const char *path, const char *text,
	struct change **ret_change, struct error *err);
int file_change_plan_link(const struct machine *machine, struct plan *plan,
	const struct change_kind *kind, const char *path, const char *target,
	struct change **ret_change, struct error *err);

/* As in struct change_kind; the object is the path. */
int file_change_apply(struct change_run *run, struct error *err);
int file_change_compare(const struct machine *machine, const struct journal_entry *entry,
	enum change_state *ret_state, char *ret_now, struct error *err);
int file_change_restore(struct change_run *run, struct error *err);

#endif
