/* What is to be done about swap in zram: make it, take what is there, or leave it and say why. */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "tune/kinds.h"
#include "tune/zram/zram-change.h"
#include "tune/zram/zram-foreign.h"
#include "tune/zram/zram-module.h"
#include "tune/zram/zram-owner.h"

#define SIZE_STEP (UINT64_C(64) << 10) /* the largest page of any kernel for ARM */

void zram_format_size(uint64_t bytes, char *text, size_t size)
{
	static const char *const units[] = {"KiB", "MiB", "GiB"};
	double value = (double)bytes / 1024;
	size_t i = 0;

	while (value >= 1024 && i < 2) {
		value /= 1024;
		i++;
	}
	snprintf(text, size, "%.4g %s", value, units[i]);
}

static json_t *describe_wanted(const struct profile *profile)
{
	json_t *algorithms = json_array();

	for (size_t i = 0; i < profile->zram.n_algorithms; i++) {
		if (json_array_append_new(algorithms, json_string(profile->zram.algorithms[i])) <
			0) {
			json_decref(algorithms);
			return NULL;
		}
	}
	uint64_t size = (profile->zram.size_bytes + SIZE_STEP - 1) / SIZE_STEP * SIZE_STEP;
	return json_pack("{s:I,s:o,s:i}", "size", (json_int_t)size, "algorithms", algorithms,
		"priority", profile->zram.priority);
}

static void describe_to(const struct profile *profile, const char *algorithm, struct change *change)
{
	char size[32];

	zram_format_size(profile->zram.size_bytes, size, sizeof(size));
	change_text(change->to, sizeof(change->to), "%s %s prio %d", size, algorithm,
		profile->zram.priority);
}

/* Any device tells which algorithms the kernel has; without one that is seen when it is made. */
static void tell_algorithm(
	const struct machine *machine, const struct profile *profile, struct change *change)
{
	int numbers[ZRAM_DEVICES_MAX];
	struct zram_device device;

	describe_to(profile, profile->zram.algorithms[0], change);
	if (zram_device_list(machine->root, numbers, ZRAM_DEVICES_MAX) < 1 ||
		zram_device_read(machine->root, numbers[0], &device) < 0) {
		return;
	}
	for (size_t i = 0; i < profile->zram.n_algorithms; i++) {
		char word[ZRAM_ALGORITHM_MAX + 2];
		snprintf(word, sizeof(word), " %s ", profile->zram.algorithms[i]);
		if (!strstr(device.algorithms, word)) {
			continue;
		}
		if (i > 0) {
			describe_to(profile, profile->zram.algorithms[i], change);
			change_text(change->disagrees, sizeof(change->disagrees),
				"this kernel has no %s: %s instead", profile->zram.algorithms[0],
				profile->zram.algorithms[i]);
		}
		return;
	}
}

/* Once set, it stays until the next start. */
static bool is_closed_to_modules(const struct sysroot *root)
{
	char value[8];

	return sysroot_read(root, "/proc/sys/kernel/modules_disabled", value, sizeof(value)) == 0 &&
	       strcmp(value, "1") == 0;
}

static bool check_lacks(const struct machine *machine, struct change *change)
{
	const struct sysroot *root = machine->root;

	if (!sysroot_exists(root, "/proc/swaps")) {
		change_text(change->lacks, sizeof(change->lacks),
			"swap: this kernel is built without CONFIG_SWAP");
	} else if (!zram_is_loaded(root) && !zram_is_loadable(root)) {
		change_text(change->lacks, sizeof(change->lacks),
			"zram: this kernel has neither it nor a module for it (CONFIG_ZRAM)");
	} else if (!zram_is_loaded(root) && is_closed_to_modules(root)) {
		change_text(change->lacks, sizeof(change->lacks),
			"zram: kernel.modules_disabled is 1, so its module cannot be loaded: have "
			"it "
			"loaded at boot, by a file in /etc/modules-load.d");
	} else if (change_lacks_root(machine, change)) {
		return true;
	} else if (machine_is_read_only(machine, "/sys/block")) {
		change_text(change->lacks, sizeof(change->lacks),
			"/sys is read-only: run it on the host");
	} else if (!zram_has_nodes(root)) {
		change_text(change->lacks, sizeof(change->lacks),
			"/dev is no devtmpfs, and shows no zram devices: run it on the host");
	}
	return change->lacks[0];
}

/* The change that disables the owner; NULL when the plan has none that can be made. */
static const struct change *find_disabling(const struct plan *plan, const struct zram_owner *owner)
{
	const struct change *change = owner ? plan_find(plan, "service", owner->unit) : NULL;

	return change && !change->is_in_place && !change->lacks[0] ? change : NULL;
}

/* An owner that is stopped gives up its swap without asking whether that fits. */
static int check_disabling(const struct machine *machine, const struct zram_foreign *foreign,
	const struct zram_owner *owner, struct plan *plan, struct error *err)
{
	const struct change *disabling = find_disabling(plan, owner);
	char why[CHANGE_TEXT_MAX];

	if (!disabling || foreign->n == 0) {
		return 0;
	}
	int r = zram_foreign_fits(machine, foreign, why, sizeof(why), err);
	if (r == 0) {
		struct change *refused = &plan->changes[disabling - plan->changes];
		change_text(refused->lacks, sizeof(refused->lacks),
			"memory for what %s has swapped out, as stopping it brings that back: %s: "
			"end what takes memory, then apply again",
			owner->unit, why);
	}
	return r < 0 ? r : 0;
}

