/* Settings of /proc/sys/vm, and the file that sets them at the next boot, on a captured tree. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "tune/fixture-tune.h"

#define SYSCTLS "[sysctl]\nvm.swappiness = 90\nvm.dirty_ratio = 15\n"

static struct tree tree;

static void tells_that_another_file_wins(void **state)
{
	(void)state;
	struct plan plan;

	tree_write(&tree, "/etc/sysctl.d/zz.conf", "vm.swappiness = 10\nvm.dirty_bytes = 4096\n");
	tree_write(&tree, "/etc/sysctl.d/10-early.conf", "vm.swappiness = 20\n");
	tree_plan(&tree, SYSCTLS, &plan);
	assert_string_equal(tree_find(&plan, "sysctl", "vm.swappiness")->disagrees,
		"at boot /etc/sysctl.d/zz.conf wins, with vm.swappiness = 10");
	assert_string_equal(tree_find(&plan, "sysctl", "vm.dirty_ratio")->disagrees,
		"at boot /etc/sysctl.d/zz.conf wins, with vm.dirty_bytes = 4096");
	plan_done(&plan);
	tree_write(&tree, "/etc/sysctl.d/zz.conf", "vm.swappiness = 90\n");
	tree_plan(&tree, SYSCTLS, &plan);
	assert_string_equal(tree_find(&plan, "sysctl", "vm.swappiness")->disagrees, "");
	plan_done(&plan);
}

static void applies_and_restores(void **state)
{
	(void)state;
	size_t made, counts[TUNE_OUTCOME_COUNT];

	assert_int_equal(tree_apply(&tree, SYSCTLS, &made), 0);
	assert_int_equal(made, 4); /* with the file and the unit */
	assert_string_equal(tree_read(&tree, "/proc/sys/vm/swappiness"), "90");
	assert_non_null(strstr(tree_read(&tree, "/etc/sysctl.d/99-twinlens.conf"),
		"vm.swappiness = 90\nvm.dirty_ratio = 15"));
	assert_int_equal(tree_apply(&tree, SYSCTLS, &made), 0);
	assert_int_equal(made, 0);
	assert_int_equal(tree_run(&tree, tune_rollback, counts), 0);
	assert_int_equal(counts[TUNE_OUTCOME_RESTORED], 4);
	assert_string_equal(tree_read(&tree, "/proc/sys/vm/swappiness"), "60");
	assert_string_equal(tree_read(&tree, "/proc/sys/vm/dirty_ratio"), "20");
	assert_string_equal(tree_read(&tree, "/etc/sysctl.d/99-twinlens.conf"), "(none)");
}

/* The kernel takes 0 for the bytes as an error, and for the ratio as both being 0. */
static void restores_dirty_bytes(void **state)
{
	(void)state;
	size_t made, counts[TUNE_OUTCOME_COUNT];

	tree_write(&tree, "/proc/sys/vm/dirty_ratio", "0\n");
	tree_write(&tree, "/proc/sys/vm/dirty_bytes", "50000000\n");
	assert_int_equal(tree_apply(&tree, SYSCTLS, &made), 0);
	tree_write(&tree, "/proc/sys/vm/dirty_bytes", "0\n"); /* the kernel's part */
	assert_int_equal(tree_run(&tree, tune_rollback, counts), 0);
	assert_string_equal(tree_read(&tree, "/proc/sys/vm/dirty_bytes"), "50000000");
	assert_string_equal(tree_read(&tree, "/proc/sys/vm/dirty_ratio"), "15"); /* not written */
}

/* The kernel cuts the name of a process to 15 bytes, as it rounds or cuts some settings. */
static void takes_back_what_the_kernel_made_of_it(void **state)
{
	(void)state;
	static const char profile[] = "[sysctl]\nvm.swappiness = 12345678901234567890\n";
	size_t made, counts[TUNE_OUTCOME_COUNT];

	tree_remove(&tree, "/proc/sys/vm/swappiness");
	tree_link(&tree, "/proc/sys/vm/swappiness", "/proc/self/comm");
	tree_write(&tree, "/proc/sys/vm/swappiness", "60");
	assert_int_equal(tree_apply(&tree, profile, &made), -EIO);
	assert_string_equal(tree_read(&tree, "/proc/sys/vm/swappiness"), "123456789012345");
	assert_int_equal(tree_run(&tree, tune_rollback, counts), 0);
	assert_int_equal(counts[TUNE_OUTCOME_RESTORED], 1);
	assert_string_equal(tree_read(&tree, "/proc/sys/vm/swappiness"), "60");
}

/* Another kernel has been started since: there is nothing to restore, and that ends the matter. */
static void gives_up_what_the_kernel_has_no_more(void **state)
{
	(void)state;
	size_t made, counts[TUNE_OUTCOME_COUNT];

	assert_int_equal(tree_apply(&tree, SYSCTLS, &made), 0);
	tree_remove(&tree, "/proc/sys/vm/swappiness");
	assert_int_equal(tree_run(&tree, tune_boot, counts), 0);
	assert_int_equal(counts[TUNE_OUTCOME_LEFT], 1);
	assert_int_equal(tree_run(&tree, tune_rollback, counts), 0);
	assert_int_equal(counts[TUNE_OUTCOME_LEFT], 1);
	assert_int_equal(counts[TUNE_OUTCOME_FAILED], 0);
}

/* A value whose old one is not in the journal must not come at the next boot either. */
static void leaves_out_of_the_file_what_it_cannot_set(void **state)
{
	(void)state;
	size_t made;
	struct plan plan;

	tree_remove(&tree, "/proc/sys/vm/swappiness");
	assert_int_equal(tree_apply(&tree, SYSCTLS, &made), 0);
	assert_string_equal(strchr(tree_read(&tree, "/etc/sysctl.d/99-twinlens.conf"), '\n'),
		"\nvm.dirty_ratio = 15");
	tree_remove(&tree, "/proc/sys/vm/dirty_ratio");
	tree_plan(&tree, SYSCTLS, &plan);
	assert_null(plan_find(&plan, "file", "/etc/sysctl.d/99-twinlens.conf"));
	plan_done(&plan);
}

/* As many of them as a profile may have, each as long as it may be. */
static void writes_every_setting(void **state)
{
	(void)state;
	char profile[8192] = "[sysctl]\n", path[128], line[160];
	size_t used = strlen(profile), made;

	for (int i = 0; i < PROFILE_SYSCTLS_MAX; i++) {
		snprintf(path, sizeof(path), "/proc/sys/vm/%060d", i);
		tree_write(&tree, path, "0\n");
		snprintf(line, sizeof(line), "vm.%060d = 1%061d", i, i);
		used += (size_t)snprintf(profile + used, sizeof(profile) - used, "%s\n", line);
	}
	assert_int_equal(tree_apply(&tree, profile, &made), 0);
	assert_int_equal(made, PROFILE_SYSCTLS_MAX + 2);
	assert_string_equal(strrchr(tree_read(&tree, "/etc/sysctl.d/99-twinlens.conf"), 'v'), line);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		tree_test(tells_that_another_file_wins, &tree),
		tree_test(applies_and_restores, &tree),
		tree_test(restores_dirty_bytes, &tree),
		tree_test(takes_back_what_the_kernel_made_of_it, &tree),
		tree_test(gives_up_what_the_kernel_has_no_more, &tree),
		tree_test(leaves_out_of_the_file_what_it_cannot_set, &tree),
		tree_test(writes_every_setting, &tree),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
