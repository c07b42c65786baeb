/*
 * Making swap in a zram device of our own. hot_add makes a device and tells its number only
 * afterwards, so a kill in between would leave one that no journal knows, and that looks like the
 * one that somebody else makes next: the kernel itself writes the number to a file, the claim,
 * whose name the journal has before.
 */
#include "tune/zram/zram-change.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "tune/zram/zram-foreign.h"
#include "tune/zram/zram-module.h"
#include "tune/zram/zram-owner.h"
#include "util/backoff.h"
#include "util/clock.h"

#define ALGORITHMS_MAX 16

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

/* What an earlier boot noted is of no use any more. */
static int note_boot(struct change_run *run, struct error *err)
{
	const char *algorithms[ALGORITHMS_MAX] = {NULL};
	size_t n = get_algorithms(run->entry->wanted, algorithms);
	json_t *modules = zram_module_list(run->machine->root, algorithms, n);

	return change_run_progress(run,
		json_pack("{s:s,s:o,s:n,s:n}", "boot", run->machine->boot_id, "modules", modules,
			"uuid", "number"),
		err);
}

static int begin(struct change_run *run, struct error *err)
{
	const struct sysroot *root = run->machine->root;

	int r = zram_is_of_this_boot(run->machine, run->entry) ? 0 : note_boot(run, err);
	if (r < 0 || zram_is_loaded(root)) {
		return r;
	}
	/* Whoever else is set up for zram takes zram0, and counts on what the module brings. */
	return zram_module_load(root, !zram_owner_find(root), err);
}

/* A new name each time: what an earlier run claimed under another is not taken for this one's. */
static int note_claim(struct change_run *run, char *uuid, struct error *err)
{
	int r = swap_uuid_make(uuid);

	if (r < 0) {
		return error_set(err, r, "zram: making a UUID: %s", error_name(r));
	}
	zram_claim_remove(run->machine->root, run->entry);
	return change_run_progress(run, json_pack("{s:s,s:n}", "uuid", uuid, "number"), err);
}

static int add_device(struct change_run *run, struct zram_device *ret_device, struct error *err)
{
	char uuid[SWAP_UUID_SIZE], claim[ZRAM_CLAIM_MAX];

	int r = note_claim(run, uuid, err);
	if (r < 0) {
		return r;
	}
	zram_claim_path(uuid, claim);
	r = zram_device_hot_add(run->machine->root, claim);
	if (r == 0) {
		r = zram_find_ours(run->machine, run->entry, ret_device);
		r = r == 0 ? -ENOENT : r;
	}
	return r < 0 ? error_set(err, r, "zram: adding a device: %s", error_name(r)) : 0;
}

/* Our device, made now or by a run that was killed. */
static int get_device(struct change_run *run, struct zram_device *ret_device, struct error *err)
{
	int r = zram_find_ours(run->machine, run->entry, ret_device);
	if (r < 0) {
		return error_set(err, r, "zram: looking for our device: %s", error_name(r));
	}
	if (r == 0) {
		r = add_device(run, ret_device, err);
		if (r < 0) {
			return r;
		}
	}
	if (!zram_has_number(run->entry)) {
		r = change_run_progress(run,
			json_pack("{s:i,s:I}", "number", ret_device->number, "sequence",
				(json_int_t)ret_device->sequence),
			err);
		if (r < 0) {
			return r;
		}
	}
	zram_claim_remove(run->machine->root, run->entry);
	return 0;
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

	backoff_init(&backoff, ZRAM_BUSY_NS);
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

	backoff_init(&backoff, ZRAM_BUSY_NS);
	do {
		r = swap_header_write(path, size_bytes, uuid, ZRAM_LABEL);
	} while (r == -EBUSY && backoff_wait(&backoff));
	return r;
}

static int enable(const char *path, int priority)
{
	struct backoff backoff;
	int r;

	backoff_init(&backoff, ZRAM_BUSY_NS);
	do {
		r = swap_enable(path, priority);
	} while (r == -EBUSY && backoff_wait(&backoff));
	return r;
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
	r = zram_find_area(run->machine->root, device->number, &area, err);
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
	r = zram_find_area(run->machine->root, device.number, &area, err);
	if (r != 0) {
		return r < 0 ? r : 0; /* a killed run got as far as that */
	}
	if (device.size_bytes == 0) {
		r = configure(run, &device, err);
	}
	return r < 0 ? r : use_as_swap(run, &device, err);
}

int zram_reapply(struct change_run *run, struct error *err)
{
	struct zram_foreign foreign;

	int r = zram_foreign_find(run->machine, run->entry, &foreign, err);
	if (r < 0) {
		return r;
	}
	if (foreign.n > 0) {
		change_text(run->note, sizeof(run->note),
			"left: somebody else has swap in zram by now, %s", foreign.text);
		return 1;
	}
	return zram_apply(run, err);
}
