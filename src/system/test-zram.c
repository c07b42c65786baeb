#include "system/zram-change.h"

#include <limits.h>
#include <poll.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#include "system/fixture-tree.h"
#include "system/kinds.h"
#include "system/memory-limit.h"
#include "system/swap.h"
#include "system/zram-owner.h"

#define ZRAM                                                                                       \
	"[zram]\nsize = 1G\nalgorithm = lz4\nfallback = lzo-rle zstd\npriority = 10\nzswap = "     \
	"off\n"
#define HEADING "Filename\tType\tSize\tUsed\tPriority\n"
#define WANTS   "/etc/systemd/system/multi-user.target.wants/"

static struct tree tree;
static struct plan plan;

static int make(void **state)
{
	(void)state;
	tree_init(&tree);
	return 0;
}

static int clean(void **state)
{
	(void)state;
	plan_done(&plan);
	tree_done(&tree);
	return 0;
}

static const struct change *plan_zram(void)
{
	plan_done(&plan);
	tree_plan(&tree, ZRAM, &plan);
	const struct change *change = plan_find(&plan, "zram", "swap");
	assert_non_null(change);
	return change;
}

static void is_to_be_made(void **state)
{
	(void)state;
	const struct change *change = plan_zram();

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
	assert_string_equal(plan_zram()->to, "1 GiB zstd prio 10");
	assert_string_equal(plan_zram()->disagrees, "this kernel has no lz4: zstd instead");
	/* lz4hc is not lz4. */
	tree_write(&tree, "/sys/block/zram0/comp_algorithm", "[lzo-rle] lz4hc\n");
	assert_string_equal(plan_zram()->to, "1 GiB lzo-rle prio 10");
}

static void needs_the_kernel(void **state)
{
	(void)state;
	tree_remove(&tree, "/sys/class/zram-control");
	assert_non_null(strstr(plan_zram()->lacks, "CONFIG_ZRAM"));
	tree_write(&tree, "/lib/modules/6.1.0-test/modules.dep",
		"kernel/a.ko: kernel/drivers/block/zram/zram.ko\n");
	assert_non_null(strstr(plan_zram()->lacks, "CONFIG_ZRAM"));
	tree_write(&tree, "/lib/modules/6.1.0-test/modules.dep",
		"kernel/drivers/block/zram/zram.ko.xz: kernel/mm/zsmalloc.ko.xz\n");
	assert_string_equal(plan_zram()->lacks, "");
	tree_remove(&tree, "/proc/swaps");
	assert_non_null(strstr(plan_zram()->lacks, "CONFIG_SWAP"));
}

static void takes_or_refuses_what_is_there(void **state)
{
	(void)state;
	tree_write(&tree, "/proc/swaps", HEADING "/dev/zram0 partition 1048572 0 100\n");
	assert_true(plan_zram()->is_in_place);
	assert_non_null(strstr(plan_zram()->disagrees, "somebody else"));
	tree_write(&tree, "/proc/swaps", HEADING "/dev/zram0 partition 524284 0 100\n");
	assert_false(plan_zram()->is_in_place);
	assert_non_null(strstr(plan_zram()->lacks, "/dev/zram0, 512 MiB"));
	tree_link(&tree, WANTS "zramswap.service", "/lib/systemd/system/zramswap.service");
	assert_non_null(strstr(plan_zram()->lacks, "zram-tools"));
	assert_non_null(strstr(plan_zram()->lacks, "--service zramswap.service"));
	/* Of another mount namespace; a file of that name is none. */
	tree_write(&tree, "/proc/swaps", HEADING "/zram0 partition 1048572 0 100\n");
	assert_true(plan_zram()->is_in_place);
	tree_write(&tree, "/proc/swaps", HEADING "/zram0 file 1048572 0 1\n");
	assert_false(plan_zram()->is_in_place);
}

static void tells_who_comes_at_boot(void **state)
{
	(void)state;
	assert_null(zram_owner_find(&tree.root));
	tree_write(&tree, "/etc/systemd/zram-generator.conf", "[zram0]\n");
	assert_null(zram_owner_find(&tree.root)); /* the program is not installed */
	tree_write(&tree, "/usr/lib/systemd/system-generators/zram-generator", "");
	assert_non_null(strstr(plan_zram()->disagrees, "zram-generator makes zram of its own"));
	tree_remove(&tree, "/etc/systemd/zram-generator.conf");
	tree_link(&tree, WANTS "armbian-zram-config.service", "/lib/x");
	assert_non_null(strstr(plan_zram()->disagrees, "Armbian"));
}

