/*
 * Swap in a zram device of our own. hot_add makes a device and tells its number only afterwards, so
 * a kill in between leaves one that no journal knows: what was there before is noted first, and the
 * kernel gives the lowest free number.
 */
#include "system/zram-change.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "system/backoff.h"
#include "system/kinds.h"
#include "system/swap.h"
#include "util/clock.h"

#define BUSY_NS        (3 * NSEC_PER_SEC) /* for how long udev may look at a device */
#define SWAPOFF_MIN_NS (30 * NSEC_PER_SEC)
#define SWAPOFF_RATE   (UINT64_C(16) << 20) /* bytes a second that the slowest board reads back */
#define ALGORITHMS_MAX 16

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

static bool is_of_this_boot(const struct machine *machine, const struct journal_entry *entry)
{
	const char *boot = json_string_value(json_object_get(entry->progress, "boot"));

	return boot && strcmp(boot, machine->boot_id) == 0;
}

static bool has_number(const struct journal_entry *entry)
{
	return json_is_integer(json_object_get(entry->progress, "number"));
}

static bool has_loaded_module(const struct machine *machine, const struct journal_entry *entry)
{
	return is_of_this_boot(machine, entry) &&
	       json_is_true(json_object_get(entry->progress, "module"));
}

int zram_find_ours(const struct machine *machine, const struct journal_entry *entry,
	struct zram_device *ret_device)
{
	if (!is_of_this_boot(machine, entry)) {
		return 0;
	}
	return has_number(entry) ? find_by_number(machine->root, entry->progress, ret_device)
				 : find_orphan(machine->root, entry->progress, ret_device);
}

static int note_seen(struct change_run *run, struct error *err)
{
	int numbers[ZRAM_DEVICES_MAX];
	int n = zram_device_list(run->machine->root, numbers, ZRAM_DEVICES_MAX);
	json_t *seen = json_array();

	if (n == ZRAM_DEVICES_MAX) {
		n = -ENFILE;
	}
	for (int i = 0; i < n; i++) {
		if (json_array_append_new(seen, json_integer(numbers[i])) < 0) {
			n = -ENOMEM;
		}
	}
	if (n < 0) {
		json_decref(seen);
		return error_set(err, n, "zram: listing the devices: %s", error_name(n));
	}
	return change_run_progress(run, json_pack("{s:o,s:n}", "seen", seen, "number"), err);
}

static int begin(struct change_run *run, struct error *err)
{
	bool is_loaded = zram_is_loaded(run->machine->root);

	if (!is_of_this_boot(run->machine, run->entry) || !is_loaded) {
		/* What an earlier boot noted is of no use any more. */
		int r = change_run_progress(run,
			json_pack("{s:s,s:b,s:n,s:n}", "boot", run->machine->boot_id, "module",
				!is_loaded, "seen", "number"),
			err);
		if (r < 0) {
			return r;
		}
	}
	return is_loaded ? 0 : zram_module_load(run->machine->root, err);
}

static int note_device(struct change_run *run, const struct zram_device *device, struct error *err)
{
	char uuid[SWAP_UUID_SIZE];
	int r = swap_uuid_make(uuid);

	if (r < 0) {
		return error_set(
			err, r, "zram%d: making a UUID: %s", device->number, error_name(r));
	}
	return change_run_progress(run,
		json_pack("{s:i,s:I,s:s}", "number", device->number, "sequence",
			(json_int_t)device->sequence, "uuid", uuid),
		err);
}

/* Our device, made now or by a run that was killed. */
static int get_device(struct change_run *run, struct zram_device *ret_device, struct error *err)
{
	const struct sysroot *root = run->machine->root;
	int number;

	int r = zram_find_ours(run->machine, run->entry, ret_device);
	if (r < 0) {
		return error_set(err, r, "zram: looking for our device: %s", error_name(r));
	}
	if (r == 0) {
		r = note_seen(run, err);
		if (r < 0) {
			return r;
		}
		r = zram_device_hot_add(root, &number);
		if (r == 0) {
			r = zram_device_read(root, number, ret_device);
		}
		if (r < 0) {
			return error_set(err, r, "zram: adding a device: %s", error_name(r));
		}
	} else if (has_number(run->entry)) {
		return 0;
	}
	return note_device(run, ret_device, err);
}

static size_t get_algorithms(const json_t *wanted, const char **algorithms)
{
	const json_t *array = json_object_get(wanted, "algorithms");
	size_t n = 0;

	for (size_t i = 0; i < json_array_size(array) && n < ALGORITHMS_MAX; i++) {
		const char *name = json_string_value(json_array_get(array, i));
		if (name) {
			algorithms[n++] = name;
		}
	}
	return n;
}

