#include "kernel/process/smaps.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "util/fixture-tree.h"

#define KIB     UINT64_C(1024)
#define PROGRAM "/usr/libexec/twinlens/twinlens-serve"

static const struct sysroot captured = {.path = FIXTURES "/process/two-threads"};
static struct tree tree;

static uint64_t sum_pss(const struct smaps *smaps, enum mapping_kind kind)
{
	uint64_t sum = 0;

	for (size_t i = 0; i < smaps->n; i++) {
		sum += smaps->mappings[i].kind == kind ? smaps->mappings[i].pss_bytes : 0;
	}
	return sum;
}

static void test_reads_a_server(void **state)
{
	(void)state;
	_cleanup_smaps_ struct smaps smaps = {0};
	uint64_t rss = 0, dirty = 0;

	assert_int_equal(smaps_read(&captured, 1234, PROGRAM, &smaps), 0);
	assert_int_equal(smaps.n, 42);
	for (size_t i = 0; i < smaps.n; i++) {
		rss += smaps.mappings[i].rss_bytes;
		dirty += smaps.mappings[i].private_dirty_bytes;
	}
	assert_int_equal(rss, 3584 * KIB);
	assert_int_equal(dirty, 872 * KIB);
	assert_string_equal(smaps.mappings[0].name, PROGRAM);
	assert_string_equal(smaps.mappings[0].permissions, "r--p");
	assert_int_equal(mapping_bytes(&smaps.mappings[0]), 20 * KIB);
}

static void test_sums_up_to_the_whole_by_kind(void **state)
{
	(void)state;
	_cleanup_smaps_ struct smaps smaps = {0};

	assert_int_equal(smaps_read(&captured, 1234, PROGRAM, &smaps), 0);
	assert_int_equal(sum_pss(&smaps, MAPPING_KIND_CODE), 188 * KIB);
	assert_int_equal(sum_pss(&smaps, MAPPING_KIND_LIBRARY), 398 * KIB);
	assert_int_equal(sum_pss(&smaps, MAPPING_KIND_HEAP), 72 * KIB);
	assert_int_equal(sum_pss(&smaps, MAPPING_KIND_STACK), 32 * KIB);
	assert_int_equal(sum_pss(&smaps, MAPPING_KIND_FRAME), 640 * KIB);
	assert_int_equal(sum_pss(&smaps, MAPPING_KIND_ANONYMOUS), 36 * KIB);
	for (size_t i = 0; i < smaps.n; i++) {
		if (strcmp(smaps.mappings[i].permissions, "---p") == 0) {
			assert_true(smaps.mappings[i].kind == MAPPING_KIND_HEAP ||
				    smaps.mappings[i].kind == MAPPING_KIND_STACK);
		}
	}
	uint64_t all = 0;
	for (int kind = 0; kind < MAPPING_KIND_COUNT; kind++) {
		all += sum_pss(&smaps, (enum mapping_kind)kind);
	}
	assert_int_equal(all, 1366 * KIB);
}

/* As videobuf2 maps contiguous memory (VM_PFNMAP), and as it maps pages that are counted. */
static void test_knows_the_memory_of_drivers(void **state)
{
	(void)state;
	_cleanup_smaps_ struct smaps smaps = {0};

	tree_write(&tree, "/proc/7/smaps",
		"7f0001000000-7f0001001000 rw-p 00000000 00:00 0 \n"
		"Rss:   4 kB\nPss:   4 kB\nSwap:   8 kB\nVmFlags: rd wr mr mw me nr \n"
		"7f0001001000-7f0001098000 rw-s 00000000 00:06 301  /dev/video0\n"
		"Rss:   0 kB\nPss:   0 kB\nVmFlags: rd wr sh mr mw me ms pf io dc de dd \n"
		"7f0001098000-7f000112f000 rw-s 00097000 00:06 301  /dev/video0 (deleted)\n"
		"Rss: 604 kB\nPss: 604 kB\nVmFlags: rd wr sh mr mw me ms de dd mm \n"
		"7f000112f000-7f0001130000 rw-s 00000000 00:01 5    /dev/shm/x\n"
		"7f0001130000-7f0001131000 rw-s 00000000 00:0c 9    /dmabuf:\n"
		"7f0001131000-7f0001132000 r--p 00000000 b3:02 99   "
		"/usr/lib/locale/C.utf8/LC_CTYPE\n");
	assert_int_equal(smaps_read(&tree.root, 7, PROGRAM, &smaps), 0);
	assert_int_equal(smaps.n, 6);
	assert_int_equal(smaps.mappings[0].kind, MAPPING_KIND_FRAME);
	assert_int_equal(smaps.mappings[0].swap_bytes, 8 * KIB);
	assert_int_equal(smaps.mappings[1].kind, MAPPING_KIND_DEVICE);
	assert_int_equal(smaps.mappings[1].pss_bytes, 0);
	assert_int_equal(mapping_bytes(&smaps.mappings[1]), 604 * KIB);
	assert_int_equal(smaps.mappings[2].kind, MAPPING_KIND_DEVICE);
	assert_int_equal(smaps.mappings[3].kind, MAPPING_KIND_FILE);
	assert_int_equal(smaps.mappings[4].kind, MAPPING_KIND_DEVICE);
	assert_int_equal(smaps.mappings[5].kind, MAPPING_KIND_FILE);
}

static void test_refuses_what_is_not_smaps(void **state)
{
	(void)state;
	struct smaps smaps;

	assert_int_equal(smaps_read(&tree.root, 8, PROGRAM, &smaps), -ENOENT);
	tree_write(&tree, "/proc/8/smaps", "");
	assert_int_equal(smaps_read(&tree.root, 8, PROGRAM, &smaps), -ESRCH);
	tree_write(&tree, "/proc/8/smaps", "Rss: 4 kB\n");
	assert_int_equal(smaps_read(&tree.root, 8, PROGRAM, &smaps), -EINVAL);
}

static void test_reads_a_file_that_was_cut_short(void **state)
{
	(void)state;
	_cleanup_smaps_ struct smaps smaps = {0};

	tree_write(&tree, "/proc/9/smaps",
		"7f0001000000-7f0001001000 rw-p 00000000 00:00 0 \nRss:   4 kB\nPs");
	assert_int_equal(smaps_read(&tree.root, 9, PROGRAM, &smaps), 0);
	assert_int_equal(smaps.n, 1);
	assert_int_equal(smaps.mappings[0].rss_bytes, 4 * KIB);
	assert_int_equal(smaps.mappings[0].pss_bytes, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_reads_a_server),
		cmocka_unit_test(test_sums_up_to_the_whole_by_kind),
		tree_test(test_knows_the_memory_of_drivers, &tree),
		tree_test(test_refuses_what_is_not_smaps, &tree),
		tree_test(test_reads_a_file_that_was_cut_short, &tree),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