static void tells_of_swap_that_is_filled_before(void **state)
{
	(void)state;
	tree_write(&tree, "/proc/swaps", HEADING "/dev/mmcblk0p3 partition 100 0 -2\n");
	assert_string_equal(plan_zram()->disagrees, "");
	tree_write(&tree, "/proc/swaps", HEADING "/swap\\040file file 100 0 10\n");
	assert_string_equal(
		plan_zram()->disagrees, "/swap file has priority 10, and so is filled before");
}

static void turns_zswap_off(void **state)
{
	(void)state;
	size_t made, counts[TUNE_OUTCOME_ACTION + 1];

	tree_write(&tree, "/sys/module/zswap/parameters/enabled", "Y\n");
	plan_zram();
	const struct change *change = plan_find(&plan, "zswap", "zswap");
	assert_non_null(change);
	assert_string_equal(change->now, "on");
	/* On a captured tree zram itself cannot be made: the run ends there, and is taken back. */
	assert_true(tree_apply(&tree, ZRAM, &made) < 0);
	assert_int_equal(made, 1);
	assert_string_equal(tree_read(&tree, "/sys/module/zswap/parameters/enabled"), "N");
	assert_int_equal(tree_run(&tree, tune_rollback, counts), 0);
	assert_string_equal(tree_read(&tree, "/sys/module/zswap/parameters/enabled"), "Y");
	tree_remove(&tree, "/sys/module/zswap");
	plan_zram();
	assert_null(plan_find(&plan, "zswap", "zswap"));
}

static json_t *pack_progress(const char *boot)
{
	return json_pack("{s:s,s:i,s:I}", "boot", boot, "number", 1, "sequence", (json_int_t)9);
}

/* Numbers are given again, also after a boot. */
static void knows_its_device(void **state)
{
	(void)state;
	struct machine machine;
	struct zram_device device;
	struct journal_entry entry = {.progress = json_object()};

	assert_int_equal(machine_init(&machine, &tree.root, NULL), 0);
	assert_int_equal(zram_find_ours(&machine, &entry, &device), 0);
	json_decref(entry.progress);
	entry.progress = pack_progress(machine.boot_id);
	assert_int_equal(zram_find_ours(&machine, &entry, &device), 0); /* gone */
	tree_write(&tree, "/sys/block/zram1/disksize", "4096\n");
	tree_write(&tree, "/sys/block/zram1/comp_algorithm", "[lz4]\n");
	tree_write(&tree, "/sys/block/zram1/diskseq", "9\n");
	assert_int_equal(zram_find_ours(&machine, &entry, &device), 1);
	assert_int_equal(device.number, 1);
	assert_string_equal(device.algorithm, "lz4");
	tree_write(&tree, "/sys/block/zram1/diskseq", "10\n");
	assert_int_equal(zram_find_ours(&machine, &entry, &device), 0);
	tree_write(&tree, "/sys/block/zram1/diskseq", "9\n");
	json_decref(entry.progress);
	entry.progress = pack_progress("another boot");
	assert_int_equal(zram_find_ours(&machine, &entry, &device), 0);
	json_decref(entry.progress);
}

/* Kernels before 5.15 have no diskseq. */
static void knows_its_device_without_diskseq(void **state)
{
	(void)state;
	struct zram_device first, second;

	tree_remove(&tree, "/sys/block/zram0/diskseq");
	assert_int_equal(zram_device_read(&tree.root, 0, &first), 0);
	assert_int_equal(zram_device_read(&tree.root, 0, &second), 0);
	assert_int_equal(first.sequence, second.sequence);
	tree_write(&tree, "/sys/block/zram1/disksize", "0\n");
	tree_write(&tree, "/sys/block/zram1/comp_algorithm", "[lz4]\n");
	assert_int_equal(zram_device_read(&tree.root, 1, &second), 0);
	assert_int_not_equal(first.sequence, second.sequence);
}

