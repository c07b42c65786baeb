#include "tune/zram/zram-module.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include <cmocka.h>

#include "tune/fixture-tune.h"
#include "tune/zram/zram-change.h"

#define MODULES_DEP "/lib/modules/6.1.0-test/modules.dep"
#define PROFILE     "[zram]\nsize = 1G\nalgorithm = lz4\npriority = 10\n"
#define WANTS       "/etc/systemd/system/multi-user.target.wants/"

static struct tree tree;

/* As text; valid until the next. */
static const char *list(const char *const *algorithms, size_t n)
{
	static char text[512];
	json_t *names = zram_module_list(&tree.root, algorithms, n);

	assert_non_null(names);
	text[0] = '\0';
	for (size_t i = 0; i < json_array_size(names); i++) {
		size_t used = strlen(text);
		snprintf(text + used, sizeof(text) - used, "%s%s", used ? " " : "",
			json_string_value(json_array_get(names, i)));
	}
	json_decref(names);
	return text;
}

static void lists_what_comes_with_it(void **state)
{
	(void)state;
	static const char *const algorithms[] = {"lz4", "lzo-rle"};

	tree_remove(&tree, "/sys/class/zram-control");
	assert_string_equal(list(algorithms, 2), "");
	tree_write(&tree, MODULES_DEP,
		"kernel/crypto/lz4.ko: kernel/lib/lz4/lz4_compress.ko\n"
		"kernel/crypto/lz4hc.ko: kernel/lib/lz4/lz4hc_compress.ko\n"
		"kernel/crypto/lzo-rle.ko.xz: kernel/lib/lzo/lzo_compress.ko.xz\n"
		"no/module: at all\n"
		"kernel/lz4.ko: a/\xff.ko a/.ko a/b.c.ko\n"
		"kernel/drivers/block/zram/zram.ko: kernel/mm/zsmalloc.ko "
		"kernel/lib/lz4/lz4_compress.ko\n"
		"kernel/fs/other.ko: kernel/drivers/block/zram/zram.ko\n");
	assert_true(zram_is_loadable(&tree.root));
	assert_string_equal(list(NULL, 0), "zram zsmalloc lz4_compress");
	assert_string_equal(
		list(algorithms, 2), "lz4 lz4_compress lzo_rle lzo_compress zram zsmalloc");
	tree_write(&tree, "/sys/module/zsmalloc/initstate", "live\n");
	tree_write(&tree, "/sys/module/lzo_rle/initstate", "live\n");
	assert_string_equal(list(algorithms, 2), "lz4 lz4_compress lzo_compress zram");
	tree_write(&tree, "/sys/class/zram-control/hot_add", "1\n"); /* loaded, or built in */
	assert_string_equal(list(algorithms, 1), "lz4 lz4_compress");
}

/* A program that notes what it is called with, and does what modprobe would. */
static void make_modprobe(void)
{
	char script[256], path[64];

	snprintf(script, sizeof(script),
		"#!/bin/sh\necho \"$*\" > %s/called\nmkdir %s/sys/class/zram-control\n",
		tree.folder, tree.folder);
	tree_write(&tree, "/modprobe", script);
	snprintf(path, sizeof(path), "%s/modprobe", tree.folder);
	assert_int_equal(chmod(path, 0755), 0);
	tree_write(&tree, "/proc/sys/kernel/modprobe", path);
}

static const char *load(bool is_alone)
{
	struct error err = {0};

	tree_remove(&tree, "/sys/class/zram-control");
	if (zram_module_load(&tree.root, is_alone, &err) < 0) {
		fail_msg("%s", err.text);
	}
	return tree_read(&tree, "/called");
}

static void loads_it_without_devices(void **state)
{
	(void)state;

	make_modprobe();
	assert_string_equal(load(true), "zram num_devices=0");
	assert_string_equal(load(false), "zram");
}

/* zramswap of zram-tools runs modprobe zram, and takes zram0 for granted. zram cannot be made here:
 * the run ends after the module. */
static void leaves_zram0_to_others(void **state)
{
	(void)state;
	size_t made;

	make_modprobe();
	tree_remove(&tree, "/sys/class/zram-control");
	tree_write(&tree, MODULES_DEP, "kernel/drivers/block/zram/zram.ko:\n");
	assert_true(tree_apply(&tree, PROFILE, &made) < 0);
	assert_string_equal(tree_read(&tree, "/called"), "zram num_devices=0");
	tree_remove(&tree, tree.state + strlen(tree.folder));
	tree_remove(&tree, "/sys/class/zram-control");
	tree_write(&tree, WANTS "zramswap.service", "");
	assert_true(tree_apply(&tree, PROFILE, &made) < 0);
	assert_string_equal(tree_read(&tree, "/called"), "zram");
}

static bool is_module_ours(void)
{
	struct tune tune;

	tree_open(&tree, NULL, NULL, &tune);
	const struct journal_entry *entry = journal_find(tune.journal, "zram", ZRAM_OBJECT);
	assert_non_null(entry);
	bool is_ours = json_array_size(zram_get_modules(&tune.machine, entry)) > 0;
	tune_close(&tune);
	return is_ours;
}

/* At boot again. zram cannot be made here: each run ends with what it noted. */
static void remembers_who_loads_the_module(void **state)
{
	(void)state;
	static const char boot_id[] = "/proc/sys/kernel/random/boot_id";
	size_t made, counts[TUNE_OUTCOME_COUNT];

	assert_true(tree_apply(&tree, PROFILE, &made) < 0);
	assert_false(is_module_ours());
	tree_write(&tree, boot_id, "22222222-2222-3333-4444-555555555555\n");
	assert_int_equal(tree_run(&tree, tune_boot, counts), 1);
	assert_false(is_module_ours());
	tree_remove(&tree, tree.state + strlen(tree.folder));
	tree_remove(&tree, "/sys/class/zram-control");
	tree_write(&tree, "/lib/modules/6.1.0-test/modules.dep", "kernel/zram.ko:\n");
	make_modprobe();
	assert_true(tree_apply(&tree, PROFILE, &made) < 0);
	assert_true(is_module_ours());
	tree_write(&tree, boot_id, "33333333-2222-3333-4444-555555555555\n");
	assert_false(is_module_ours());
	assert_int_equal(tree_run(&tree, tune_boot, counts), 1);
	assert_false(is_module_ours()); /* it was there already */
	tree_write(&tree, boot_id, "44444444-2222-3333-4444-555555555555\n");
	tree_remove(&tree, "/sys/class/zram-control");
	assert_int_equal(tree_run(&tree, tune_boot, counts), 1);
	assert_true(is_module_ours());
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		tree_test(lists_what_comes_with_it, &tree),
		tree_test(loads_it_without_devices, &tree),
		tree_test(leaves_zram0_to_others, &tree),
		tree_test(remembers_who_loads_the_module, &tree),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
