#include "tune/kinds.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include "tune/fixture-tune.h"

#define UNIT    "twinlens-tune.service"
#define LINK    "/etc/systemd/system/swap.target.wants/" UNIT
#define OWN     "/etc/systemd/system/" UNIT
#define RUNTIME "/run/systemd/system/" UNIT
#define PROFILE "[sysctl]\nvm.swappiness = 61\n"

static struct tree tree;
static struct plan plan;

static const struct change *find_boot(void)
{
	const struct change *change = plan_find(&plan, "boot", LINK);

	assert_non_null(change);
	return change;
}

static const struct change *plan_boot(void)
{
	plan_done(&plan);
	tree_plan(&tree, PROFILE, &plan);
	return find_boot();
}

static const struct change *compare_boot(void)
{
	plan_done(&plan);
	tree_compare(&tree, &plan);
	return find_boot();
}

static void is_enabled_by_a_link(void **state)
{
	(void)state;
	size_t made;
	size_t counts[TUNE_OUTCOME_COUNT];

	assert_string_equal(plan_boot()->now, "not enabled");
	assert_string_equal(plan_boot()->lacks, "");
	assert_string_equal(plan_boot()->disagrees, "");
	assert_int_equal(tree_apply(&tree, PROFILE, &made), 0);
	assert_true(plan_boot()->is_in_place);
	assert_true(compare_boot()->is_in_place);
	assert_int_equal(tree_run(&tree, tune_rollback, counts), 0);
	assert_false(sysroot_exists(&tree.root, "/etc/systemd"));
}

static void check_masked(void)
{
	assert_false(plan_boot()->is_in_place);
	assert_string_equal(plan_boot()->now, "masked");
	assert_non_null(strstr(
		plan_boot()->lacks, OWN " masks it: run systemctl unmask twinlens-tune.service"));
}

static void sees_a_mask(void **state)
{
	(void)state;

	tree_link(&tree, OWN, "/dev/null");
	check_masked();
	tree_remove(&tree, OWN);
	tree_write(&tree, OWN, "");
	check_masked();
}

/* Masked after it was applied: told, also by status, and taken back all the same. */
static void sees_a_later_mask(void **state)
{
	(void)state;
	size_t made;
	size_t counts[TUNE_OUTCOME_COUNT];

	assert_int_equal(tree_apply(&tree, PROFILE, &made), 0);
	tree_link(&tree, OWN, "/dev/null");
	check_masked();
	assert_false(compare_boot()->is_in_place);
	assert_string_equal(compare_boot()->now, "masked by " OWN);
	assert_int_equal(tree_run(&tree, tune_rollback, counts), 0);
	assert_int_equal(counts[TUNE_OUTCOME_LEFT], 0);
	assert_string_equal(tree_read(&tree, LINK), "(none)");
	assert_true(sysroot_exists(&tree.root, OWN));
}

/* What does not keep it from running at the next start is told only. */
static void tells_what_else_there_is(void **state)
{
	(void)state;

	tree_link(&tree, RUNTIME, "/dev/null");
	assert_string_equal(
		plan_boot()->disagrees, RUNTIME " masks it, until the machine is started again");
	assert_string_equal(plan_boot()->lacks, "");
	tree_remove(&tree, RUNTIME);
	tree_write(&tree, OWN ".d/.hidden.conf", "[Unit]\n");
	tree_write(&tree, OWN ".d/README", "[Unit]\n");
	assert_string_equal(plan_boot()->disagrees, "");
	tree_write(&tree, OWN ".d/own.conf", "[Unit]\n");
	assert_string_equal(
		plan_boot()->disagrees, OWN ".d/own.conf changes the unit that is installed");
	tree_write(&tree, OWN, "[Unit]\n");
	assert_string_equal(
		plan_boot()->disagrees, OWN " takes the place of the unit that is installed");
	assert_string_equal(plan_boot()->lacks, "");
}

static void needs_systemd_and_the_unit(void **state)
{
	(void)state;

	tree_remove(&tree, "/usr/lib/systemd/system/" UNIT);
	assert_non_null(strstr(plan_boot()->lacks, "install twinlens"));
	tree_remove(&tree, "/run/systemd/system");
	assert_non_null(strstr(plan_boot()->lacks, "does not run here"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		tree_test(is_enabled_by_a_link, &tree),
		tree_test(sees_a_mask, &tree),
		tree_test(sees_a_later_mask, &tree),
		tree_test(tells_what_else_there_is, &tree),
		tree_test(needs_systemd_and_the_unit, &tree),
	};

	int r = cmocka_run_group_tests(tests, NULL, NULL);
	plan_done(&plan);
	return r;
}
