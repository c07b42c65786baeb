/*
 * Disables and stops the members of a record, and looks whether they stay down. systemd reads its
 * files again once, when all records are applied: that takes it longer than all the rest.
 */
#include "tune/service/service-change.h"

#include <errno.h>
#include <limits.h>
#include <string.h>
#include <time.h>

#include "systemd/systemd.h"
#include "tune/service/service-link.h"
#include "util/clock.h"

#define SETTLE_SECONDS 3 /* a service that its trigger starts again does so within a second */

/* systemd announced what it would remove, and the journal has that; more would be lost. */
static int check_removed(
	const struct service_record *record, const struct names *removed, struct error *err)
{
	for (size_t i = 0; i < removed->n; i++) {
		bool is_known = false;
		for (size_t j = 0; j < record->n && !is_known; j++) {
			is_known = service_unit_find_link(&record->units[j], removed->items[i]);
		}
		if (!is_known) {
			return error_set(err, -ESTALE,
				"%s: systemd removed %s, which came after the plan was made: "
				"rollback will not bring it back, `systemctl enable` does",
				record->units[0].id, removed->items[i]);
		}
	}
	return 0;
}

/* 1 when a recorded link is there, in /run or else; 0 when none is: an earlier try got that far. */
static int has_links_in(const struct sysroot *root, const struct service_unit *unit,
	bool is_runtime, struct error *err)
{
	for (size_t i = 0; i < unit->n_links; i++) {
		const struct service_link *link = &unit->links[i];
		enum service_link_state state;
		if ((strncmp(link->path, "/run/", 5) == 0) != is_runtime) {
			continue;
		}
		int r = service_link_look(root, link->path, link->target, &state);
		if (r < 0) {
			return error_set(err, r, "%s: %s", link->path, error_name(r));
		}
		if (state == SERVICE_LINK_THERE) {
			return 1;
		}
	}
	return 0;
}

static int disable_units(const struct machine *machine, const struct service_record *record,
	bool is_runtime, struct error *err)
{
	_cleanup_names_ struct names ids = {0}, removed = {0};

	for (size_t i = 0; i < record->n; i++) {
		const struct service_unit *unit = &record->units[i];
		int r = has_links_in(machine->root, unit, is_runtime, err);
		if (r < 0) {
			return r;
		}
		if (r > 0 && names_add(&ids, unit->id) < 0) {
			return error_set(err, -ENOMEM, "%s: %s", unit->id, error_name(-ENOMEM));
		}
	}
	if (ids.n == 0) {
		return 0;
	}
	int r = systemd_disable(machine->systemd, &ids, is_runtime, &removed, err);
	return r < 0 ? r : check_removed(record, &removed, err);
}

static int mask_units(
	struct systemd *systemd, const struct service_record *record, struct error *err)
{
	_cleanup_names_ struct names ids = {0};
	int r = service_record_list_masked(record, &ids);

	if (r < 0) {
		return error_set(err, r, "%s: %s", record->units[0].id, error_name(r));
	}
	return ids.n > 0 ? systemd_mask(systemd, &ids, err) : 0;
}

/* Triggers first, or they would start the service again; itself last, as others end with it. */
static int stop_units(
	struct systemd *systemd, const struct service_record *record, struct error *err)
{
	static const enum service_role order[] = {
		SERVICE_ROLE_TRIGGER, SERVICE_ROLE_DEPENDANT, SERVICE_ROLE_SELF};

	for (size_t i = 0; i < sizeof(order) / sizeof(order[0]); i++) {
		for (size_t j = 0; j < record->n; j++) {
			int r = record->units[j].role == order[i]
					? systemd_stop(systemd, record->units[j].id, err)
					: 0;
			if (r < 0) {
				return r;
			}
		}
	}
	return 0;
}

static int sync_mask(const struct sysroot *root, const struct service_unit *unit, struct error *err)
{
	char path[PATH_MAX];

	service_mask_path(unit->id, path);
	return unit->is_masked ? service_link_sync(root, path, err) : 0;
}

int service_change_sync(
	const struct sysroot *root, const struct service_record *record, struct error *err)
{
	for (size_t i = 0; i < record->n; i++) {
		const struct service_unit *unit = &record->units[i];
		int r = sync_mask(root, unit, err);
		for (size_t j = 0; r == 0 && j < unit->n_links; j++) {
			r = service_link_sync(root, unit->links[j].path, err);
		}
		if (r < 0) {
			return r;
		}
	}
	return 0;
}

