#include "tune/zram/zram-change.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "tune/fixture-tune.h"

#define HEADING "Filename\tType\tSize\tUsed\tPriority\n"
#define WANTS   "/etc/systemd/system/multi-user.target.wants/"

static struct tree tree;
static struct plan plan;

static void is_to_be_made(void **state)
{
	(void)state;
	const struct change *change = tree_plan_zram(&tree, &plan);

	assert_string_equal(change->now, "none");
	assert_string_equal(change->to, "1 GiB lz4 prio 10");
	assert_string_equal(change->lacks, "");
	assert_string_equal(change->disagrees, "");
	assert_false(change->is_in_place);
}

static void falls_back(void **state)
{
	(void)state;
	tree_write(&tree, "/sys/block/zram0/comp_algorithm", "lzo [zstd]\n");
	assert_string_equal(tree_plan_zram(&tree, &plan)->to, "1 GiB zstd prio 10");
	assert_string_equal(
		tree_plan_zram(&tree, &plan)->disagrees, "this kernel has no lz4: zstd instead");
	/* lz4hc is not lz4. */
	tree_write(&tree, "/sys/block/zram0/comp_algorithm", "[lzo-rle] lz4hc\n");
	assert_string_equal(tree_plan_zram(&tree, &plan)->to, "1 GiB lzo-rle prio 10");
}

static void needs_the_kernel(void **state)
{
	(void)state;
	tree_remove(&tree, "/sys/class/zram-control");
	assert_non_null(strstr(tree_plan_zram(&tree, &plan)->lacks, "CONFIG_ZRAM"));
	tree_write(&tree, "/lib/modules/6.1.0-test/modules.dep",
		"kernel/a.ko: kernel/drivers/block/zram/zram.ko\n");
	assert_non_null(strstr(tree_plan_zram(&tree, &plan)->lacks, "CONFIG_ZRAM"));
	tree_write(&tree, "/lib/modules/6.1.0-test/modules.dep",
		"kernel/drivers/block/zram/zram.ko.xz: kernel/mm/zsmalloc.ko.xz\n");
	assert_string_equal(tree_plan_zram(&tree, &plan)->lacks, "");
	tree_write(&tree, "/proc/sys/kernel/modules_disabled", "1\n");
	assert_non_null(
		strstr(tree_plan_zram(&tree, &plan)->lacks, "kernel.modules_disabled is 1"));
	tree_write(&tree, "/sys/class/zram-control/hot_add", "1\n");
	assert_string_equal(tree_plan_zram(&tree, &plan)->lacks, "");
	tree_remove(&tree, "/proc/swaps");
	assert_non_null(strstr(tree_plan_zram(&tree, &plan)->lacks, "CONFIG_SWAP"));
}

static void needs_device_files(void **state)
{
	(void)state;
	tree_write(&tree, "/proc/self/mountinfo",
		"22 1 0:5 / /dev rw - devtmpfs udev rw\n30 22 0:9 / /dev rw - tmpfs none rw\n");
	assert_non_null(strstr(tree_plan_zram(&tree, &plan)->lacks, "/dev is no devtmpfs"));
	tree_write(&tree, "/dev/zram0", ""); /* somebody else makes them */
	assert_string_equal(tree_plan_zram(&tree, &plan)->lacks, "");
	tree_remove(&tree, "/dev/zram0");
	tree_write(&tree, "/proc/self/mountinfo",
		"22 1 0:5 / /dev rw - devtmpfs udev rw\n30 22 0:9 / /dev/shm rw - tmpfs none rw\n");
	assert_string_equal(tree_plan_zram(&tree, &plan)->lacks, "");
}

static void takes_or_refuses_what_is_there(void **state)
{
	(void)state;
	tree_write(&tree, "/proc/swaps", HEADING "/dev/zram0 partition 1048572 0 100\n");
	assert_true(tree_plan_zram(&tree, &plan)->is_in_place);
	assert_non_null(strstr(tree_plan_zram(&tree, &plan)->disagrees, "somebody else"));
	tree_write(&tree, "/proc/swaps", HEADING "/dev/zram0 partition 524284 0 100\n");
	assert_false(tree_plan_zram(&tree, &plan)->is_in_place);
	assert_non_null(
		strstr(tree_plan_zram(&tree, &plan)->lacks, "/dev/zram0 512 MiB prio 100: "));
	tree_link(&tree, WANTS "zramswap.service", "/lib/systemd/system/zramswap.service");
	assert_non_null(strstr(tree_plan_zram(&tree, &plan)->lacks, "zram-tools"));
	assert_non_null(strstr(tree_plan_zram(&tree, &plan)->lacks, "--service zramswap.service"));
	/* Of another mount namespace; a file of that name is none. */
	tree_write(&tree, "/proc/swaps", HEADING "/zram0 partition 1048572 0 100\n");
	assert_true(tree_plan_zram(&tree, &plan)->is_in_place);
	tree_write(&tree, "/proc/swaps", HEADING "/zram0 file 1048572 0 1\n");
	assert_false(tree_plan_zram(&tree, &plan)->is_in_place);
}

