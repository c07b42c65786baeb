#include "tune/zram/zram-owner.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "tune/fixture-tune.h"
#include "tune/kinds.h"
#include "tune/zram/zram-change.h"

#define HEADING "Filename\tType\tSize\tUsed\tPriority\n"
#define WANTS   "/etc/systemd/system/multi-user.target.wants/"

static struct tree tree;
static struct plan plan;

#define GENERATOR "/usr/lib/systemd/system-generators/zram-generator"
#define ITS_FILE  "/etc/systemd/zram-generator.conf"

static void tells_of_the_generator(void **state)
{
	(void)state;

	assert_null(zram_owner_find(&tree.root));
	tree_write(&tree, ITS_FILE, "# a comment\n[zram0]\n");
	assert_null(zram_owner_find(&tree.root)); /* the program is not installed */
	tree_write(&tree, GENERATOR, "");
	assert_non_null(strstr(
		tree_plan_zram(&tree, &plan)->disagrees, "zram-generator makes zram of its own"));
	tree_write(&tree, ITS_FILE, "#[zram0]\n[zram]\n[zramx]\n");
	assert_null(zram_owner_find(&tree.root)); /* it makes no device */
	tree_write(&tree, "/usr/lib/systemd/zram-generator.conf", "[zram0]\n");
	assert_null(zram_owner_find(&tree.root)); /* the one in /etc counts */
	tree_write(&tree, "/usr/lib/systemd/zram-generator.conf.d/README", "[zram0]\n");
	assert_null(zram_owner_find(&tree.root));
	tree_write(&tree, "/usr/lib/systemd/zram-generator.conf.d/a.conf", "  [zram12]\n");
	assert_non_null(zram_owner_find(&tree.root));
}

static void tells_who_comes_at_boot(void **state)
{
	(void)state;

	tree_link(&tree, WANTS "armbian-zram-config.service", "/lib/x");
	assert_non_null(strstr(tree_plan_zram(&tree, &plan)->disagrees, "Armbian"));
	/* As removing its package leaves it, and systemctl mask. */
	tree_link(&tree, "/etc/systemd/system/armbian-zram-config.service", "/dev/null");
	assert_string_equal(tree_plan_zram(&tree, &plan)->disagrees, "");
	tree_link(&tree,
		"/usr/lib/systemd/system/sysinit.target.wants/orangepi-zram-config.service",
		"../orangepi-zram-config.service");
	assert_non_null(strstr(tree_plan_zram(&tree, &plan)->disagrees,
		"Orange Pi makes zram of its own at boot: disable it with --service "
		"orangepi-zram-config.service"));
}

/* The plan for zram, when zramswap.service is to be stopped; its change of the plan. */
static const struct change *plan_stopping(void)
{
	struct error err = {0};
	struct tune tune;

	plan_done(&plan);
	tree_open(&tree, TREE_ZRAM, NULL, &tune);
	assert_non_null(plan_add(&plan, &service_change_kind, "zramswap.service"));
	if (zram_plan(&tune.machine, tune.profile, &plan, &err) < 0) {
		fail_msg("%s", err.text);
	}
	tune_close(&tune);
	return &plan.changes[0];
}

static void does_not_stop_an_owner_whose_swap_does_not_fit(void **state)
{
	(void)state;
	static const char group[] = "/sys/fs/cgroup/a/memory.";
	char path[64];

	tree_link(&tree, WANTS "zramswap.service", "/lib/systemd/system/zramswap.service");
	tree_write(&tree, "/proc/swaps", HEADING "/dev/zram0 partition 524284 409600 100\n");
	tree_write(&tree, "/sys/block/zram0/mm_stat", "419430400 1 104857600 0 0 0 0 0 0\n");
	tree_write(&tree, "/proc/meminfo", "MemTotal: 4194304 kB\nMemAvailable: 372736 kB\n");
	assert_string_equal(plan_stopping()->lacks, ""); /* 364 + 100 = 400 + 64 MiB */
	assert_string_equal(plan_find(&plan, "zram", ZRAM_OBJECT)->lacks, "");
	tree_write(&tree, "/proc/meminfo", "MemTotal: 4194304 kB\nMemAvailable: 371712 kB\n");
	assert_string_equal(plan_stopping()->lacks,
		"memory for what zramswap.service has swapped out, as stopping it brings that "
		"back: 400 MiB swapped out, but only 363 MiB available and 100 MiB to come back "
		"from it, with 64 MiB to stay free: end what takes memory, then apply again");
	/* The swap stays then, and is taken or refused as any other. */
	assert_non_null(
		strstr(plan_find(&plan, "zram", ZRAM_OBJECT)->lacks, "zram-tools has swap"));
	tree_write(&tree, "/proc/meminfo", "MemTotal: 4194304 kB\nMemAvailable: 2097152 kB\n");
	for (size_t i = 0; i < 4; i++) {
		static const char *const files[][2] = {{"max", "140\n"}, {"current", "100\n"},
			{"swap.current", "60\n"}, {"stat", "anon 1\n"}};
		snprintf(path, sizeof(path), "%s%s", group, files[i][0]);
		tree_write(&tree, path, files[i][1]);
	}
	assert_non_null(strstr(plan_stopping()->lacks, "/sys/fs/cgroup/a/memory.max is "));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		tree_test(tells_of_the_generator, &tree),
		tree_test(tells_who_comes_at_boot, &tree),
		tree_test(does_not_stop_an_owner_whose_swap_does_not_fit, &tree),
	};

	int r = cmocka_run_group_tests(tests, NULL, NULL);
	plan_done(&plan);
	return r;
}
