#include "kernel/swap.h"

#include <errno.h>
#include <limits.h>
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include "util/cleanup.h"
#include "util/fixture-tree.h"

static struct tree tree;

static void check_area(
	const struct swap_area *area, const char *path, bool is_device, uint64_t used, int priority)
{
	assert_string_equal(area->path, path);
	assert_int_equal(area->is_device, is_device);
	assert_int_equal(area->size_bytes, 2048);
	assert_int_equal(area->used_bytes, used);
	assert_int_equal(area->priority, priority);
}

static void lists_what_is_in_use(void **state)
{
	(void)state;
	struct swap_list list;

	tree_write(&tree, "/proc/swaps",
		"Filename Type Size Used Priority\n/dev/zram0\tpartition\t2\t1\t10\n"
		"/a\\040\\134\\9\\ file 2 0 -2\n/zram1 partition 2 0 5\n"
		" partition 2 0 5\n/dev/zram2 partition 2 0\n"
		"/dev/zram3 partition 2 -1 5\n/dev/zram4 partition 18014398509481984 0 5\n");
	assert_int_equal(swap_list_init(&list, &tree.root), 0);
	assert_int_equal(list.n, 3);
	check_area(&list.areas[0], "/dev/zram0", true, 1024, 10);
	check_area(&list.areas[1], "/a \\\\9\\", false, 0, -2);
	check_area(&list.areas[2], "/zram1", true, 0, 5);
	assert_ptr_equal(swap_list_find(&list, "zram1"), &list.areas[2]);
	assert_null(swap_list_find(&list, "a \\\\9\\"));
	swap_list_done(&list);
	tree_remove(&tree, "/proc/swaps");
	assert_int_equal(swap_list_init(&list, &tree.root), -ENOENT);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		tree_test(lists_what_is_in_use, &tree),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
