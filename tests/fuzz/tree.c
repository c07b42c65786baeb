#include "tree.h"

#include <ftw.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "util/file/folder.h"

static char folder[] = "/tmp/fuzz-tree-XXXXXX";
static const struct sysroot root = {.path = folder};
static int files[TREE_FILES_MAX]; /* in memory: the tree links to them */
static size_t n_files;

static int remove_one(const char *path, const struct stat *status, int type, struct FTW *walk)
{
	(void)status;
	(void)type;
	(void)walk;
	return remove(path);
}

static void remove_tree(void)
{
	nftw(folder, remove_one, 16, FTW_DEPTH | FTW_PHYS);
}

/* The path in the tree, whose folder is made. */
static void make_path(const char *path, char full[static PATH_MAX])
{
	must(sysroot_path(&root, path, full, PATH_MAX) == 0);
	char *slash = strrchr(full, '/');
	*slash = '\0';
	must(folder_make(full) == 0);
	*slash = '/';
}

const struct sysroot *tree_make(const char *const *paths, size_t n)
{
	char full[PATH_MAX], target[32];

	must(n <= TREE_FILES_MAX && mkdtemp(folder) && atexit(remove_tree) == 0);
	for (n_files = 0; n_files < n; n_files++) {
		files[n_files] = memfd_create("fuzz", MFD_CLOEXEC);
		must(files[n_files] >= 0);
		snprintf(target, sizeof(target), "/proc/self/fd/%d", files[n_files]);
		make_path(paths[n_files], full);
		must(symlink(target, full) == 0);
	}
	return &root;
}

void tree_link(const char *path, const char *target)
{
	char full[PATH_MAX];

	make_path(path, full);
	must(symlink(target, full) == 0);
}

void tree_fill(const uint8_t *data, size_t size)
{
	for (size_t i = 0; i < n_files; i++) {
		const uint8_t *end = i < n_files - 1 ? memchr(data, '\f', size) : NULL;
		size_t length = end ? (size_t)(end - data) : size;
		must(ftruncate(files[i], 0) == 0);
		must(pwrite(files[i], data, length, 0) == (ssize_t)length);
		data += end ? length + 1 : length;
		size -= end ? length + 1 : length;
	}
}

void tree_put(const char *path, const char *text)
{
	char full[PATH_MAX];

	make_path(path, full);
	FILE *file = fopen(full, "we");
	must(file && fputs(text, file) >= 0 && fclose(file) == 0);
}