static int apply_record(
	const struct machine *machine, const struct service_record *record, struct error *err)
{
	struct systemd *systemd = machine->systemd;
	int r = disable_units(machine, record, false, err);

	r = r ? r : disable_units(machine, record, true, err);
	r = r ? r : mask_units(systemd, record, err);
	r = r ? r : service_change_sync(machine->root, record, err);
	return r ? r : stop_units(systemd, record, err);
}

/* systemd may not have read what was changed: it would have plans differ from those of one run. */
int service_change_recover(const struct machine *machine, struct error *err)
{
	/* Without systemd the plan tells what is lacking. */
	return systemd_connect(machine->systemd, NULL) < 0 ? 0
							   : systemd_reload(machine->systemd, err);
}

int service_change_apply(struct change_run *run, struct error *err)
{
	struct systemd *systemd = run->machine->systemd;
	struct service_record record;
	int r = service_change_open(run->machine, run->entry, &record, err);

	if (r < 0) {
		return r;
	}
	uint64_t waited_ns = systemd_waited_ns(systemd);
	r = apply_record(run->machine, &record, err);
	run->waited_ns = systemd_waited_ns(systemd) - waited_ns;
	service_record_done(&record);
	return r;
}

int service_change_for_each(struct change_batch *batch,
	int (*act)(struct change_batch *batch, const struct journal_entry *entry,
		const struct service_record *record, void *data, struct error *err),
	void *data, struct error *err)
{
	int r = 0;

	for (size_t i = 0; r == 0 && i < batch->n; i++) {
		struct service_record record;
		r = service_record_parse(batch->entries[i]->wanted, &record, err);
		if (r == 0) {
			r = act(batch, batch->entries[i], &record, data, err);
			service_record_done(&record);
		}
	}
	return r;
}

static int add_units(struct change_batch *batch, const struct journal_entry *entry,
	const struct service_record *record, void *data, struct error *err)
{
	struct names *ids = data;

	(void)batch;
	for (size_t i = 0; i < record->n; i++) {
		int r = record->units[i].role == SERVICE_ROLE_FOLLOWER
				? 0
				: names_add_once(ids, record->units[i].id);
		if (r < 0) {
			return error_set(err, r, "%s: %s", entry->object, error_name(r));
		}
	}
	return 0;
}

/*
 * Until systemd reads its files again it knows the old aliases and no mask, so that a call on D-Bus
 * may have started a service again.
 */
static int stop_again(struct change_batch *batch, const struct journal_entry *entry,
	const struct service_record *record, void *data, struct error *err)
{
	const struct names *running = data;

	(void)entry;
	for (size_t i = 0; i < record->n; i++) {
		if (names_contain(running, record->units[i].id)) {
			return stop_units(batch->machine->systemd, record, err);
		}
	}
	return 0;
}

static int settle(struct change_batch *batch, struct error *err)
{
	_cleanup_names_ struct names ids = {0}, running = {0}, again = {0};
	const struct timespec pause = {.tv_sec = SETTLE_SECONDS};
	struct systemd *systemd = batch->machine->systemd;

	int r = systemd_reload(systemd, err);
	r = r ? r : service_change_for_each(batch, add_units, &ids, err);
	r = r ? r : systemd_list_running(systemd, &ids, &running, err);
	r = r ? r : service_change_for_each(batch, stop_again, &running, err);
	if (r < 0) {
		return r;
	}
	clock_nanosleep(CLOCK_MONOTONIC, 0, &pause, NULL);
	r = systemd_list_running(systemd, &ids, &again, err);
	if (r == 0 && again.n > 0) {
		r = error_set(err, -EBUSY,
			"%s: runs %d s after it was stopped; `systemctl status %s` tells what "
			"started it: name that with --service, too",
			again.items[0], SETTLE_SECONDS, again.items[0]);
	}
	return r;
}

int service_change_settle(struct change_batch *batch, struct error *err)
{
	struct systemd *systemd = batch->machine->systemd;
	int r = systemd_connect(systemd, err);

	if (r < 0) {
		return r;
	}
	uint64_t waited_ns = systemd_waited_ns(systemd);
	r = settle(batch, err);
	batch->waited_ns = systemd_waited_ns(systemd) - waited_ns + SETTLE_SECONDS * NSEC_PER_SEC;
	change_text(batch->note, sizeof(batch->note), "none came back within %d s", SETTLE_SECONDS);
	return r;
}
