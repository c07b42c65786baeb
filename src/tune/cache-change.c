/* The page cache, dropped once. It fills again by itself, so there is nothing to undo. */
#include <errno.h>
#include <stdio.h>

#include "tune/kinds.h"

#define OBJECT "page cache"
#define PATH   "/proc/sys/vm/drop_caches"

static int cache_plan(const struct machine *machine, const struct profile *profile,
	struct plan *plan, struct error *err)
{
	if (profile->cache_drop == 0) {
		return 0;
	}
	const struct journal_entry *entry =
		journal_find(machine->journal, cache_change_kind.name, OBJECT);
	struct change *change = plan_add(plan, &cache_change_kind, OBJECT);
	if (!change) {
		return error_set(err, -ENOMEM, OBJECT ": %s", error_name(-ENOMEM));
	}
	change->before = json_object();
	change->wanted = json_pack("{s:i}", "drop", (int)profile->cache_drop);
	if (!change->before || !change->wanted) {
		return error_set(err, -ENOMEM, OBJECT ": %s", error_name(-ENOMEM));
	}
	change_text(change->why, sizeof(change->why), "%s", profile_why(profile, "cache"));
	change_text(change->to, sizeof(change->to), "dropped once");
	change->is_in_place = entry && entry->is_done;
	change_text(
		change->now, sizeof(change->now), change->is_in_place ? "was dropped" : "as it is");
	if (!change->is_in_place && !change_lacks_proc(machine, PATH, change) &&
		!sysroot_exists(machine->root, PATH)) {
		change_text(change->lacks, sizeof(change->lacks), PATH ": this kernel has none");
	}
	return 0;
}

static int cache_apply(struct change_run *run, struct error *err)
{
	char text[16];

	snprintf(text, sizeof(text), "%d",
		(int)json_integer_value(json_object_get(run->entry->wanted, "drop")));
	int r = sysroot_write(run->machine->root, PATH, text);
	if (r < 0) {
		return error_set(err, r, PATH " = %s: %s", text, error_name(r));
	}
	return 0;
}

static int cache_compare(const struct machine *machine, const struct journal_entry *entry,
	enum change_state *ret_state, char *ret_now, struct error *err)
{
	(void)machine;
	(void)err;
	*ret_state = CHANGE_STATE_ACTION;
	change_text(ret_now, CHANGE_VALUE_MAX, entry->is_done ? "was dropped" : "as it is");
	return 0;
}

const struct change_kind cache_change_kind = {
	.name = "cache",
	.plan = cache_plan,
	.apply = cache_apply,
	.compare = cache_compare,
};