static int judge_foreign(const struct machine *machine, const struct zram_foreign *foreign,
	const struct zram_owner *owner, const struct profile *profile, struct change *change,
	struct error *err)
{
	char rival[CHANGE_VALUE_MAX];
	const char *name = owner ? owner->name : "somebody else";

	change_text(change->now, sizeof(change->now), "%s", foreign->text);
	if (foreign->size_bytes < profile->zram.size_bytes) {
		change_text(change->lacks, sizeof(change->lacks),
			"zram of its own: %s has swap in zram already, %s: enlarge that%s%s, or "
			"disable it%s%s",
			name, foreign->text, owner ? " in " : "", owner ? owner->file : "",
			owner ? " with --service " : "", owner ? owner->unit : "");
		return 0;
	}
	int r = zram_tell_rival(machine, foreign->priority, rival, sizeof(rival), err);
	if (r < 0) {
		return r;
	}
	change->is_in_place = true;
	change_text(change->disagrees, sizeof(change->disagrees),
		"%s, swap of %s, is large enough: taken as it is, left to its owner%s%s",
		foreign->text, name, rival[0] ? "; " : "", rival);
	return 0;
}

static int tell_others(const struct machine *machine, const struct zram_owner *owner,
	const struct plan *plan, const struct profile *profile, struct change *change,
	struct error *err)
{
	if (find_disabling(plan, owner)) {
		change_text(change->disagrees, sizeof(change->disagrees),
			"the zram of %s goes: this plan disables %s", owner->name, owner->unit);
		return 0;
	}
	if (owner) {
		change_text(change->disagrees, sizeof(change->disagrees),
			"%s makes zram of its own at boot: disable it with --service %s",
			owner->name, owner->unit);
		return 0;
	}
	return zram_tell_rival(
		machine, profile->zram.priority, change->disagrees, sizeof(change->disagrees), err);
}

/* What the journal says is ours. 1 when that settles it. */
static int judge_ours(const struct machine *machine, struct change *change, struct error *err)
{
	const struct journal_entry *entry =
		journal_find(machine->journal, zram_change_kind.name, ZRAM_OBJECT);
	enum change_state state;

	if (!entry) {
		change_text(change->now, sizeof(change->now), "none");
		return 0;
	}
	int r = zram_compare(machine, entry, &state, change->now, err);
	if (r < 0) {
		return r;
	}
	bool is_same = json_equal(entry->wanted, change->wanted);
	change->is_in_place = state == CHANGE_STATE_IN_PLACE && is_same;
	if (!is_same && state != CHANGE_STATE_BEFORE) {
		change_text(change->lacks, sizeof(change->lacks),
			"zram: ours is another (%s): run twinlens tune rollback first",
			change->now);
	} else if (state == CHANGE_STATE_OTHER) {
		change_text(change->lacks, sizeof(change->lacks),
			"zram: our device was changed since (%s): undo that, or run twinlens tune "
			"rollback",
			change->now);
	}
	return change->is_in_place || change->lacks[0];
}

static int judge(const struct machine *machine, const struct profile *profile, struct plan *plan,
	struct change *change, struct error *err)
{
	const struct zram_owner *owner = zram_owner_find(machine->root);
	struct zram_foreign foreign;

	int r = judge_ours(machine, change, err);
	if (r != 0) {
		return r < 0 ? r : 0;
	}
	r = zram_foreign_find(machine,
		journal_find(machine->journal, zram_change_kind.name, ZRAM_OBJECT), &foreign, err);
	if (r == 0) {
		r = check_disabling(machine, &foreign, owner, plan, err);
	}
	if (r < 0) {
		return r;
	}
	if (foreign.n > 0 && !find_disabling(plan, owner)) {
		return judge_foreign(machine, &foreign, owner, profile, change, err);
	}
	if (check_lacks(machine, change)) {
		return 0;
	}
	tell_algorithm(machine, profile, change);
	return change->disagrees[0] ? 0 : tell_others(machine, owner, plan, profile, change, err);
}

int zram_plan(const struct machine *machine, const struct profile *profile, struct plan *plan,
	struct error *err)
{
	if (profile->zram.size_bytes == 0) {
		return 0;
	}
	struct change *change = plan_add(plan, &zram_change_kind, ZRAM_OBJECT);
	if (!change) {
		return error_set(err, -ENOMEM, "zram: %s", error_name(-ENOMEM));
	}
	change->before = json_object();
	change->wanted = describe_wanted(profile);
	if (!change->before || !change->wanted) {
		return error_set(err, -ENOMEM, "zram: %s", error_name(-ENOMEM));
	}
	change_text(change->why, sizeof(change->why), "%s", profile_why(profile, "zram"));
	describe_to(profile, profile->zram.algorithms[0], change);
	return judge(machine, profile, plan, change, err);
}
