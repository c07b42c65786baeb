/* For tests: plans of a captured machine, applied and taken back. Fails the test on errors. */
#ifndef TUNE_FIXTURE_TUNE_H
#define TUNE_FIXTURE_TUNE_H

#include "tune/tune.h"
#include "util/fixture-tree.h"

/* Opens tune with a profile given as text. */
void tree_open(
	const struct tree *tree, const char *profile, const char *verb, struct tune *ret_tune);

/* The plan of a profile. The caller calls plan_done. */
void tree_plan(const struct tree *tree, const char *profile, struct plan *ret_plan);

/* A change that is there. */
const struct change *tree_find(const struct plan *plan, const char *kind, const char *object);

/* A profile that asks for swap in zram, and nothing else. */
#define TREE_ZRAM                                                                                  \
	"[zram]\nsize = 1G\nalgorithm = lz4\nfallback = lzo-rle zstd\npriority = 10\n"             \
	"zswap = off\n"

/* What is planned of it anew: valid until the next. plan: {0} at first; frees what it had. */
const struct change *tree_plan_zram(const struct tree *tree, struct plan *plan);

/* What is applied, compared with the tree. The caller calls plan_done. */
void tree_compare(const struct tree *tree, struct plan *ret_plan);

/* apply as the program does it; the result of tune_apply. */
int tree_apply(const struct tree *tree, const char *profile, size_t *ret_made);

/* The result of tune_rollback or tune_boot; outcomes are counted. */
int tree_run(const struct tree *tree,
	int (*run)(struct tune *, const struct tune_observer *, struct error *),
	size_t counts[TUNE_OUTCOME_COUNT]);

#endif
