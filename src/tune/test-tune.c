#include "tune/tune.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include "tune/fixture-tune.h"

#define SYSCTLS "[sysctl]\nvm.swappiness = 90\nvm.dirty_ratio = 15\n"

static struct tree tree;

static void leaves_alone_what_was_changed_since(void **state)
{
	(void)state;
	size_t made, counts[TUNE_OUTCOME_COUNT];

	assert_int_equal(tree_apply(&tree, SYSCTLS, &made), 0);
	tree_write(&tree, "/proc/sys/vm/swappiness", "42\n");
	tree_write(&tree, "/etc/sysctl.d/99-twinlens.conf", "vm.swappiness = 42\n");
	assert_int_equal(tree_run(&tree, tune_rollback, counts), 0);
	assert_int_equal(counts[TUNE_OUTCOME_LEFT], 2);
	assert_int_equal(counts[TUNE_OUTCOME_RESTORED], 2);
	assert_string_equal(tree_read(&tree, "/proc/sys/vm/swappiness"), "42");
	assert_string_equal(
		tree_read(&tree, "/etc/sysctl.d/99-twinlens.conf"), "vm.swappiness = 42");
}

/* Applying again would lose either that or what was there at first. */
static void does_not_apply_over_what_was_changed_since(void **state)
{
	(void)state;
	size_t made, counts[TUNE_OUTCOME_COUNT];
	struct plan plan;

	assert_int_equal(tree_apply(&tree, SYSCTLS, &made), 0);
	tree_write(&tree, "/proc/sys/vm/swappiness", "42\n");
	tree_write(&tree, "/etc/sysctl.d/99-twinlens.conf", "vm.swappiness = 42\n");
	tree_plan(&tree, SYSCTLS, &plan);
	assert_non_null(strstr(tree_find(&plan, "sysctl", "vm.swappiness")->lacks,
		"vm.swappiness: somebody changed it since (42)"));
	assert_int_equal(plan_count_lacking(&plan), 2);
	plan_done(&plan);
	assert_int_equal(tree_apply(&tree, SYSCTLS, &made), 0);
	assert_int_equal(made, 0);
	assert_string_equal(tree_read(&tree, "/proc/sys/vm/swappiness"), "42");
	assert_int_equal(tree_run(&tree, tune_rollback, counts), 0);
	assert_int_equal(counts[TUNE_OUTCOME_LEFT], 2);
	/* What the profile asks for may change. */
	assert_int_equal(tree_apply(&tree, SYSCTLS, &made), 0);
	assert_int_equal(tree_apply(&tree, "[sysctl]\nvm.swappiness = 95\n", &made), 0);
	assert_int_equal(made, 2);
	assert_string_equal(tree_read(&tree, "/proc/sys/vm/swappiness"), "95");
	assert_int_equal(tree_run(&tree, tune_rollback, counts), 0);
	assert_string_equal(tree_read(&tree, "/proc/sys/vm/swappiness"), "42");
}

/* Whoever asks, and whatever could be done about it. */
static void compares_what_was_applied(void **state)
{
	(void)state;
	struct plan plan;
	size_t made;

	assert_int_equal(tree_apply(&tree, SYSCTLS "[cache]\ndrop = 1\n", &made), 0);
	assert_string_equal(tree_read(&tree, "/proc/sys/vm/drop_caches"), "1");
	tree_write(&tree, "/proc/self/status", "CapEff:\t0000000000000000\n");
	tree_compare(&tree, &plan);
	assert_int_equal(plan.n, 5);
	assert_int_equal(plan_count_open(&plan) + plan_count_lacking(&plan), 0);
	assert_string_equal(tree_find(&plan, "sysctl", "vm.swappiness")->to, "90");
	plan_done(&plan);
	tree_write(&tree, "/proc/sys/vm/swappiness", "42\n");
	tree_write(&tree, "/proc/sys/vm/dirty_ratio", "20\n"); /* as before */
	tree_compare(&tree, &plan);
	assert_int_equal(plan_count_open(&plan), 2);
	assert_string_equal(tree_find(&plan, "sysctl", "vm.swappiness")->now, "42");
	plan_done(&plan);
	tree_remove(&tree, "/proc/sys/vm/swappiness");
	tree_compare(&tree, &plan);
	assert_int_equal(plan_count_open(&plan), 2);
	assert_string_equal(tree_find(&plan, "sysctl", "vm.swappiness")->now,
		"this kernel has no such setting");
	plan_done(&plan);
	tree_write(&tree, "/proc/sys/vm/swappiness/a", ""); /* a folder: cannot be read */
	tree_compare(&tree, &plan);
	assert_int_equal(plan_count_open(&plan), 1);
	assert_non_null(strstr(tree_find(&plan, "sysctl", "vm.swappiness")->lacks, "directory"));
	plan_done(&plan);
}