/* Waits until the text of the file is there, at most 5 s. */
static long wait_for_number(const char *path)
{
	const struct timespec pause = {.tv_nsec = 10 * NSEC_PER_MSEC};

	for (int i = 0; i < 500; i++) {
		long number = strtol(tree_read(&tree, path), NULL, 10);
		if (number > 0) {
			return number;
		}
		nanosleep(&pause, NULL);
	}
	fail();
	return 0;
}

/* It would load the module after a rollback. The pipe is closed when it is gone. */
static void takes_modprobe_with_it(void **state)
{
	(void)state;
	char script[128], path[PATH_MAX], byte;
	int ends[2];
	struct error err;

	snprintf(script, sizeof(script), "#!/bin/sh\necho $$ > %s/pid\nexec sleep 60\n",
		tree.folder);
	tree_write(&tree, "/modprobe", script);
	snprintf(path, sizeof(path), "%s/modprobe", tree.folder);
	assert_int_equal(chmod(path, 0755), 0);
	tree_write(&tree, "/proc/sys/kernel/modprobe", path);
	assert_int_equal(pipe(ends), 0);
	pid_t child = fork();
	assert_true(child >= 0);
	if (child == 0) {
		zram_module_load(&tree.root, &err);
		_exit(0);
	}
	close(ends[1]);
	pid_t modprobe = (pid_t)wait_for_number("/pid");
	struct pollfd end = {.fd = ends[0], .events = POLLIN};
	assert_int_equal(poll(&end, 1, 0), 0);
	assert_int_equal(kill(child, SIGKILL), 0);
	assert_int_equal(waitpid(child, NULL, 0), child);
	int n = poll(&end, 1, 5000);
	if (n == 0) {
		kill(modprobe, SIGKILL);
	}
	assert_int_equal(n, 1);
	assert_int_equal(read(ends[0], &byte, 1), 0);
	close(ends[0]);
}

/* A kill between making the device and noting its number. */
static void knows_its_orphan(void **state)
{
	(void)state;
	struct machine machine;
	struct zram_device device;
	struct journal_entry entry;

	assert_int_equal(machine_init(&machine, &tree.root, NULL), 0);
	entry.progress =
		json_pack("{s:s,s:s,s:n}", "boot", machine.boot_id, "uuid", "the-uuid", "number");
	tree_write(&tree, "/sys/block/zram1/disksize", "0\n");
	tree_write(&tree, "/sys/block/zram1/comp_algorithm", "[lz4]\n");
	/* As somebody else may have made it since. */
	assert_int_equal(zram_find_ours(&machine, &entry, &device), 0);
	assert_false(zram_has_claim(&tree.root, &entry));
	tree_write(&tree, "/run/twinlens-zram-the-uuid", "");
	assert_int_equal(zram_find_ours(&machine, &entry, &device), 0);
	assert_true(zram_has_claim(&tree.root, &entry));
	zram_claim_remove(&tree.root, &entry);
	assert_int_equal(zram_device_hot_add(&tree.root, "/run/twinlens-zram-the-uuid"), 0);
	assert_int_equal(zram_find_ours(&machine, &entry, &device), 1);
	assert_int_equal(device.number, 1);
	tree_write(&tree, "/sys/block/zram1/disksize", "4096\n"); /* somebody uses it */
	assert_int_equal(zram_find_ours(&machine, &entry, &device), 0);
	zram_claim_remove(&tree.root, &entry);
	assert_false(zram_has_claim(&tree.root, &entry));
	json_decref(entry.progress);
}

static void proves_that_swapoff_fits(void **state)
{
	(void)state;
	static const struct {
		uint64_t used, available, compressed, margin;
		bool fits;
	} cases[] = {
		{0, 0, 0, 100, true},
		{100, 300, 0, 200, true},
		{100, 299, 0, 200, false},
		{1000, 800, 400, 200, true},
		{1000, 799, 400, 200, false},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		const struct swap_fit fit = {.used = cases[i].used,
			.available = cases[i].available,
			.compressed = cases[i].compressed,
			.margin = cases[i].margin};
		assert_int_equal(swap_fit_holds(&fit), cases[i].fits);
	}
	const struct swap_area area = {.used_bytes = 5};
	struct swap_fit fit;
	assert_int_equal(swap_fit_init(&fit, &tree.root, &area, 7), 0);
	assert_int_equal(fit.used, 5);
	assert_int_equal(fit.available, UINT64_C(3) << 30);
	assert_int_equal(fit.compressed, 7);
	assert_int_equal(fit.margin, 64 << 20);
}

