#include "system/fixture-tree.h"

#include <errno.h>
#include <ftw.h>
#include <limits.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

void tree_init(struct tree *tree)
{
	strcpy(tree->path, "/tmp/test-system-XXXXXX");
	assert_non_null(mkdtemp(tree->path));
	tree->root.path = tree->path;
}

static void make_parents(const struct tree *tree, const char *path, char full[static PATH_MAX])
{
	assert_int_equal(sysroot_path(&tree->root, path, full, PATH_MAX), 0);
	for (char *slash = strchr(full + strlen(tree->path) + 1, '/'); slash;
		slash = strchr(slash + 1, '/')) {
		*slash = '\0';
		assert_true(mkdir(full, 0755) == 0 || errno == EEXIST);
		*slash = '/';
	}
}

void tree_put(const struct tree *tree, const char *path, const char *text)
{
	char full[PATH_MAX];

	make_parents(tree, path, full);
	FILE *file = fopen(full, "we");
	assert_non_null(file);
	assert_true(fputs(text, file) >= 0);
	assert_int_equal(fclose(file), 0);
}

void tree_link(const struct tree *tree, const char *path, const char *target)
{
	char full[PATH_MAX];

	make_parents(tree, path, full);
	assert_int_equal(symlink(target, full), 0);
}

static int remove_one(const char *path, const struct stat *status, int type, struct FTW *walk)
{
	(void)status;
	(void)type;
	(void)walk;
	return remove(path);
}

void tree_done(struct tree *tree)
{
	assert_int_equal(nftw(tree->path, remove_one, 16, FTW_DEPTH | FTW_PHYS), 0);
}
