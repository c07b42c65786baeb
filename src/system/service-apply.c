/* Disables and stops the members of a record, and looks whether they stay down. */
#include "system/service-change.h"

#include <errno.h>
#include <string.h>
#include <time.h>

#include "system/service-record.h"
#include "system/systemd.h"

#define SETTLE_SECONDS 3 /* a service that its trigger starts again does so within a second */

/* The plan may be older than a change by an administrator. */
static int check_links(struct systemd *systemd, const struct service_unit *unit, struct error *err)
{
	_cleanup_names_ struct names links = {0};
	int r = systemd_list_links(systemd, unit->id, &links, err);

	for (size_t i = 0; r == 0 && i < links.n; i++) {
		if (!service_unit_find_link(unit, links.items[i])) {
			r = error_set(err, -ESTALE,
				"%s: %s came after the plan was made; apply again", unit->id,
				links.items[i]);
		}
	}
	return r;
}

/* systemd announced what it would remove, and the journal has that; more would be lost. */
static int check_removed(
	const struct service_unit *unit, const struct names *removed, struct error *err)
{
	for (size_t i = 0; i < removed->n; i++) {
		if (!service_unit_find_link(unit, removed->items[i])) {
			return error_set(err, -ESTALE,
				"%s: systemd removed %s, which came after the plan was made: "
				"rollback will not bring it back, `systemctl enable` does",
				unit->id, removed->items[i]);
		}
	}
	return 0;
}

static bool has_file(const struct unit *unit)
{
	return unit_is(unit->load_state, "loaded") && unit->file_state[0] &&
	       !unit_is(unit->file_state, "generated");
}

static int disable_unit(
	struct systemd *systemd, const struct service_unit *wanted, struct error *err)
{
	_cleanup_names_ struct names removed = {0};
	struct unit unit;
	int r = systemd_load_unit(systemd, wanted->id, &unit, err);
	if (r < 0) {
		return r;
	}
	bool is_masked = unit_is(unit.load_state, "masked");
	bool is_to_disable = has_file(&unit) && wanted->n_links > 0;
	unit_done(&unit);
	if (is_masked) {
		return 0; /* an earlier try got that far; disabling came before */
	}
	if (is_to_disable) {
		r = check_links(systemd, wanted, err);
		r = r ? r : systemd_disable(systemd, wanted->id, &removed, err);
		r = r ? r : check_removed(wanted, &removed, err);
	}
	if (r == 0 && wanted->is_masked) {
		r = systemd_mask(systemd, wanted->id, err);
	}
	return r;
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

static int apply_record(
	struct systemd *systemd, const struct service_record *record, struct error *err)
{
	for (size_t i = 0; i < record->n; i++) {
		int r = disable_unit(systemd, &record->units[i], err);
		if (r < 0) {
			return r;
		}
	}
	int r = stop_units(systemd, record, err);
	return r == 0 && record->is_last ? systemd_reload(systemd, err) : r;
}

int service_change_apply(struct change_run *run, struct error *err)
{
	_cleanup_systemd_ struct systemd *systemd = NULL;
	struct service_record record;
	int r = service_record_parse(run->entry->wanted, &record, err);

	if (r < 0) {
		return r;
	}
	r = systemd_open(&systemd, err);
	if (r == 0) {
		r = apply_record(systemd, &record, err);
	}
	service_record_done(&record);
	return r;
}

/*
 * Until systemd reads its files again it knows the old aliases and no mask, so that a call on D-Bus
 * may have started a service again. Reading takes a good part of a second and is done once, with
 * the last service of the plan.
 */
static int make_final(
	struct systemd *systemd, const struct service_record *record, struct error *err)
{
	for (size_t i = 0; i < record->n; i++) {
		struct unit unit;
		int r = systemd_load_unit(systemd, record->units[i].id, &unit, err);
		if (r < 0) {
			return r;
		}
		bool is_up = unit_is_up(&unit);
		unit_done(&unit);
		if (is_up) {
			return stop_units(systemd, record, err);
		}
	}
	return 0;
}

static int check_unit(struct systemd *systemd, const char *id, struct error *err)
{
	struct unit unit;
	int r = systemd_load_unit(systemd, id, &unit, err);

	if (r < 0) {
		return r;
	}
	if (unit_is_up(&unit)) {
		r = error_set(err, -EBUSY,
			"%s: is %s again %d s after it was stopped; `systemctl status %s` tells "
			"what started it: name that with --service, too",
			id, unit.active_state, SETTLE_SECONDS, id);
	}
	unit_done(&unit);
	return r;
}

static int check_record(
	struct systemd *systemd, const struct service_record *record, struct error *err)
{
	int r = 0;

	for (size_t i = 0; r == 0 && i < record->n; i++) {
		r = check_unit(systemd, record->units[i].id, err);
	}
	return r;
}

static int for_each(struct systemd *systemd, const struct journal_entry *const *entries, size_t n,
	int (*act)(struct systemd *, const struct service_record *, struct error *),
	struct error *err)
{
	int r = 0;

	for (size_t i = 0; r == 0 && i < n; i++) {
		struct service_record record;
		r = service_record_parse(entries[i]->wanted, &record, err);
		if (r == 0) {
			r = act(systemd, &record, err);
			service_record_done(&record);
		}
	}
	return r;
}

int service_change_check(const struct machine *machine, const struct journal_entry *const *entries,
	size_t n, struct error *err)
{
	(void)machine;
	_cleanup_systemd_ struct systemd *systemd = NULL;
	const struct timespec settle = {.tv_sec = SETTLE_SECONDS};
	int r = systemd_open(&systemd, err);

	if (r == 0) {
		r = for_each(systemd, entries, n, make_final, err);
	}
	if (r < 0) {
		return r;
	}
	clock_nanosleep(CLOCK_MONOTONIC, 0, &settle, NULL);
	return for_each(systemd, entries, n, check_record, err);
}
