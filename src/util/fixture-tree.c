#include "util/fixture-tree.h"

#include <ftw.h>
#include <limits.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "util/file/folder.h"

static const char *const files[][2] = {
	{"/proc/sys/kernel/random/boot_id", "11111111-2222-3333-4444-555555555555\n"},
	{"/proc/sys/kernel/osrelease", "6.1.0-test\n"},
	{"/proc/self/mountinfo", "22 1 0:5 / /dev rw shared:2 - devtmpfs udev rw,size=4k\n"},
	{"/proc/self/status", "Name:\ttest\nCapEff:\t000001ffffffffff\n"},
	{"/proc/meminfo", "MemTotal:        4194304 kB\nMemAvailable:    3145728 kB\n"},
	{"/proc/swaps", "Filename\tType\tSize\tUsed\tPriority\n"},
	{"/proc/sys/vm/swappiness", "60\n"},
	{"/proc/sys/vm/dirty_ratio", "20\n"},
	{"/proc/sys/vm/dirty_bytes", "0\n"},
	{"/proc/sys/vm/dirty_background_ratio", "10\n"},
	{"/proc/sys/vm/dirty_background_bytes", "0\n"},
	{"/proc/sys/vm/overcommit_memory", "0\n"},
	{"/proc/sys/vm/drop_caches", "0\n"},
	{"/sys/class/zram-control/hot_add", "1\n"},
	{"/sys/class/zram-control/hot_remove", ""},
	{"/sys/block/zram0/disksize", "0\n"},
	{"/sys/block/zram0/diskseq", "7\n"},
	{"/sys/block/zram0/comp_algorithm", "[lzo-rle] lzo lz4 zstd\n"},
	{"/sys/module/zswap/parameters/enabled", "N\n"},
	{"/run/systemd/system/empty", ""},
	{"/usr/lib/systemd/system/twinlens-tune.service", "[Unit]\n"},
	{"/etc/sysctl.d/README", "\n"},
};

static void full_path(const struct tree *tree, const char *path, char *full)
{
	assert_int_equal(sysroot_path(&tree->root, path, full, PATH_MAX), 0);
}

static void make_parent(const char *full)
{
	char parent[PATH_MAX];

	snprintf(parent, sizeof(parent), "%.*s", (int)(strrchr(full, '/') - full), full);
	assert_int_equal(folder_make(parent), 0);
}

void tree_write(const struct tree *tree, const char *path, const char *text)
{
	char full[PATH_MAX];

	full_path(tree, path, full);
	make_parent(full);
	FILE *file = fopen(full, "we");
	assert_non_null(file);
	assert_true(fputs(text, file) >= 0);
	assert_int_equal(fclose(file), 0);
}

void tree_link(const struct tree *tree, const char *path, const char *target)
{
	char full[PATH_MAX];

	full_path(tree, path, full);
	make_parent(full);
	assert_int_equal(symlink(target, full), 0);
}

static int remove_one(const char *path, const struct stat *status, int type, struct FTW *walk)
{
	(void)status;
	(void)type;
	(void)walk;
	return remove(path);
}

void tree_remove(const struct tree *tree, const char *path)
{
	char full[PATH_MAX];

	full_path(tree, path, full);
	assert_int_equal(nftw(full, remove_one, 16, FTW_DEPTH | FTW_PHYS), 0);
}

const char *tree_read(const struct tree *tree, const char *path)
{
	static char text[8192];

	return sysroot_read(&tree->root, path, text, sizeof(text)) < 0 ? "(none)" : text;
}

void tree_init(struct tree *tree)
{
	snprintf(tree->folder, sizeof(tree->folder), "/tmp/test-tree-XXXXXX");
	assert_non_null(mkdtemp(tree->folder));
	tree->root.path = tree->folder;
	snprintf(tree->state, sizeof(tree->state), "%s/state", tree->folder);
	for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++) {
		tree_write(tree, files[i][0], files[i][1]);
	}
}

void tree_done(struct tree *tree)
{
	tree_remove(tree, "");
}

int tree_setup(void **state)
{
	tree_init(*state);
	return 0;
}

int tree_teardown(void **state)
{
	tree_done(*state);
	return 0;
}

json_t *captured_load(const char *name)
{
	char path[PATH_MAX];
	json_error_t error;

	snprintf(path, sizeof(path), "%s/systemd/%s", FIXTURES, name);
	json_t *captured = json_load_file(path, 0, &error);
	if (!captured) {
		fprintf(stderr, "%s: %s\n", path, error.text);
		exit(1);
	}
	return captured;
}
