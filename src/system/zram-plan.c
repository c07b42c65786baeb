/* What is to be done about swap in zram: make it, take what is there, or leave it and say why. */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "system/kinds.h"
#include "system/swap.h"
#include "system/zram-change.h"
#include "system/zram-owner.h"

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

static bool check_lacks(const struct machine *machine, struct change *change)
{
	const struct sysroot *root = machine->root;

	if (!sysroot_exists(root, "/proc/swaps")) {
		change_text(change->lacks, sizeof(change->lacks),
			"swap: this kernel is built without CONFIG_SWAP");
	} else if (!zram_is_loaded(root) && !zram_is_loadable(root)) {
		change_text(change->lacks, sizeof(change->lacks),
			"zram: this kernel has neither it nor a module for it (CONFIG_ZRAM)");
	} else if (change_lacks_root(machine, change)) {
		return true;
	} else if (machine_is_read_only(machine, "/sys/block")) {
		change_text(change->lacks, sizeof(change->lacks),
			"/sys is read-only: run it on the host");
	}
	return change->lacks[0];
}

static bool is_zram(const struct swap_area *area)
{
	return area->is_device && strncmp(swap_area_device(area), "zram", 4) == 0;
}

/* The zram swap of somebody else that has the most room; NULL when there is none. */
static const struct swap_area *find_foreign(const struct swap_list *swaps, const char *ours)
{
	const struct swap_area *best = NULL;

	for (size_t i = 0; i < swaps->n; i++) {
		const struct swap_area *area = &swaps->areas[i];
		if (is_zram(area) && strcmp(swap_area_device(area), ours) != 0 &&
			(!best || area->size_bytes > best->size_bytes)) {
			best = area;
		}
	}
	return best;
}

static bool is_being_disabled(const struct plan *plan, const struct zram_owner *owner)
{
	const struct change *change = owner ? plan_find(plan, "service", owner->unit) : NULL;

	return change && !change->is_in_place && !change->lacks[0];
}

/* The header takes a page of what was asked for. */
static bool is_large_enough(const struct swap_area *area, const struct profile *profile)
{
	return area->size_bytes + SIZE_STEP >= profile->zram.size_bytes;
}

static void judge_foreign(const struct swap_area *area, const struct zram_owner *owner,
	const struct profile *profile, struct change *change)
{
	char size[32];
	const char *name = owner ? owner->name : "somebody else";

	zram_format_size(area->size_bytes, size, sizeof(size));
	change_text(change->now, sizeof(change->now), "%s %s prio %d", area->path, size,
		area->priority);
	if (is_large_enough(area, profile)) {
		change->is_in_place = true;
		change_text(change->disagrees, sizeof(change->disagrees),
			"%s is swap of %s, and large enough: taken as it is, left to its owner",
			area->path, name);
		return;
	}
	change_text(change->lacks, sizeof(change->lacks),
		"zram of its own: %s, %s, is swap of %s already: enlarge that%s%s, or disable "
		"it%s%s",
		area->path, size, name, owner ? " in " : "", owner ? owner->file : "",
		owner ? " with --service " : "", owner ? owner->unit : "");
}

static void tell_others(const struct swap_list *swaps, const struct zram_owner *owner,
	const struct plan *plan, const struct profile *profile, struct change *change)
{
	if (is_being_disabled(plan, owner)) {
		change_text(change->disagrees, sizeof(change->disagrees),
			"the zram of %s goes: this plan disables %s", owner->name, owner->unit);
		return;
	}
	if (owner) {
		change_text(change->disagrees, sizeof(change->disagrees),
			"%s makes zram of its own at boot: disable it with --service %s",
			owner->name, owner->unit);
		return;
	}
	for (size_t i = 0; i < swaps->n; i++) {
		const struct swap_area *area = &swaps->areas[i];
		if (area->priority >= profile->zram.priority && !is_zram(area)) {
			change_text(change->disagrees, sizeof(change->disagrees),
				"%s has priority %d, and so is filled before", area->path,
				area->priority);
		}
	}
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

static int judge(const struct machine *machine, const struct profile *profile,
	const struct plan *plan, struct change *change, struct error *err)
{
	const struct zram_owner *owner = zram_owner_find(machine->root);
	struct swap_list swaps;

	int r = judge_ours(machine, change, err);
	if (r != 0) {
		return r < 0 ? r : 0;
	}
	r = swap_list_init(&swaps, machine->root);
	if (r < 0 && r != -ENOENT) {
		return error_set(err, r, "/proc/swaps: %s", error_name(r));
	}
	const struct journal_entry *entry =
		journal_find(machine->journal, zram_change_kind.name, ZRAM_OBJECT);
	struct zram_device ours;
	char name[ZRAM_PATH_MAX] = "";
	if (entry && zram_find_ours(machine, entry, &ours) > 0) {
		snprintf(name, sizeof(name), "zram%d", ours.number);
	}
	const struct swap_area *foreign = find_foreign(&swaps, name);
	if (foreign && !is_being_disabled(plan, owner)) {
		judge_foreign(foreign, owner, profile, change);
	} else if (!check_lacks(machine, change)) {
		tell_algorithm(machine, profile, change);
		if (!change->disagrees[0]) {
			tell_others(&swaps, owner, plan, profile, change);
		}
	}
	swap_list_done(&swaps);
	return 0;
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
