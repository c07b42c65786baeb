#include "boot/boot.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "util/cleanup.h"

/* systemd's "never" is 0, or UINT64_MAX, which comes as -1. */
static int take_time(const json_t *properties, const char *key, uint64_t *ret_us)
{
	const json_t *value = json_object_get(properties, key);

	if (!json_is_integer(value)) {
		return -EBADMSG;
	}
	json_int_t number = json_integer_value(value);
	*ret_us = number > 0 ? (uint64_t)number : 0;
	return 0;
}

struct timestamps {
	uint64_t firmware_us, loader_us, initrd_us, userspace_us, finish_us;
};

static int read_timestamps(const json_t *manager, struct timestamps *timestamps, struct error *err)
{
	const struct {
		const char *key;
		uint64_t *us;
	} wanted[] = {
		{"FirmwareTimestampMonotonic", &timestamps->firmware_us},
		{"LoaderTimestampMonotonic", &timestamps->loader_us},
		{"InitRDTimestampMonotonic", &timestamps->initrd_us},
		{"UserspaceTimestampMonotonic", &timestamps->userspace_us},
		{"FinishTimestampMonotonic", &timestamps->finish_us},
	};

	for (size_t i = 0; i < sizeof(wanted) / sizeof(wanted[0]); i++) {
		int r = take_time(manager, wanted[i].key, wanted[i].us);
		if (r < 0) {
			return error_set(
				err, r, "systemd: %s: missing or no number", wanted[i].key);
		}
	}
	return 0;
}

static uint64_t between(uint64_t from_us, uint64_t to_us)
{
	return to_us > from_us ? to_us - from_us : 0;
}

/*
 * Firmware and loader are counted backwards from the kernel's start, which is the clock's zero; so
 * firmware - loader is the firmware's time, and the loader's own is the rest.
 */
static void find_phases(
	const struct timestamps *timestamps, bool is_container, struct boot_phases *phases)
{
	phases->userspace_us = between(timestamps->userspace_us, timestamps->finish_us);
	phases->total_us = phases->userspace_us;
	if (is_container) {
		return;
	}
	phases->firmware_us = between(timestamps->loader_us, timestamps->firmware_us);
	phases->loader_us = timestamps->loader_us;
	if (timestamps->initrd_us > 0) {
		phases->kernel_us = timestamps->initrd_us;
		phases->initrd_us = between(timestamps->initrd_us, timestamps->userspace_us);
	} else {
		phases->kernel_us = timestamps->userspace_us;
	}
	uint64_t before_us =
		timestamps->firmware_us > 0 ? timestamps->firmware_us : timestamps->loader_us;
	phases->total_us = before_us + timestamps->finish_us;
}

static int take_after(const json_t *properties, struct names *after)
{
	size_t i;
	json_t *item;

	json_array_foreach(json_object_get(properties, "After"), i, item) {
		const char *name = json_string_value(item);
		int r = name ? names_add(after, name) : -EBADMSG;
		if (r < 0) {
			return r;
		}
	}
	return 0;
}

/* As blame has it: until it was up, or until it had ended when it is one that runs and ends. */
static uint64_t find_duration(uint64_t started_us, uint64_t active_us, uint64_t ended_us)
{
	if (active_us >= started_us) {
		return active_us - started_us;
	}
	return between(started_us, ended_us);
}

static int read_times(const json_t *properties, struct boot_unit *unit)
{
	uint64_t ended_us = 0;
	int r = take_time(properties, "InactiveExitTimestampMonotonic", &unit->started_us);

	r = r ? r : take_time(properties, "ActiveEnterTimestampMonotonic", &unit->active_us);
	r = r ? r : take_time(properties, "InactiveEnterTimestampMonotonic", &ended_us);
	r = r ? r : take_after(properties, &unit->after);
	if (r < 0) {
		return r;
	}
	unit->duration_us = find_duration(unit->started_us, unit->active_us, ended_us);
	return 0;
}

static void boot_unit_done(struct boot_unit *unit)
{
	unit_done(&unit->unit);
	names_done(&unit->after);
}

void boot_done(struct boot *boot)
{
	for (size_t i = 0; i < boot->n; i++) {
		boot_unit_done(&boot->units[i]);
	}
	free(boot->units);
	free(boot->chain);
	*boot = (struct boot){0};
}

