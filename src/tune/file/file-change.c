#include "tune/file/file-change.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "tune/file/file-state.h"
#include "tune/kinds.h"

static void describe(const json_t *state, char *text)
{
	const char *target = json_string_value(json_object_get(state, "target"));
	const char *type = json_string_value(json_object_get(state, "type"));

	change_text(text, CHANGE_VALUE_MAX, "%s%s", target ? "-> " : "",
		target                              ? target
		: type && strcmp(type, "file") == 0 ? "a file"
						    : "absent");
}

/* Takes the reference of wanted, NULL being no memory. */
static int plan_state(const struct machine *machine, struct plan *plan,
	const struct change_kind *kind, const char *path, json_t *wanted,
	struct change **ret_change, struct error *err)
{
	struct change *change = wanted ? plan_add(plan, kind, path) : NULL;

	if (!change) {
		json_decref(wanted);
		return error_set(err, -ENOMEM, "%s: %s", path, error_name(-ENOMEM));
	}
	change->wanted = wanted;
	describe(wanted, change->to);
	*ret_change = change;
	int r = file_state_read(machine->root, path, &change->before);
	if (r == -ENOMEM) {
		return error_set(err, r, "%s: %s", path, error_name(r));
	}
	if (r < 0) {
		change_text(change->lacks, sizeof(change->lacks), "%s: cannot be replaced: %s",
			path, r == -ENOTSUP ? "it is neither a file nor a link" : error_name(r));
		return 0;
	}
	describe(change->before, change->now);
	change->is_in_place = file_state_is_equal(change->before, wanted);
	if (!change->is_in_place && !change_lacks_root(machine, change) &&
		machine_is_read_only(machine, path)) {
		change_text(change->lacks, sizeof(change->lacks),
			"%s: its file system is read-only: mount it read-write", path);
	}
	return change_refuse_foreign(machine, change, err);
}

int file_change_plan_text(const struct machine *machine, struct plan *plan,
	const struct change_kind *kind, const char *path, const char *text,
	struct change **ret_change, struct error *err)
{
	json_t *wanted = json_pack("{s:s,s:s,s:i}", "type", "file", "text", text, "mode", 0644);

	return plan_state(machine, plan, kind, path, wanted, ret_change, err);
}

int file_change_plan_link(const struct machine *machine, struct plan *plan,
	const struct change_kind *kind, const char *path, const char *target,
	struct change **ret_change, struct error *err)
{
	json_t *wanted = json_pack("{s:s,s:s}", "type", "link", "target", target);

	return plan_state(machine, plan, kind, path, wanted, ret_change, err);
}

static int write_state(struct change_run *run, const json_t *state, struct error *err)
{
	int r = file_state_write(run->machine->root, run->entry->object, state);

	if (r < 0) {
		return error_set(
			err, r, "%s: cannot be written: %s", run->entry->object, error_name(r));
	}
	return 0;
}

int file_change_apply(struct change_run *run, struct error *err)
{
	return write_state(run, run->entry->wanted, err);
}

int file_change_restore(struct change_run *run, struct error *err)
{
	return write_state(run, run->entry->before, err);
}

int file_change_compare(const struct machine *machine, const struct journal_entry *entry,
	enum change_state *ret_state, char *ret_now, struct error *err)
{
	json_t *now = NULL;
	int r = file_state_read(machine->root, entry->object, &now);

	if (r == -ENOTSUP || r == -EFBIG) {
		change_text(ret_now, CHANGE_VALUE_MAX, "something else");
		*ret_state = CHANGE_STATE_OTHER;
		return 0;
	}
	if (r < 0) {
		return error_set(err, r, "%s: %s", entry->object, error_name(r));
	}
	bool has_leftovers = file_state_has_leftovers(machine->root, entry->object, entry->before);
	describe(now, ret_now);
	if (file_state_is_equal(now, entry->before)) {
		*ret_state = has_leftovers ? CHANGE_STATE_PARTIAL : CHANGE_STATE_BEFORE;
	} else if (file_state_is_equal(now, entry->wanted)) {
		*ret_state = CHANGE_STATE_IN_PLACE;
	} else {
		*ret_state = CHANGE_STATE_OTHER;
		if (json_object_get(now, "mode")) {
			change_text(ret_now, CHANGE_VALUE_MAX, "a file with other content or mode");
		}
	}
	json_decref(now);
	return 0;
}

const struct change_kind file_change_kind = {
	.name = "file",
	.apply = file_change_apply,
	.compare = file_change_compare,
	.restore = file_change_restore,
};