static int configure(struct change_run *run, struct zram_device *device, struct error *err)
{
	const char *algorithms[ALGORITHMS_MAX] = {NULL};
	const struct sysroot *root = run->machine->root;
	size_t n = get_algorithms(run->entry->wanted, algorithms);
	uint64_t size = (uint64_t)json_integer_value(json_object_get(run->entry->wanted, "size"));

	int r = zram_device_configure(root, device->number, algorithms, n, size, err);
	if (r < 0) {
		return r;
	}
	r = zram_device_read(root, device->number, device);
	if (r < 0) {
		return error_set(err, r, "zram%d: %s", device->number, error_name(r));
	}
	if (n > 0 && strcmp(device->algorithm, algorithms[0]) != 0) {
		change_text(run->note, sizeof(run->note), "this kernel has no %s: %s instead",
			algorithms[0], device->algorithm);
	}
	return 0;
}

/* devtmpfs makes the node at once, mdev and udev after a while. */
static int wait_for_node(const char *path)
{
	struct backoff backoff;
	struct stat status;

	backoff_init(&backoff, BUSY_NS);
	while (stat(path, &status) < 0) {
		if (errno != ENOENT || !backoff_wait(&backoff)) {
			return -errno;
		}
	}
	return S_ISBLK(status.st_mode) ? 0 : -ENOTBLK;
}

static int write_header(const char *path, uint64_t size_bytes, const char *uuid)
{
	struct backoff backoff;
	int r;

	backoff_init(&backoff, BUSY_NS);
	do {
		r = swap_header_write(path, size_bytes, uuid, ZRAM_LABEL);
	} while (r == -EBUSY && backoff_wait(&backoff));
	return r;
}

static int enable(const char *path, int priority)
{
	struct backoff backoff;
	int r;

	backoff_init(&backoff, BUSY_NS);
	do {
		r = swap_enable(path, priority);
	} while (r == -EBUSY && backoff_wait(&backoff));
	return r;
}

/* 1 with ret_area when the device is in use as swap. */
static int find_area(
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

static int use_as_swap(struct change_run *run, const struct zram_device *device, struct error *err)
{
	const char *uuid = json_string_value(json_object_get(run->entry->progress, "uuid"));
	int priority = (int)json_integer_value(json_object_get(run->entry->wanted, "priority"));
	char path[ZRAM_PATH_MAX];
	struct swap_area area;

	zram_device_path(device->number, path);
	int r = wait_for_node(path);
	if (r == 0) {
		r = uuid ? write_header(path, device->size_bytes, uuid) : -EBADMSG;
	}
	if (r < 0) {
		return error_set(err, r, "%s: making a swap area: %s", path, error_name(r));
	}
	r = enable(path, priority);
	if (r < 0) {
		return error_set(err, r, "%s: swapon: %s", path, error_name(r));
	}
	r = find_area(run->machine->root, device->number, &area, err);
	if (r == 0 || (r > 0 && area.priority != priority)) {
		return error_set(
			err, -EIO, "%s: it is not in use as swap with priority %d", path, priority);
	}
	return r < 0 ? r : 0;
}

int zram_apply(struct change_run *run, struct error *err)
{
	struct zram_device device;
	struct swap_area area;

	int r = begin(run, err);
	if (r == 0) {
		r = get_device(run, &device, err);
	}
	if (r < 0) {
		return r;
	}
	uint64_t size = (uint64_t)json_integer_value(json_object_get(run->entry->wanted, "size"));
	if (device.size_bytes > 0 && device.size_bytes != size) {
		return error_set(err, -EEXIST,
			"zram%d: a run that was cut short gave it another size: run twinlens tune "
			"rollback first",
			device.number);
	}
	r = find_area(run->machine->root, device.number, &area, err);
	if (r != 0) {
		return r < 0 ? r : 0; /* a killed run got as far as that */
	}
	if (device.size_bytes == 0) {
		r = configure(run, &device, err);
	}
	return r < 0 ? r : use_as_swap(run, &device, err);
}

/* Whether the swap area on the device is still the one that was made; also when it cannot be seen,
 * without privileges. */
static bool has_our_header(const struct journal_entry *entry, int number)
{
	const char *uuid = json_string_value(json_object_get(entry->progress, "uuid"));
	char path[ZRAM_PATH_MAX], found[SWAP_UUID_SIZE];

	zram_device_path(number, path);
	return swap_header_read(path, found) < 0 || (uuid && strcmp(found, uuid) == 0);
}

static enum change_state judge(const struct journal_entry *entry, const struct zram_device *device,
	const struct swap_area *area)
{
	const json_t *wanted = entry->wanted;

	if (!entry->is_done) {
		return CHANGE_STATE_PARTIAL;
	}
	if (device->size_bytes == 0) {
		return CHANGE_STATE_PARTIAL; /* somebody, or a killed rollback, gave it up */
	}
	if (device->size_bytes != (uint64_t)json_integer_value(json_object_get(wanted, "size")) ||
		!has_our_header(entry, device->number)) {
		return CHANGE_STATE_OTHER;
	}
	if (!area) {
		return CHANGE_STATE_PARTIAL;
	}
	return area->priority == (int)json_integer_value(json_object_get(wanted, "priority"))
		       ? CHANGE_STATE_IN_PLACE
		       : CHANGE_STATE_OTHER;
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
		/* A module that was loaded for it is to go, too. */
		bool has_module =
			has_loaded_module(machine, entry) && zram_is_loaded(machine->root);
		*ret_state = has_module ? CHANGE_STATE_PARTIAL : CHANGE_STATE_BEFORE;
		change_text(ret_now, CHANGE_VALUE_MAX, "none");
		return 0;
	}
	r = find_area(machine->root, device.number, &area, err);
	if (r < 0) {
		return r;
	}
	*ret_state = judge(entry, &device, r > 0 ? &area : NULL);
	describe(&device, r > 0 ? &area : NULL, ret_now);
	return 0;
}

