/* Which device is ours. Numbers are given again, so a device is known by its number and its
 * diskseq. */
#include "tune/zram/zram-change.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "util/parse.h"

void zram_claim_path(const char *uuid, char path[ZRAM_CLAIM_MAX])
{
	snprintf(path, ZRAM_CLAIM_MAX, "/run/twinlens-zram-%s", uuid);
}

/* 1 when there is a file; 0 otherwise. */
static int get_claim(const struct sysroot *root, const json_t *progress, char path[ZRAM_CLAIM_MAX])
{
	const char *uuid = json_string_value(json_object_get(progress, "uuid"));

	if (!uuid) {
		return 0;
	}
	zram_claim_path(uuid, path);
	return sysroot_exists(root, path);
}

bool zram_has_claim(const struct sysroot *root, const struct journal_entry *entry)
{
	char path[ZRAM_CLAIM_MAX];

	return get_claim(root, entry->progress, path);
}

void zram_claim_remove(const struct sysroot *root, const struct journal_entry *entry)
{
	char path[ZRAM_CLAIM_MAX], full[PATH_MAX];

	if (get_claim(root, entry->progress, path) &&
		sysroot_path(root, path, full, sizeof(full)) == 0) {
		unlink(full); /* one that stays is of no use to anybody, and goes with the boot */
	}
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

/* Of a run that was killed when it had made the device, and not yet noted so. */
static int find_claimed(
	const struct sysroot *root, const json_t *progress, struct zram_device *ret_device)
{
	char path[ZRAM_CLAIM_MAX], text[ZRAM_NUMBER_SIZE + 1];
	struct zram_device device;
	uint64_t number;

	if (!get_claim(root, progress, path)) {
		return 0; /* nothing was made yet */
	}
	int r = sysroot_read(root, path, text, sizeof(text));
	if (r < 0) {
		return r;
	}
	text[strcspn(text, "\n")] = '\0';
	if (parse_u64(text, 0, INT_MAX, &number) < 0) {
		return 0; /* nothing was made yet */
	}
	r = zram_device_read(root, (int)number, &device);
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

const json_t *zram_get_modules(const struct machine *machine, const struct journal_entry *entry)
{
	return zram_is_of_this_boot(machine, entry) ? json_object_get(entry->progress, "modules")
						    : NULL;
}

int zram_find_ours(const struct machine *machine, const struct journal_entry *entry,
	struct zram_device *ret_device)
{
	if (!zram_is_of_this_boot(machine, entry)) {
		return 0;
	}
	return zram_has_number(entry) ? find_by_number(machine->root, entry->progress, ret_device)
				      : find_claimed(machine->root, entry->progress, ret_device);
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
	bool is_found = area != NULL;
	if (is_found) {
		*ret_area = *area;
	}
	swap_list_done(&swaps);
	return is_found;
}
