#include "system/fixture-tree.h"

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

#include "system/folder.h"

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

void tree_open(
	const struct tree *tree, const char *profile, const char *verb, struct tune *ret_tune)
{
	struct profile *parsed = NULL;
	struct error err = {0};

	if (tune_open(ret_tune, &tree->root, tree->state, verb, &err) < 0 ||
		(profile &&
			profile_parse_text(profile, strlen(profile), "test", &parsed, &err) < 0)) {
		fail_msg("%s", err.text);
	}
	ret_tune->machine.is_boot_state = true;
	if (parsed && tune_set_profile(ret_tune, parsed, &err) < 0) {
		fail_msg("%s", err.text);
	}
}

void tree_plan(const struct tree *tree, const char *profile, struct plan *ret_plan)
{
	struct tune tune;
	struct error err = {0};

	tree_open(tree, profile, NULL, &tune);
	if (tune_plan(&tune, ret_plan, &err) < 0) {
		fail_msg("%s", err.text);
	}
	tune_close(&tune);
}

const struct change *tree_find(const struct plan *plan, const char *kind, const char *object)
{
	const struct change *change = plan_find(plan, kind, object);

	if (!change) {
		fail_msg("no change of %s", object);
	}
	return change;
}

const struct change *tree_plan_zram(const struct tree *tree, struct plan *plan)
{
	plan_done(plan);
	tree_plan(tree, TREE_ZRAM, plan);
	return tree_find(plan, "zram", "swap");
}

void tree_compare(const struct tree *tree, struct plan *ret_plan)
{
	struct tune tune;

	tree_open(tree, NULL, NULL, &tune);
	assert_int_equal(tune_compare(&tune, ret_plan, NULL), 0);
	tune_close(&tune);
}

static void count_step(void *data, const struct tune_step *step)
{
	size_t *counts = data;

	counts[step->outcome]++;
}

static bool is_interrupted(void *data)
{
	(void)data;
	return false;
}

int tree_apply(const struct tree *tree, const char *profile, size_t *ret_made)
{
	size_t counts[TUNE_OUTCOME_SETTLED + 1] = {0};
	const struct tune_observer observer = {count_step, is_interrupted, counts};
	struct plan plan;
	struct tune tune;
	struct error err = {0};

	tree_open(tree, profile, "apply", &tune);
	if (tune_plan(&tune, &plan, &err) < 0) {
		fail_msg("%s", err.text);
	}
	*ret_made = 0;
	int r = tune_claim(&tune, &err);
	r = r ? r : tune_apply(&tune, &plan, &observer, ret_made, &err);
	assert_int_equal(counts[TUNE_OUTCOME_MADE], *ret_made);
	plan_done(&plan);
	tune_close(&tune);
	return r;
}

int tree_run(const struct tree *tree,
	int (*run)(struct tune *, const struct tune_observer *, struct error *),
	size_t counts[TUNE_OUTCOME_SETTLED + 1])
{
	const struct tune_observer observer = {count_step, is_interrupted, counts};
	struct tune tune;
	struct error err = {0};

	memset(counts, 0, (TUNE_OUTCOME_ACTION + 1) * sizeof(*counts));
	tree_open(tree, NULL, "test", &tune);
	int r = run(&tune, &observer, &err);
	tune_close(&tune);
	return r;
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
