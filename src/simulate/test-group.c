#include "simulate/group.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <unistd.h>

#include <cmocka.h>

#include "util/fixture-tree.h"

#define V1 "/sys/fs/cgroup/memory"
#define V2 "/sys/fs/cgroup"

static struct tree tree;

static void check_found(enum cgroup_version version, const char *path, const char *scope)
{
	struct group group;

	assert_int_equal(group_find(&group, &tree.root, 42, NULL), 0);
	assert_int_equal(group.path.version, version);
	assert_string_equal(group.path.path, path);
	assert_string_equal(group.scope, scope);
}

static void write_v1(const char *own)
{
	tree_write(&tree, "/proc/self/cgroup", own);
	tree_write(&tree, V1 "/memory.limit_in_bytes", "9223372036854771712\n");
}

static void write_v2(const char *controllers)
{
	tree_write(&tree, "/proc/self/cgroup", "0::/user.slice\n");
	tree_write(&tree, V2 "/cgroup.controllers", controllers);
}

static void test_below_its_own_in_version_1(void **state)
{
	(void)state;
	tree_remove(&tree, "/run/systemd/system");
	write_v1("4:memory:/a/b\n0::/\n");
	check_found(CGROUP_VERSION_1, "/a/b/twinlens-simulate-42", "");
	write_v1("4:memory:/\n0::/\n");
	check_found(CGROUP_VERSION_1, "/twinlens-simulate-42", "");
}

static void test_at_the_top_in_version_2(void **state)
{
	(void)state;
	tree_remove(&tree, "/run/systemd/system");
	write_v2("cpuset cpu io memory pids\n");
	check_found(CGROUP_VERSION_2, "/twinlens-simulate-42", "");
}

static void test_in_a_scope_of_systemd(void **state)
{
	(void)state;
	write_v2("memory\n");
	check_found(CGROUP_VERSION_2, "/system.slice/twinlens-simulate-42.scope/command",
		"twinlens-simulate-42.scope");
	write_v1("4:memory:/user.slice\n1:name=systemd:/user.slice\n0::/\n");
	check_found(CGROUP_VERSION_1, "/system.slice/twinlens-simulate-42.scope/command",
		"twinlens-simulate-42.scope");
}

static void test_without_the_controller(void **state)
{
	(void)state;
	struct group group;

	tree_write(&tree, "/proc/self/cgroup", "1:cpu:/\n");
	assert_int_equal(group_find(&group, &tree.root, 42, NULL), -ENOTSUP);
	write_v2("cpu io memory_pressure pids\n");
	assert_int_equal(group_find(&group, &tree.root, 42, NULL), -ENOTSUP);
	tree_write(&tree, "/proc/self/cgroup", "4:memory:/a\n");
	assert_int_equal(group_find(&group, &tree.root, 42, NULL), -ENOTSUP); /* not mounted */
}

/* A tree behaves like cgroup files as far as writing goes. */
static void test_makes_the_limit_of_version_2(void **state)
{
	(void)state;
	struct group group;

	tree_remove(&tree, "/run/systemd/system");
	write_v2("memory\n");
	tree_write(&tree, V2 "/cgroup.subtree_control", "cpu\n");
	assert_int_equal(group_find(&group, &tree.root, 42, NULL), 0);
	/* The kernel fills a new folder; a tree does not. */
	assert_int_equal(group_start(&group, 7, 8, NULL), -ENOENT);
	assert_string_equal(tree_read(&tree, V2 "/cgroup.subtree_control"), "+memory");
	tree_write(&tree, V2 "/twinlens-simulate-42/memory.max", "max\n");
	tree_write(&tree, V2 "/twinlens-simulate-42/cgroup.procs", "7\n9\n");
	assert_int_equal(group_set_limit(&group, 4096), 0);
	assert_string_equal(tree_read(&tree, V2 "/twinlens-simulate-42/memory.max"), "4096");
	assert_int_equal(group_count(&group), 2);
}