static void tells_of_swap_that_is_filled_before(void **state)
{
	(void)state;
	tree_write(&tree, "/proc/swaps", HEADING "/dev/mmcblk0p3 partition 100 0 -2\n");
	assert_string_equal(tree_plan_zram(&tree, &plan)->disagrees, "");
	tree_write(&tree, "/proc/swaps", HEADING "/swap\\040file file 100 0 10\n");
	assert_string_equal(tree_plan_zram(&tree, &plan)->disagrees,
		"/swap file has the same priority 10, and so is filled along with it");
	tree_write(&tree, "/proc/swaps",
		HEADING "/a file 100 0 10\n/b file 100 0 12\n/c file 100 0 11\n");
	assert_string_equal(tree_plan_zram(&tree, &plan)->disagrees,
		"/b has priority 12, and so is filled before");
	/* Also before zram of somebody else. */
	tree_write(&tree, "/proc/swaps",
		HEADING "/dev/zram0 partition 1048572 0 5\n/b file 100 0 6\n");
	assert_true(tree_plan_zram(&tree, &plan)->is_in_place);
	assert_non_null(strstr(tree_plan_zram(&tree, &plan)->disagrees,
		"left to its owner; /b has priority 6, and so is filled before"));
}

/* zram-tools makes one for each core. */
static void adds_up_several(void **state)
{
	(void)state;
	tree_write(&tree, "/proc/swaps",
		HEADING "/dev/zram0 partition 524284 0 100\n/dev/zram1 partition 524284 0 90\n");
	assert_true(tree_plan_zram(&tree, &plan)->is_in_place);
	assert_string_equal(
		tree_plan_zram(&tree, &plan)->now, "/dev/zram0 and 1 more, 1024 MiB prio 90");
	tree_write(&tree, "/proc/swaps",
		HEADING "/dev/zram0 partition 524284 0 100\n/dev/zram1 partition 262140 0 90\n");
	assert_false(tree_plan_zram(&tree, &plan)->is_in_place);
	assert_non_null(strstr(tree_plan_zram(&tree, &plan)->lacks,
		"already, /dev/zram0 and 1 more, 768 MiB prio 90: "));
}

static void turns_zswap_off(void **state)
{
	(void)state;
	size_t made, counts[TUNE_OUTCOME_COUNT];

	tree_write(&tree, "/sys/module/zswap/parameters/enabled", "Y\n");
	tree_plan_zram(&tree, &plan);
	const struct change *change = plan_find(&plan, "zswap", "zswap");
	assert_non_null(change);
	assert_string_equal(change->now, "on");
	/* zram cannot be made on a captured tree: the run ends there, and zswap stays. */
	assert_true(tree_apply(&tree, TREE_ZRAM, &made) < 0);
	assert_string_equal(tree_read(&tree, "/sys/module/zswap/parameters/enabled"), "Y");
	assert_int_equal(tree_run(&tree, tune_rollback, counts), 0);
	tree_write(&tree, "/proc/swaps", HEADING "/dev/zram0 partition 1048572 0 100\n");
	assert_int_equal(tree_apply(&tree, TREE_ZRAM, &made), 0);
	assert_string_equal(tree_read(&tree, "/sys/module/zswap/parameters/enabled"), "N");
	assert_int_equal(tree_run(&tree, tune_rollback, counts), 0);
	assert_string_equal(tree_read(&tree, "/sys/module/zswap/parameters/enabled"), "Y");
	assert_int_equal(tree_apply(&tree, TREE_ZRAM, &made), 0);
	tree_remove(&tree, "/sys/module/zswap"); /* another kernel */
	assert_int_equal(tree_run(&tree, tune_rollback, counts), 0);
	assert_int_equal(counts[TUNE_OUTCOME_LEFT], 1);
	tree_plan_zram(&tree, &plan);
	assert_null(plan_find(&plan, "zswap", "zswap"));
}

/* It is all the compression there is. */
static void leaves_zswap_without_zram(void **state)
{
	(void)state;
	tree_write(&tree, "/sys/module/zswap/parameters/enabled", "Y\n");
	tree_write(&tree, "/proc/swaps", HEADING "/dev/zram0 partition 32764 0 100\n");
	assert_string_not_equal(tree_plan_zram(&tree, &plan)->lacks, "");
	assert_null(plan_find(&plan, "zswap", "zswap"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		tree_test(is_to_be_made, &tree),
		tree_test(falls_back, &tree),
		tree_test(needs_the_kernel, &tree),
		tree_test(needs_device_files, &tree),
		tree_test(takes_or_refuses_what_is_there, &tree),
		tree_test(tells_of_swap_that_is_filled_before, &tree),
		tree_test(adds_up_several, &tree),
		tree_test(turns_zswap_off, &tree),
		tree_test(leaves_zswap_without_zram, &tree),
	};

	int r = cmocka_run_group_tests(tests, NULL, NULL);
	plan_done(&plan);
	return r;
}
