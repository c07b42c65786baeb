/* zswap compresses pages before they are swapped: in front of zram, every page twice. */
#include <errno.h>
#include <string.h>

#include "tune/kinds.h"
#include "tune/zram/zram-change.h"
#include "util/json.h"

#define OBJECT "zswap"
#define PATH   "/sys/module/zswap/parameters/enabled"

/* Without it a machine would lose the only compression that it has. */
static bool has_zram(const struct plan *plan)
{
	const struct change *zram = plan_find(plan, zram_change_kind.name, ZRAM_OBJECT);

	return zram && !zram->lacks[0];
}

static int zswap_plan(const struct machine *machine, const struct profile *profile,
	struct plan *plan, struct error *err)
{
	char value[8];

	if (!profile->zram.is_zswap_off || !has_zram(plan) ||
		sysroot_read(machine->root, PATH, value, sizeof(value)) < 0) {
		return 0;
	}
	struct change *change = plan_add(plan, &zswap_change_kind, OBJECT);
	if (!change) {
		return error_set(err, -ENOMEM, OBJECT ": %s", error_name(-ENOMEM));
	}
	change->is_in_place = strcmp(value, "N") == 0;
	change->before = json_pack("{s:s}", "value", value);
	change->wanted = json_pack("{s:s}", "value", "N");
	if (!change->before || !change->wanted) {
		return error_set(err, -ENOMEM, OBJECT ": %s", error_name(-ENOMEM));
	}
	change_text(change->why, sizeof(change->why), "%s", profile_why(profile, "zswap"));
	change_text(change->now, sizeof(change->now), change->is_in_place ? "off" : "on");
	change_text(change->to, sizeof(change->to), "off");
	if (!change->is_in_place && !change_lacks_root(machine, change) &&
		machine_is_read_only(machine, PATH)) {
		change_text(change->lacks, sizeof(change->lacks),
			"/sys is read-only: run it on the host");
	}
	return 0;
}

static int write_value(const struct change_run *run, const char *value, struct error *err)
{
	char now[8];
	int r = sysroot_write(run->machine->root, PATH, value);

	if (r == 0) {
		r = sysroot_read(run->machine->root, PATH, now, sizeof(now));
	}
	if (r < 0) {
		return error_set(err, r, PATH " = %s: %s", value, error_name(r));
	}
	return strcmp(now, value) == 0
		       ? 0
		       : error_set(err, -EIO, PATH " = %s: it stays %s", value, now);
}

static int zswap_apply(struct change_run *run, struct error *err)
{
	return write_value(run, json_text(run->entry->wanted, "value"), err);
}

static int zswap_restore(struct change_run *run, struct error *err)
{
	return write_value(run, json_text(run->entry->before, "value"), err);
}

static int zswap_compare(const struct machine *machine, const struct journal_entry *entry,
	enum change_state *ret_state, char *ret_now, struct error *err)
{
	char now[8];
	int r = sysroot_read(machine->root, PATH, now, sizeof(now));

	if (r == -ENOENT) { /* another kernel by now */
		change_text(ret_now, CHANGE_VALUE_MAX, "this kernel has none");
		*ret_state = CHANGE_STATE_OTHER;
		return 0;
	}
	if (r < 0) {
		return error_set(err, r, PATH ": %s", error_name(r));
	}
	change_text(ret_now, CHANGE_VALUE_MAX, strcmp(now, "N") == 0 ? "off" : "on");
	*ret_state = strcmp(now, json_text(entry->before, "value")) == 0   ? CHANGE_STATE_BEFORE
		     : strcmp(now, json_text(entry->wanted, "value")) == 0 ? CHANGE_STATE_IN_PLACE
									   : CHANGE_STATE_OTHER;
	return 0;
}

const struct change_kind zswap_change_kind = {
	.name = "zswap",
	.plan = zswap_plan,
	.apply = zswap_apply,
	.compare = zswap_compare,
	.restore = zswap_restore,
	.reapply = zswap_apply,
};
