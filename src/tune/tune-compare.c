/* Whether the machine is still as it was made. */
#include <errno.h>

#include "tune/tune-impl.h"

/* Stands for what a newer version made. */
static const struct change_kind unknown = {.name = "unknown"};

static void compare_entry(
	const struct machine *machine, const struct journal_entry *entry, struct change *change)
{
	enum change_state state;
	struct error err = {0};

	change_text(change->to, sizeof(change->to), "%s", entry->to);
	if (change->kind == &unknown) {
		change_text(change->lacks, sizeof(change->lacks),
			"%.120s is of the kind %s, which this version does not know", entry->object,
			entry->kind);
		return;
	}
	int r = change->kind->compare(machine, entry, &state, change->now, &err);
	if (r < 0) {
		change_text(change->lacks, sizeof(change->lacks), "%s", err.text);
		return;
	}
	change->is_in_place =
		state == CHANGE_STATE_IN_PLACE || (state == CHANGE_STATE_ACTION && entry->is_done);
}

int tune_compare(const struct tune *tune, struct plan *ret_plan, struct error *err)
{
	struct plan plan = {0};

	for (size_t i = 0; i < journal_count(tune->journal); i++) {
		const struct journal_entry *entry = journal_entry(tune->journal, i);
		const struct change_kind *kind = change_kind_find(entry->kind);
		struct change *change = plan_add(&plan, kind ? kind : &unknown, entry->object);
		if (!change) {
			plan_done(&plan);
			return error_set(
				err, -ENOMEM, "%s: %s", entry->object, error_name(-ENOMEM));
		}
		compare_entry(&tune->machine, entry, change);
	}
	*ret_plan = plan;
	return 0;
}