static int refuse_swapoff(
	const struct swap_area *area, const struct swap_fit *fit, struct error *err)
{
	char used[32], available[32], compressed[32], margin[32];

	zram_format_size(fit->used, used, sizeof(used));
	zram_format_size(fit->available, available, sizeof(available));
	zram_format_size(fit->compressed, compressed, sizeof(compressed));
	zram_format_size(fit->margin, margin, sizeof(margin));
	return error_set(err, -ENOMEM,
		"%s: swapoff does not fit: %s swapped out, but only %s available and %s to come "
		"back "
		"from it, with %s to stay free: end what takes memory, then roll back again",
		area->path, used, available, compressed, margin);
}

static int give_up(
	const struct sysroot *root, const struct swap_area *area, int number, struct error *err)
{
	struct swap_fit fit;
	uint64_t compressed = 0;
	char path[ZRAM_PATH_MAX];

	int r = zram_device_memory(root, number, &compressed);
	if (r == 0) {
		r = swap_fit_init(&fit, root, area, compressed);
	}
	if (r < 0) {
		return error_set(err, r, "%s: whether swapoff fits cannot be known: %s", area->path,
			error_name(r));
	}
	if (!swap_fit_holds(&fit)) {
		return refuse_swapoff(area, &fit, err);
	}
	uint64_t timeout_ns = SWAPOFF_MIN_NS + fit.used / SWAPOFF_RATE * NSEC_PER_SEC;
	zram_device_path(number, path);
	r = swap_disable(path, timeout_ns, fit.margin);
	if (r == -ENOMEM) {
		return error_set(err, r,
			"%s: swapoff was ended, as memory became short: end what takes memory, "
			"then "
			"roll back again",
			area->path);
	}
	return r < 0 ? error_set(err, r, "%s: swapoff: %s", area->path, error_name(r)) : 0;
}

static int remove_device(const struct sysroot *root, int number, struct error *err)
{
	struct swap_area area;

	int r = find_area(root, number, &area, err);
	if (r > 0) {
		r = give_up(root, &area, number, err);
	}
	if (r < 0) {
		return r;
	}
	r = zram_device_remove(root, number, BUSY_NS);
	if (r < 0) {
		return error_set(err, r, "zram%d: cannot be removed: %s", number,
			r == -EBUSY ? "somebody has it open" : error_name(r));
	}
	return 0;
}

int zram_restore(struct change_run *run, struct error *err)
{
	const struct sysroot *root = run->machine->root;
	struct zram_device device;

	int r = zram_find_ours(run->machine, run->entry, &device);
	if (r > 0) {
		r = remove_device(root, device.number, err);
	} else if (r < 0) {
		r = error_set(err, r, "zram: looking for our device: %s", error_name(r));
	}
	if (r < 0) {
		return r;
	}
	if (!has_loaded_module(run->machine, run->entry)) {
		return 0;
	}
	r = zram_module_unload(root);
	if (r > 0) {
		change_text(run->note, sizeof(run->note), "the module zram stays: it is in use");
	}
	return r < 0 ? error_set(err, r, "zram: unloading the module: %s", error_name(r)) : 0;
}

const struct change_kind zram_change_kind = {
	.name = "zram",
	.plan = zram_plan,
	.apply = zram_apply,
	.compare = zram_compare,
	.restore = zram_restore,
	.reapply = zram_apply,
};
