#include "kernel/memory-limit.h"

#include <errno.h>
#include <limits.h>
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include "util/cleanup.h"
#include "util/fixture-tree.h"

static struct tree tree;

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
		tree_test(knows_the_limits_of_cgroups, &tree),
		tree_test(knows_the_limits_of_old_cgroups, &tree),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
