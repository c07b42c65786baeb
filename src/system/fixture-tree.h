/* For tests: a captured machine in a temporary folder, and changes of it. Fails the test on errors.
 */
#ifndef SYSTEM_FIXTURE_TREE_H
#define SYSTEM_FIXTURE_TREE_H

#include "system/tune.h"
#include "util/sysroot.h"

struct tree {
	char folder[32];
	struct sysroot root;
	char state[64]; /* for the journal */
};

/* A board with systemd, root, 4 GiB, one idle zram device that knows lzo-rle, lzo, lz4 and zstd. */
void tree_init(struct tree *tree);
void tree_done(struct tree *tree);

/* A test that has the tree, new, to itself. */
#define tree_test(function, tree)                                                                  \
	cmocka_unit_test_prestate_setup_teardown(function, tree_setup, tree_teardown, tree)

/* What it is made of: setup and teardown of cmocka; *state is the tree. */
int tree_setup(void **state);
int tree_teardown(void **state);

/* Writes a file and the folders above it. */
void tree_write(const struct tree *tree, const char *path, const char *text);

/* Makes a symbolic link, and the folders above it. */
void tree_link(const struct tree *tree, const char *path, const char *target);

/* Removes a file, or a folder with all that is in it. */
void tree_remove(const struct tree *tree, const char *path);

/* The text of a file without trailing blanks; "(none)" when there is none. Valid until the next. */
const char *tree_read(const struct tree *tree, const char *path);

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
	size_t counts[TUNE_OUTCOME_SETTLED + 1]);

/* What the systemd of a board told: a file of tests/fixtures/systemd. Ends the program on errors.
 */
json_t *captured_load(const char *name);

#endif
