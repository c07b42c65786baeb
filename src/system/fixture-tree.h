/* A captured /proc, /sys, /run, ... for tests, in a temporary folder. For the tests only. */
#ifndef SYSTEM_FIXTURE_TREE_H
#define SYSTEM_FIXTURE_TREE_H

#include "util/sysroot.h"

struct tree {
	struct sysroot root;
	char path[64];
};

/* Fail the test when something goes wrong. */
void tree_init(struct tree *tree);
void tree_put(const struct tree *tree, const char *path, const char *text);
void tree_link(const struct tree *tree, const char *path, const char *target);
void tree_done(struct tree *tree);

#endif