static void applies_one_journal_at_a_time(void **state)
{
	(void)state;
	struct tree other = tree;
	size_t made, counts[TUNE_OUTCOME_COUNT];

	snprintf(other.state, sizeof(other.state), "%s/other", tree.folder);
	assert_int_equal(tree_apply(&tree, SYSCTLS, &made), 0);
	assert_int_equal(tree_apply(&other, "[sysctl]\nvm.swappiness = 95\n", &made), -EEXIST);
	assert_int_equal(made, 0);
	assert_string_equal(tree_read(&tree, "/proc/sys/vm/swappiness"), "90");
	assert_int_equal(tree_run(&tree, tune_rollback, counts), 0);
	assert_int_equal(tree_apply(&other, "[sysctl]\nvm.swappiness = 95\n", &made), 0);
	assert_int_equal(tree_apply(&tree, SYSCTLS, &made), -EEXIST);
	assert_int_equal(tree_run(&other, tune_rollback, counts), 0);
	assert_string_equal(tree_read(&tree, "/proc/sys/vm/swappiness"), "60");
}

static void note_object(void *data, const struct tune_step *step)
{
	char *objects = data;

	strcat(strcat(objects, step->object), " ");
}

static bool never(void *data)
{
	(void)data;
	return false;
}

/* The link of the boot unit goes first: a plan that is half taken back is not applied at boot. */
static void undoes_the_last_change_first(void **state)
{
	(void)state;
	char objects[256] = "";
	const struct tune_observer observer = {note_object, never, objects};
	struct tune tune;
	size_t made;

	assert_int_equal(tree_apply(&tree, SYSCTLS, &made), 0);
	tree_open(&tree, NULL, "rollback", &tune);
	assert_int_equal(tune_rollback(&tune, &observer, NULL), 0);
	tune_close(&tune);
	assert_string_equal(objects,
		"/etc/systemd/system/swap.target.wants/twinlens-tune.service "
		"/etc/sysctl.d/99-twinlens.conf vm.dirty_ratio vm.swappiness ");
}

/* After a restart nothing but its own folder tells of the journal that the boot unit reads. */
static void minds_the_default_journal(void **state)
{
	(void)state;
	struct tree standard = tree;
	size_t made, counts[TUNE_OUTCOME_COUNT];

	snprintf(standard.state, sizeof(standard.state), "%s" TUNE_STATE_FOLDER, tree.folder);
	assert_int_equal(tree_apply(&standard, SYSCTLS, &made), 0);
	tree_remove(&tree, TUNE_RUN_FOLDER);
	assert_int_equal(tree_apply(&tree, SYSCTLS, &made), -EEXIST);
	assert_int_equal(tree_run(&standard, tune_rollback, counts), 0);
	assert_int_equal(tree_apply(&tree, SYSCTLS, &made), 0);
}

static void makes_again_at_boot(void **state)
{
	(void)state;
	size_t made, counts[TUNE_OUTCOME_COUNT];

	assert_int_equal(tree_apply(&tree, SYSCTLS, &made), 0);
	tree_write(&tree, "/proc/sys/kernel/random/boot_id", "another\n");
	tree_write(&tree, "/proc/sys/vm/swappiness", "60\n");
	tree_write(&tree, "/proc/sys/vm/dirty_ratio", "20\n");
	tree_write(&tree, "/etc/sysctl.d/zz.conf", "vm.dirty_ratio = 20\n");
	assert_int_equal(tree_run(&tree, tune_boot, counts), 0);
	assert_int_equal(counts[TUNE_OUTCOME_MADE], 1);
	assert_int_equal(counts[TUNE_OUTCOME_LEFT], 1);
	assert_string_equal(tree_read(&tree, "/proc/sys/vm/swappiness"), "90");
	assert_string_equal(tree_read(&tree, "/proc/sys/vm/dirty_ratio"), "20"); /* zz.conf's */
	assert_int_equal(tree_run(&tree, tune_rollback, counts), 0);
	assert_string_equal(tree_read(&tree, "/proc/sys/vm/swappiness"), "60");
}

static bool is_interrupted(void *data)
{
	(void)data;
	return true;
}

