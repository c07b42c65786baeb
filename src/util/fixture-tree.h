/* For tests: a captured machine in a temporary folder. Fails the test on errors.
 */
#ifndef UTIL_FIXTURE_TREE_H
#define UTIL_FIXTURE_TREE_H

#include <jansson.h>

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

/* What the systemd of a board told: a file of tests/fixtures/systemd. Ends the program on errors.
 */
json_t *captured_load(const char *name);

#endif
