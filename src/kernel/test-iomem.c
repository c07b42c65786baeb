#include "kernel/iomem.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "util/fixture-tree.h"

#define MIB (UINT64_C(1) << 20)

static struct tree tree;

/* A board with 8 GB, whose first 2 MiB belong to the firmware. */
static const char board[] = "00200000-efffffff : System RAM\n"
			    "  02010000-0394ffff : Kernel code\n"
			    "  05000000-050fffff : System RAM (kdump)\n"
			    "fb000000-fb1fffff : fb000000.gpu gpu@fb000000\n"
			    "100000000-1ffffffff : System RAM\n";

static void test_adds_up_the_memory(void **state)
{
	(void)state;
	uint64_t bytes;

	tree_write(&tree, "/proc/iomem", board);
	assert_int_equal(iomem_read_ram(&tree.root, &bytes), 0);
	assert_int_equal(bytes, (3838 + 4096) * MIB);
}

static void test_finds_the_address_behind_it(void **state)
{
	(void)state;
	uint64_t address;

	tree_write(&tree, "/proc/iomem", board);
	assert_int_equal(iomem_find_end(&tree.root, 3838 * MIB, &address), 0);
	assert_int_equal(address, UINT64_C(0xf0000000));
	assert_int_equal(iomem_find_end(&tree.root, 3839 * MIB, &address), 0);
	assert_int_equal(address, UINT64_C(0x100100000));
	assert_int_equal(iomem_find_end(&tree.root, 7935 * MIB, &address), -ERANGE);
}

static void test_without_addresses(void **state)
{
	(void)state;
	uint64_t bytes;

	tree_write(&tree, "/proc/iomem", "00000000-00000000 : System RAM\n");
	assert_int_equal(iomem_read_ram(&tree.root, &bytes), -ENODATA);
	tree_remove(&tree, "/proc/iomem");
	assert_int_equal(iomem_read_ram(&tree.root, &bytes), -ENOENT);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		tree_test(test_adds_up_the_memory, &tree),
		tree_test(test_finds_the_address_behind_it, &tree),
		tree_test(test_without_addresses, &tree),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
