#include "simulate/ram-plan.h"

#include <errno.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <unistd.h>

#include <cmocka.h>

#include "util/fixture-tree.h"

#define MIB (UINT64_C(1) << 20)

static struct tree tree;

/* An RK3588 with 8 GB: 3838 and 4096 MiB, of which the kernel keeps 150. */
static void write_board(uint64_t available_mib)
{
	char text[256];

	tree_write(&tree, "/proc/iomem",
		"00200000-efffffff : System RAM\n100000000-1ffffffff : System RAM\n");
	snprintf(text, sizeof(text), "MemTotal: %d kB\nMemFree: 0 kB\nMemAvailable: %d kB\n",
		(3838 + 4096 - 150) * 1024, (int)available_mib * 1024);
	tree_write(&tree, "/proc/meminfo", text);
}

static void test_takes_what_a_smaller_board_has_not(void **state)
{
	(void)state;
	struct ram_plan plan;
	uint64_t pages = 4096 * MIB / (uint64_t)sysconf(_SC_PAGESIZE);

	write_board(6000);
	assert_int_equal(ram_plan_make(&tree.root, 3838 * MIB, &plan, NULL), 0);
	assert_int_equal(plan.ram_bytes, 7934 * MIB);
	assert_int_equal(plan.take_bytes, 4096 * MIB - pages * 64); /* 4032 MiB with 4 KiB pages */
	assert_int_equal(plan.available_bytes, 6000 * MIB);
#if defined(__x86_64__)
	assert_int_equal(plan.mem_option, UINT64_C(0xf0000000));
#else
	assert_int_equal(plan.mem_option, 3838 * MIB);
#endif
}

static void test_refuses_what_does_not_fit(void **state)
{
	(void)state;
	struct ram_plan plan;

	write_board(4032 + 63);
	assert_int_equal(ram_plan_make(&tree.root, 3838 * MIB, &plan, NULL), -ENOTSUP);
	write_board(4032 + 65);
	assert_int_equal(ram_plan_make(&tree.root, 3838 * MIB, &plan, NULL), 0);
	assert_int_equal(ram_plan_make(&tree.root, 7934 * MIB, &plan, NULL), -ENOTSUP);
	tree_remove(&tree, "/proc/iomem");
	assert_int_equal(ram_plan_make(&tree.root, 3838 * MIB, &plan, NULL), -ENOTSUP);
}

/* The usual formula would say 83 %. */
static void test_does_not_count_what_was_taken_as_used(void **state)
{
	(void)state;
	assert_true(fabs(ram_used_percent(7784 * MIB, 4032 * MIB, 1300 * MIB) - 65.35) < 0.01);
	assert_true(fabs(ram_used_percent(100, 100, 0) - 100) < 0.01);
}

static void test_knows_the_board(void **state)
{
	(void)state;
	const struct board *board = board_find("rk3588-4gb");

	assert_non_null(board);
	assert_int_equal(board->ram_bytes, 3838 * MIB);
	assert_null(board_find("rk3588"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		tree_test(test_takes_what_a_smaller_board_has_not, &tree),
		tree_test(test_refuses_what_does_not_fit, &tree),
		cmocka_unit_test(test_does_not_count_what_was_taken_as_used),
		cmocka_unit_test(test_knows_the_board),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
