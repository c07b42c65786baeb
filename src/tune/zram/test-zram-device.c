#include "tune/zram/zram-device.h"

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

#include "tune/zram/swap-disable.h"
#include "tune/zram/zram-change.h"
#include "tune/zram/zram-module.h"
#include "util/fixture-tree.h"

static struct tree tree;

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
		zram_module_load(&tree.root, true, &err);
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

#define BLOCK "/sys/block/zram1/"
#define SWAPS "Filename\tType\tSize\tUsed\tPriority\n/dev/zram1 partition 60 0 "

static void make_device(struct journal_entry *entry, const char *uuid)
{
	struct machine machine;

	assert_int_equal(machine_init(&machine, &tree.root, NULL), 0);
	*entry = (struct journal_entry){
		.progress = json_pack("{s:s,s:s,s:i,s:i}", "boot", machine.boot_id, "uuid", uuid,
			"number", 1, "sequence", 9),
		.wanted = json_pack("{s:i,s:i}", "size", 65536, "priority", 10),
	};
	tree_write(&tree, BLOCK "disksize", "65536\n");
	tree_write(&tree, BLOCK "comp_algorithm", "[lz4]\n");
	tree_write(&tree, BLOCK "diskseq", "9\n");
	tree_write(&tree, BLOCK "mm_stat", "0 0 0 0 0 0 0 0 0\n");
}

static void write_blank(void)
{
	char path[PATH_MAX];

	tree_write(&tree, "/dev/zram1", "");
	assert_int_equal(sysroot_path(&tree.root, "/dev/zram1", path, sizeof(path)), 0);
	assert_int_equal(truncate(path, 65536), 0);
}

static void write_header(const char *uuid)
{
	char path[PATH_MAX];

	assert_int_equal(sysroot_path(&tree.root, "/dev/zram1", path, sizeof(path)), 0);
	assert_int_equal(swap_header_write(path, 65536, uuid, ZRAM_LABEL), 0);
}

static void check_state(const struct journal_entry *entry, enum change_state expected)
{
	struct machine machine;
	char now[CHANGE_VALUE_MAX];
	enum change_state state;
	struct error err;

	assert_int_equal(machine_init(&machine, &tree.root, &err), 0);
	assert_int_equal(zram_compare(&machine, entry, &state, now, &err), 0);
	assert_int_equal(state, expected);
}

/* A killed run is taken up where it ended, and not what somebody else made of its device. */
static void knows_how_far_it_got(void **state)
{
	(void)state;
	static const char uuid[] = "00112233-4455-4677-8899-aabbccddeeff";
	static const char other[] = "ffeeddcc-bbaa-4988-b766-554433221100";
	struct journal_entry entry;

	make_device(&entry, uuid);
	write_blank();
	check_state(&entry, CHANGE_STATE_PARTIAL);
	tree_write(&tree, BLOCK "mm_stat", "4096 60 4096 0 0 0 0 0 0\n"); /* a file system */
	check_state(&entry, CHANGE_STATE_OTHER);
	write_header(uuid);
	check_state(&entry, CHANGE_STATE_PARTIAL);
	tree_write(&tree, "/proc/swaps", SWAPS "10\n");
	check_state(&entry, CHANGE_STATE_PARTIAL);
	entry.is_done = true;
	check_state(&entry, CHANGE_STATE_IN_PLACE);
	entry.is_done = false;
	tree_write(&tree, "/proc/swaps", SWAPS "77\n");
	check_state(&entry, CHANGE_STATE_OTHER);
	tree_write(&tree, "/proc/swaps", SWAPS "10\n");
	write_header(other);
	check_state(&entry, CHANGE_STATE_OTHER);
	write_header(uuid);
	tree_write(&tree, BLOCK "disksize", "131072\n");
	check_state(&entry, CHANGE_STATE_OTHER);
	tree_write(&tree, BLOCK "disksize", "0\n");
	check_state(&entry, CHANGE_STATE_PARTIAL);
	json_decref(entry.progress);
	json_decref(entry.wanted);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		tree_test(knows_its_device, &tree),
		tree_test(knows_its_device_without_diskseq, &tree),
		tree_test(knows_its_orphan, &tree),
		tree_test(knows_how_far_it_got, &tree),
		tree_test(takes_modprobe_with_it, &tree),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