#define GROUP_1 "/sys/fs/cgroup/memory/a/b/"
#define GROUP_2 "/sys/fs/cgroup/a/b/"

/* Without it: no limit, or none that is too low. */
static void check_limit(uint64_t used, const char *path, uint64_t max, uint64_t swapped)
{
	struct memory_limit limit = {.max = 0};

	assert_int_equal(memory_limit_find(&tree.root, used, &limit), path != NULL);
	if (path) {
		assert_string_equal(limit.path, path);
		assert_int_equal(limit.max, max);
		assert_int_equal(limit.swapped, swapped);
	}
}

static void knows_the_limits_of_cgroups(void **state)
{
	(void)state;
	check_limit(1000, NULL, 0, 0); /* no cgroups at all */
	tree_write(&tree, GROUP_2 "memory.max", "max\n");
	tree_write(&tree, GROUP_2 "memory.current", "100\n");
	tree_write(&tree, GROUP_2 "memory.swap.current", "60\n");
	tree_write(&tree, GROUP_2 "memory.stat", "anon 70\ninactive_file 20\n");
	check_limit(1000, NULL, 0, 0);
	tree_write(&tree, GROUP_2 "memory.max", "140\n");
	check_limit(1000, NULL, 0, 0); /* the file pages make room */
	tree_write(&tree, GROUP_2 "memory.max", "139\n");
	check_limit(1000, GROUP_2 "memory.max", 139, 60);
	check_limit(59, NULL, 0, 0); /* the area has no more */
	tree_write(&tree, GROUP_2 "memory.max", "50\n");
	check_limit(1000, GROUP_2 "memory.max", 50, 60);
	tree_write(&tree, GROUP_2 "memory.swap.current", "0\n");
	check_limit(1000, NULL, 0, 0); /* nothing comes back */
	tree_remove(&tree, GROUP_2 "memory.swap.current");
	check_limit(61, GROUP_2 "memory.max", 50, 61); /* all may be its own */
}

static void knows_the_limits_of_old_cgroups(void **state)
{
	(void)state;
	tree_write(&tree, GROUP_1 "memory.limit_in_bytes", "9223372036854771712\n");
	tree_write(&tree, GROUP_1 "memory.usage_in_bytes", "100\n");
	tree_write(&tree, GROUP_1 "memory.stat", "swap 1\ntotal_inactive_file 20\ntotal_swap 60\n");
	check_limit(1000, NULL, 0, 0);
	tree_write(&tree, GROUP_1 "memory.limit_in_bytes", "140\n");
	check_limit(1000, NULL, 0, 0);
	tree_write(&tree, GROUP_1 "memory.limit_in_bytes", "139\n");
	check_limit(1000, GROUP_1 "memory.limit_in_bytes", 139, 60);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(is_to_be_made, make, clean),
		cmocka_unit_test_setup_teardown(falls_back, make, clean),
		cmocka_unit_test_setup_teardown(needs_the_kernel, make, clean),
		cmocka_unit_test_setup_teardown(takes_or_refuses_what_is_there, make, clean),
		cmocka_unit_test_setup_teardown(tells_who_comes_at_boot, make, clean),
		cmocka_unit_test_setup_teardown(tells_of_swap_that_is_filled_before, make, clean),
		cmocka_unit_test_setup_teardown(turns_zswap_off, make, clean),
		cmocka_unit_test_setup_teardown(knows_its_device, make, clean),
		cmocka_unit_test_setup_teardown(knows_its_device_without_diskseq, make, clean),
		cmocka_unit_test_setup_teardown(takes_modprobe_with_it, make, clean),
		cmocka_unit_test_setup_teardown(knows_its_orphan, make, clean),
		cmocka_unit_test_setup_teardown(proves_that_swapoff_fits, make, clean),
		cmocka_unit_test_setup_teardown(knows_the_limits_of_cgroups, make, clean),
		cmocka_unit_test_setup_teardown(knows_the_limits_of_old_cgroups, make, clean),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
