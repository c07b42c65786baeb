/* Comparing our swap in zram with what the journal has of it, and giving it up. */
#include "tune/zram/zram-change.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>

#include "tune/kinds.h"
#include "tune/zram/zram-module.h"

/* Whether nothing was ever stored there: it was not yet, or no more, made a swap area. */
static bool is_blank(const struct sysroot *root, int number)
{
	uint64_t bytes;

	return zram_device_memory(root, number, &bytes) == 0 && bytes == 0;
}

/* Whether what is on the device is still what was made; also when it cannot be seen, without
 * privileges. */
static bool has_our_header(const struct sysroot *root, const struct journal_entry *entry,
	const struct zram_device *device)
{
	const char *uuid = json_string_value(json_object_get(entry->progress, "uuid"));
	char path[ZRAM_PATH_MAX], full[PATH_MAX], found[SWAP_UUID_SIZE];

	zram_device_path(device->number, path);
	if (sysroot_path(root, path, full, sizeof(full)) < 0 || swap_header_read(full, found) < 0) {
		return true;
	}
	return (uuid && strcmp(found, uuid) == 0) ||
	       (!entry->is_done && is_blank(root, device->number));
}

static enum change_state judge(const struct sysroot *root, const struct journal_entry *entry,
	const struct zram_device *device, const struct swap_area *area)
{
	const json_t *wanted = entry->wanted;

	if (device->size_bytes == 0) {
		return CHANGE_STATE_PARTIAL; /* somebody, or a killed run, got no further */
	}
	if (device->size_bytes != (uint64_t)json_integer_value(json_object_get(wanted, "size")) ||
		!has_our_header(root, entry, device)) {
		return CHANGE_STATE_OTHER;
	}
	if (!area) {
		return CHANGE_STATE_PARTIAL;
	}
	if (area->priority != (int)json_integer_value(json_object_get(wanted, "priority"))) {
		return CHANGE_STATE_OTHER;
	}
	return entry->is_done ? CHANGE_STATE_IN_PLACE : CHANGE_STATE_PARTIAL;
}

static void describe(const struct zram_device *device, const struct swap_area *area, char *text)
{
	char size[32], priority[32] = "not in use";

	zram_format_size(device->size_bytes, size, sizeof(size));
	if (area) {
		snprintf(priority, sizeof(priority), "prio %d", area->priority);
	}
	change_text(text, CHANGE_VALUE_MAX, "zram%d %s %s %s", device->number,
		device->size_bytes ? size : "empty", device->algorithm, priority);
}

int zram_compare(const struct machine *machine, const struct journal_entry *entry,
	enum change_state *ret_state, char *ret_now, struct error *err)
{
	struct zram_device device;
	struct swap_area area;

	int r = zram_find_ours(machine, entry, &device);
	if (r < 0) {
		return error_set(err, r, "zram: looking for our device: %s", error_name(r));
	}
	if (r == 0) {
		/* Modules that were loaded for it are to go, too. */
		const json_t *modules = zram_get_modules(machine, entry);
		*ret_state = zram_module_has(machine->root, modules) ||
					     zram_has_claim(machine->root, entry)
				     ? CHANGE_STATE_PARTIAL
				     : CHANGE_STATE_BEFORE;
		change_text(ret_now, CHANGE_VALUE_MAX, "none");
		return 0;
	}
	r = zram_find_area(machine->root, device.number, &area, err);
	if (r < 0) {
		return r;
	}
	*ret_state = judge(machine->root, entry, &device, r > 0 ? &area : NULL);
	describe(&device, r > 0 ? &area : NULL, ret_now);
	return 0;
}

int zram_restore(struct change_run *run, struct error *err)
{
	const struct sysroot *root = run->machine->root;
	struct zram_device device;

	int r = zram_find_ours(run->machine, run->entry, &device);
	if (r > 0) {
		r = zram_release(root, device.number, err);
	} else if (r < 0) {
		r = error_set(err, r, "zram: looking for our device: %s", error_name(r));
	}
	if (r < 0) {
		return r;
	}
	zram_claim_remove(root, run->entry);
	r = zram_module_unload(root, zram_get_modules(run->machine, run->entry));
	if (r > 0) {
		change_text(run->note, sizeof(run->note), "the module zram stays: it is in use");
	}
	return r < 0 ? error_set(err, r, "zram: unloading its modules: %s", error_name(r)) : 0;
}

const struct change_kind zram_change_kind = {
	.name = "zram",
	.plan = zram_plan,
	.apply = zram_apply,
	.compare = zram_compare,
	.restore = zram_restore,
	.reapply = zram_reapply,
};