static void is_interrupted_at_boot(void **state)
{
	(void)state;
	const struct tune_observer observer = {.is_interrupted = is_interrupted};
	size_t made, counts[TUNE_OUTCOME_COUNT];
	struct tune tune;
	struct error err = {0};

	assert_int_equal(tree_apply(&tree, SYSCTLS, &made), 0);
	tree_write(&tree, "/proc/sys/vm/swappiness", "60\n");
	tree_open(&tree, NULL, "boot", &tune);
	assert_int_equal(tune_boot(&tune, &observer, &err), -EINTR);
	tune_close(&tune);
	assert_string_equal(tree_read(&tree, "/proc/sys/vm/swappiness"), "60");
	assert_int_equal(tree_run(&tree, tune_boot, counts), 0);
	assert_int_equal(counts[TUNE_OUTCOME_MADE], 1);
}

static void tells_what_is_lacking(void **state)
{
	(void)state;
	struct plan plan;

	tree_remove(&tree, "/proc/sys/vm/swappiness");
	tree_plan(&tree, SYSCTLS, &plan);
	assert_string_equal(tree_find(&plan, "sysctl", "vm.swappiness")->lacks,
		"vm.swappiness: this kernel has no such setting");
	assert_int_equal(plan_count_lacking(&plan), 1);
	plan_done(&plan);
	tree_write(&tree, "/proc/self/status", "CapEff:\t0000000000000000\n");
	tree_plan(&tree, SYSCTLS, &plan);
	assert_int_equal(plan_count_lacking(&plan), 4);
	assert_non_null(
		strstr(tree_find(&plan, "sysctl", "vm.dirty_ratio")->lacks, "run it as root"));
	plan_done(&plan);
	tree_write(&tree, "/proc/self/status", "Name:\ttest\nCapEff:\t000001ffffffffff\n");
	tree_link(&tree, "/proc/self/ns/user", "user:[4026532000]");
	tree_plan(&tree, SYSCTLS, &plan);
	assert_int_equal(plan_count_lacking(&plan), 4);
	plan_done(&plan);
	tree_remove(&tree, "/proc/self/ns/user");
	tree_link(&tree, "/proc/self/ns/user", "user:[4026531837]");
	tree_plan(&tree, SYSCTLS, &plan);
	assert_int_equal(plan_count_lacking(&plan), 1);
	plan_done(&plan);
	tree_link(&tree, "/proc/self/ns/pid", "pid:[4026532000]");
	tree_write(&tree, "/proc/self/status", "CapEff:\t0000000000000000\n");
	tree_plan(&tree, SYSCTLS, &plan);
	assert_non_null(strstr(tree_find(&plan, "sysctl", "vm.dirty_ratio")->lacks, "a container"));
	plan_done(&plan);
}

static void needs_its_unit_and_systemd(void **state)
{
	(void)state;
	static const char link[] = "/etc/systemd/system/swap.target.wants/twinlens-tune.service";
	size_t made, counts[TUNE_OUTCOME_COUNT];
	struct plan plan;

	assert_int_equal(tree_apply(&tree, SYSCTLS, &made), 0);
	assert_true(sysroot_exists(&tree.root, link));
	assert_int_equal(tree_run(&tree, tune_rollback, counts), 0);
	assert_false(sysroot_exists(&tree.root, "/etc/systemd")); /* made for it */
	tree_remove(&tree, "/usr/lib/systemd/system/twinlens-tune.service");
	tree_plan(&tree, SYSCTLS, &plan);
	assert_non_null(strstr(tree_find(&plan, "boot", link)->lacks, "install twinlens"));
	plan_done(&plan);
	tree_remove(&tree, "/run/systemd");
	tree_plan(&tree, SYSCTLS, &plan);
	assert_non_null(strstr(tree_find(&plan, "boot", link)->lacks, "does not run here"));
	plan_done(&plan);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		tree_test(leaves_alone_what_was_changed_since, &tree),
		tree_test(does_not_apply_over_what_was_changed_since, &tree),
		tree_test(compares_what_was_applied, &tree),
		tree_test(applies_one_journal_at_a_time, &tree),
		tree_test(undoes_the_last_change_first, &tree),
		tree_test(minds_the_default_journal, &tree),
		tree_test(makes_again_at_boot, &tree),
		tree_test(is_interrupted_at_boot, &tree),
		tree_test(tells_what_is_lacking, &tree),
		tree_test(needs_its_unit_and_systemd, &tree),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