static void test_closes_swap_and_opens_it(void **state)
{
	(void)state;
	struct group group;

	tree_remove(&tree, "/run/systemd/system");
	write_v2("memory\n");
	assert_int_equal(group_find(&group, &tree.root, 42, NULL), 0);
	assert_int_equal(group_allow_swap(&group, false), -ENOENT); /* swap is not counted */
	tree_write(&tree, V2 "/twinlens-simulate-42/memory.swap.max", "max\n");
	assert_int_equal(group_allow_swap(&group, false), 0);
	assert_string_equal(tree_read(&tree, V2 "/twinlens-simulate-42/memory.swap.max"), "0");
	assert_int_equal(group_allow_swap(&group, true), 0);
	assert_string_equal(tree_read(&tree, V2 "/twinlens-simulate-42/memory.swap.max"), "max");

	write_v1("4:memory:/a\n");
	tree_write(&tree, V1 "/a/memory.swappiness", "100\n");
	tree_write(&tree, V1 "/a/twinlens-simulate-42/memory.swappiness", "100\n");
	assert_int_equal(group_find(&group, &tree.root, 42, NULL), 0);
	assert_int_equal(group_allow_swap(&group, false), 0);
	assert_string_equal(tree_read(&tree, V1 "/a/twinlens-simulate-42/memory.swappiness"), "0");
	assert_int_equal(group_allow_swap(&group, true), 0);
	assert_string_equal(
		tree_read(&tree, V1 "/a/twinlens-simulate-42/memory.swappiness"), "100");
}

static void test_removes_what_is_below(void **state)
{
	(void)state;
	struct group group;
	char path[128];

	tree_remove(&tree, "/run/systemd/system");
	write_v1("4:memory:/\n");
	assert_int_equal(group_find(&group, &tree.root, 42, NULL), 0);
	assert_int_equal(group_remove(&group), 0); /* there is none */
	tree_write(&tree, V1 "/twinlens-simulate-42/a/b/x", "");
	tree_remove(&tree, V1 "/twinlens-simulate-42/a/b/x");
	assert_int_equal(group_remove(&group), 0);
	assert_string_equal(tree_read(&tree, V1 "/twinlens-simulate-42"), "(none)");
	snprintf(path, sizeof(path), "%s" V1 "/twinlens-simulate-42", tree.folder);
	assert_int_equal(access(path, F_OK), -1);
}

static void test_removes_only_what_nobody_uses(void **state)
{
	(void)state;
	static const char *const names[] = {
		"twinlens-simulate-2147483647", "twinlens-simulate-2147483647.scope"};
	struct group group;
	char path[128], mine[128];

	tree_remove(&tree, "/run/systemd/system");
	write_v1("4:memory:/\n");
	assert_int_equal(group_find(&group, &tree.root, 42, NULL), 0);
	snprintf(mine, sizeof(mine), V1 "/twinlens-simulate-%d/x", (int)getpid());
	tree_write(&tree, mine, "");
	tree_write(&tree, V1 "/twinlens-simulate-x/x", "");
	tree_write(&tree, V1 "/other-2147483647/x", "");
	for (size_t i = 0; i < 2; i++) {
		snprintf(path, sizeof(path), V1 "/%s/x", names[i]);
		tree_write(&tree, path, "");
		tree_remove(&tree, path);
	}
	group_remove_leftovers(&group);
	for (size_t i = 0; i < 2; i++) {
		snprintf(path, sizeof(path), "%s" V1 "/%s", tree.folder, names[i]);
		assert_int_equal(access(path, F_OK), -1);
	}
	assert_string_equal(tree_read(&tree, mine), "");
	assert_string_equal(tree_read(&tree, V1 "/twinlens-simulate-x/x"), "");
	assert_string_equal(tree_read(&tree, V1 "/other-2147483647/x"), "");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		tree_test(test_below_its_own_in_version_1, &tree),
		tree_test(test_at_the_top_in_version_2, &tree),
		tree_test(test_in_a_scope_of_systemd, &tree),
		tree_test(test_without_the_controller, &tree),
		tree_test(test_makes_the_limit_of_version_2, &tree),
		tree_test(test_closes_swap_and_opens_it, &tree),
		tree_test(test_removes_what_is_below, &tree),
		tree_test(test_removes_only_what_nobody_uses, &tree),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
