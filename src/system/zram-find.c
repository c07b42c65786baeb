/* Which device is ours. Numbers are given again, so a device is known by its number and its
 * diskseq. */
#include "system/zram-change.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

static int read_seen(const json_t *progress, int *numbers)
{
	const json_t *seen = json_object_get(progress, "seen");
	size_t n = json_array_size(seen);

	for (size_t i = 0; i < n && i < ZRAM_DEVICES_MAX; i++) {
		numbers[i] = (int)json_integer_value(json_array_get(seen, i));
	}
	return json_is_array(seen) ? (int)(n < ZRAM_DEVICES_MAX ? n : ZRAM_DEVICES_MAX) : -ENOENT;
}

static int find_by_number(
	const struct sysroot *root, const json_t *progress, struct zram_device *ret_device)
{
	struct zram_device device;

	int r = zram_device_read(
		root, (int)json_integer_value(json_object_get(progress, "number")), &device);
	if (r < 0) {
		return r == -ENOENT ? 0 : r;
	}
	if (device.sequence !=
		(uint64_t)json_integer_value(json_object_get(progress, "sequence"))) {
		return 0; /* the number was given again */
	}
	*ret_device = device;
	return 1;
}

static int find_orphan(
	const struct sysroot *root, const json_t *progress, struct zram_device *ret_device)
{
	int seen[ZRAM_DEVICES_MAX], next = 0;
	int n = read_seen(progress, seen);
	struct zram_device device;

	if (n < 0) {
		return 0; /* nothing was made yet */
	}
	for (int i = 0; i < n && seen[i] == next; i++) {
		next++;
	}
	int r = zram_device_read(root, next, &device);
	if (r < 0 || device.size_bytes > 0) {
		return r == -ENOENT || r == 0 ? 0 : r;
	}
	*ret_device = device;
	return 1;
}

bool zram_is_of_this_boot(const struct machine *machine, const struct journal_entry *entry)
{
	const char *boot = json_string_value(json_object_get(entry->progress, "boot"));

	return boot && strcmp(boot, machine->boot_id) == 0;
}

bool zram_has_number(const struct journal_entry *entry)
{
	return json_is_integer(json_object_get(entry->progress, "number"));
}

bool zram_has_loaded_module(const struct machine *machine, const struct journal_entry *entry)
{
	return zram_is_of_this_boot(machine, entry) &&
	       json_is_true(json_object_get(entry->progress, "module"));
}

int zram_find_ours(const struct machine *machine, const struct journal_entry *entry,
	struct zram_device *ret_device)
{
	if (!zram_is_of_this_boot(machine, entry)) {
		return 0;
	}
	return zram_has_number(entry) ? find_by_number(machine->root, entry->progress, ret_device)
				      : find_orphan(machine->root, entry->progress, ret_device);
}

int zram_find_area(
	const struct sysroot *root, int number, struct swap_area *ret_area, struct error *err)
{
	char name[ZRAM_PATH_MAX];
	struct swap_list swaps;

	int r = swap_list_init(&swaps, root);
	if (r < 0) {
		return error_set(err, r, "/proc/swaps: %s", error_name(r));
	}
	snprintf(name, sizeof(name), "zram%d", number);
	const struct swap_area *area = swap_list_find(&swaps, name);
	if (area) {
		*ret_area = *area;
	}
	swap_list_done(&swaps);
	return area != NULL;
}