/* Its times since systemd began to count: a container's are those of its host. */
static void shift(struct boot_unit *unit, uint64_t offset_us)
{
	unit->started_us = between(offset_us, unit->started_us);
	unit->active_us = between(offset_us, unit->active_us);
}

static int add_unit(
	struct boot *boot, const json_t *properties, uint64_t offset_us, struct error *err)
{
	struct boot_unit unit = {0};
	int r = unit_from_json(properties, &unit.unit, err);

	if (r < 0) {
		return r;
	}
	r = read_times(properties, &unit);
	if (r < 0) {
		error_set(err, r, "systemd: the times of %s: %s", unit.unit.id, error_name(r));
		boot_unit_done(&unit);
		return r;
	}
	/* Started anew since: what it took at boot is not known any more. */
	if (unit.started_us == 0 || unit.started_us > boot->finish_us + offset_us) {
		boot_unit_done(&unit);
		return 0;
	}
	shift(&unit, offset_us);
	boot->units[boot->n++] = unit;
	return 0;
}

static int compare_durations(const void *a, const void *b)
{
	const struct boot_unit *x = a, *y = b;

	if (x->duration_us != y->duration_us) {
		return x->duration_us < y->duration_us ? 1 : -1;
	}
	return strcmp(x->unit.id, y->unit.id);
}

static int add_units(struct boot *boot, const json_t *units, uint64_t offset_us, struct error *err)
{
	size_t i;
	json_t *properties;

	boot->units = calloc(json_array_size(units) + 1, sizeof(*boot->units));
	if (!boot->units) {
		return error_set(err, -ENOMEM, "boot: no memory");
	}
	json_array_foreach(units, i, properties) {
		int r = add_unit(boot, properties, offset_us, err);
		if (r < 0) {
			return r;
		}
	}
	qsort(boot->units, boot->n, sizeof(*boot->units), compare_durations);
	return 0;
}

/* SIZE_MAX when it is not there. */
static size_t find_unit(const struct boot *boot, const char *name)
{
	for (size_t i = 0; i < boot->n; i++) {
		if (names_contain(&boot->units[i].unit.names, name)) {
			return i;
		}
	}
	return SIZE_MAX;
}

static bool is_in_chain(const struct boot *boot, size_t index)
{
	for (size_t i = 0; i < boot->n_chain; i++) {
		if (boot->chain[i] == index) {
			return true;
		}
	}
	return false;
}

/* Of those that it had to wait for, the one that was up last. */
static size_t find_last_before(const struct boot *boot, const struct boot_unit *unit)
{
	size_t last = SIZE_MAX;

	for (size_t i = 0; i < unit->after.n; i++) {
		size_t index = find_unit(boot, unit->after.items[i]);
		if (index == SIZE_MAX || is_in_chain(boot, index)) {
			continue;
		}
		uint64_t active_us = boot->units[index].active_us;
		if (active_us == 0 || active_us > boot->finish_us) {
			continue;
		}
		if (last == SIZE_MAX || active_us > boot->units[last].active_us) {
			last = index;
		}
	}
	return last;
}

static int find_chain(struct boot *boot, const char *target, struct error *err)
{
	boot->chain = calloc(boot->n + 1, sizeof(*boot->chain));
	if (!boot->chain) {
		return error_set(err, -ENOMEM, "boot: no memory");
	}
	for (size_t index = find_unit(boot, target); index != SIZE_MAX;
		index = find_last_before(boot, &boot->units[index])) {
		boot->chain[boot->n_chain++] = index;
	}
	return 0;
}

int boot_init(struct boot *boot, const json_t *manager, const json_t *units, const char *target,
	bool is_container, struct error *err)
{
	struct timestamps timestamps;
	int r = read_timestamps(manager, &timestamps, err);

	*boot = (struct boot){0};
	if (r < 0) {
		return r;
	}
	if (timestamps.finish_us == 0) {
		return error_set(err, -EAGAIN,
			"boot: the start-up has not ended yet; `systemctl list-jobs` shows what "
			"it waits for");
	}
	uint64_t offset_us = is_container ? timestamps.userspace_us : 0;
	boot->finish_us = between(offset_us, timestamps.finish_us);
	boot->userspace_at_us = between(offset_us, timestamps.userspace_us);
	find_phases(&timestamps, is_container, &boot->phases);
	r = add_units(boot, units, offset_us, err);
	if (r == 0) {
		r = find_chain(boot, target, err);
	}
	if (r < 0) {
		boot_done(boot);
	}
	return r;
}
