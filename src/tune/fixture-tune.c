#include "tune/fixture-tune.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

void tree_open(
	const struct tree *tree, const char *profile, const char *verb, struct tune *ret_tune)
{
	struct profile *parsed = NULL;
	struct error err = {0};

	if (tune_open(ret_tune, &tree->root, tree->state, verb, &err) < 0 ||
		(profile &&
			profile_parse_text(profile, strlen(profile), "test", &parsed, &err) < 0)) {
		fail_msg("%s", err.text);
	}
	ret_tune->machine.is_boot_state = true;
	if (parsed && tune_set_profile(ret_tune, parsed, &err) < 0) {
		fail_msg("%s", err.text);
	}
}

void tree_plan(const struct tree *tree, const char *profile, struct plan *ret_plan)
{
	struct tune tune;
	struct error err = {0};

	tree_open(tree, profile, NULL, &tune);
	if (tune_plan(&tune, ret_plan, &err) < 0) {
		fail_msg("%s", err.text);
	}
	tune_close(&tune);
}

const struct change *tree_find(const struct plan *plan, const char *kind, const char *object)
{
	const struct change *change = plan_find(plan, kind, object);

	if (!change) {
		fail_msg("no change of %s", object);
	}
	return change;
}

const struct change *tree_plan_zram(const struct tree *tree, struct plan *plan)
{
	plan_done(plan);
	tree_plan(tree, TREE_ZRAM, plan);
	return tree_find(plan, "zram", "swap");
}

void tree_compare(const struct tree *tree, struct plan *ret_plan)
{
	struct tune tune;

	tree_open(tree, NULL, NULL, &tune);
	assert_int_equal(tune_compare(&tune, ret_plan, NULL), 0);
	tune_close(&tune);
}

static void count_step(void *data, const struct tune_step *step)
{
	size_t *counts = data;

	counts[step->outcome]++;
}

static bool is_interrupted(void *data)
{
	(void)data;
	return false;
}

int tree_apply(const struct tree *tree, const char *profile, size_t *ret_made)
{
	size_t counts[TUNE_OUTCOME_COUNT] = {0};
	const struct tune_observer observer = {count_step, is_interrupted, counts};
	struct plan plan;
	struct tune tune;
	struct error err = {0};

	tree_open(tree, profile, "apply", &tune);
	if (tune_plan(&tune, &plan, &err) < 0) {
		fail_msg("%s", err.text);
	}
	*ret_made = 0;
	int r = tune_claim(&tune, &err);
	r = r ? r : tune_apply(&tune, &plan, &observer, ret_made, &err);
	assert_int_equal(counts[TUNE_OUTCOME_MADE], *ret_made);
	plan_done(&plan);
	tune_close(&tune);
	return r;
}

int tree_run(const struct tree *tree,
	int (*run)(struct tune *, const struct tune_observer *, struct error *),
	size_t counts[TUNE_OUTCOME_COUNT])
{
	const struct tune_observer observer = {count_step, is_interrupted, counts};
	struct tune tune;
	struct error err = {0};

	memset(counts, 0, TUNE_OUTCOME_COUNT * sizeof(*counts));
	tree_open(tree, NULL, "test", &tune);
	int r = run(&tune, &observer, &err);
	tune_close(&tune);
	return r;
}
