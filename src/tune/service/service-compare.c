/*
 * Compares a record with the machine. Links and masks count as they are on the disk: systemd may
 * not have read them yet. What somebody else changed of one unit says nothing about the others.
 */
#include "tune/service/service-change.h"

#include <errno.h>
#include <string.h>

#include "systemd/systemd.h"
#include "tune/service/service-link.h"

struct comparison {
	const struct machine *machine;
	unsigned n_before, n_placed, n_other;
	char now[CHANGE_VALUE_MAX];   /* the service itself */
	char other[CHANGE_VALUE_MAX]; /* the first that somebody else changed */
	char again[CHANGE_VALUE_MAX]; /* the first that runs, or is enabled, again */
};

static void note_other(struct comparison *comparison, const char *object, const char *what)
{
	if (comparison->n_other++ == 0) {
		change_text(comparison->other, sizeof(comparison->other), "%s %s", object, what);
	}
}

/* 1 when our mask lies at the path; 0; a negative errno with err. */
static int is_our_mask(const struct comparison *comparison, const struct service_unit *unit,
	const char *path, struct error *err)
{
	char mask[PATH_MAX];
	bool is_masked;

	service_mask_path(unit->id, mask);
	if (!unit->is_masked || strcmp(path, mask) != 0) {
		return 0;
	}
	int r = service_mask_look(comparison->machine->root, unit->id, &is_masked, err);
	return r < 0 ? r : is_masked;
}

static int compare_link(struct comparison *comparison, const struct service_unit *unit,
	const struct service_link *link, struct error *err)
{
	enum service_link_state state;
	int r = service_link_look(comparison->machine->root, link->path, link->target, &state);

	if (r < 0) {
		return error_set(err, r, "%s: %s", link->path, error_name(r));
	}
	if (state == SERVICE_LINK_OTHER) {
		r = is_our_mask(comparison, unit, link->path, err);
		if (r < 0) {
			return r;
		}
		state = r > 0 ? SERVICE_LINK_GONE : state;
	}
	switch (state) {
	case SERVICE_LINK_THERE:
		comparison->n_before++;
		break;
	case SERVICE_LINK_GONE:
		if (service_link_is_lost(comparison->machine->root, link)) {
			note_other(comparison, unit->id, "is not installed any more");
		} else {
			comparison->n_placed++;
		}
		break;
	case SERVICE_LINK_OTHER:
		note_other(comparison, link->path, "leads elsewhere since");
		break;
	}
	return 0;
}

static int compare_mask(struct comparison *comparison, const struct service_unit *wanted,
	const struct unit *unit, struct error *err)
{
	bool is_masked;
	int r = service_mask_look(comparison->machine->root, wanted->id, &is_masked, err);

	if (r < 0) {
		return r;
	}
	if (wanted->is_masked) {
		comparison->n_before += !is_masked;
		comparison->n_placed += is_masked;
	} else if (is_masked || unit_is(unit->load_state, "masked")) {
		note_other(comparison, wanted->id, "was masked since");
	}
	return 0;
}

static void note_again(struct comparison *comparison, const struct unit *unit)
{
	if (!comparison->again[0]) {
		change_text(comparison->again, sizeof(comparison->again), "%s: %s, %s", unit->id,
			unit->file_state, unit->active_state);
	}
}

static void compare_state(
	struct comparison *comparison, const struct service_unit *wanted, const struct unit *unit)
{
	if (!wanted->was_up || unit_is(unit->load_state, "not-found")) {
		return;
	}
	/* One that is still being stopped is neither. */
	comparison->n_before += !unit_is_down(unit);
	comparison->n_placed += !unit_is_up(unit);
	if (!unit_is_down(unit)) {
		note_again(comparison, unit);
	}
}

/* By a link that was not there when it was disabled. */
static void compare_enabled(
	struct comparison *comparison, const struct service_unit *wanted, const struct unit *unit)
{
	if (wanted->n_links > 0 && unit_is(unit->file_state, "enabled")) {
		comparison->n_before++;
		note_again(comparison, unit);
	}
}

static int compare_unit(
	struct comparison *comparison, const struct service_unit *wanted, struct error *err)
{
	struct unit unit;
	int r = systemd_load_unit(comparison->machine->systemd, wanted->id, &unit, err);

	if (r < 0) {
		return r;
	}
	for (size_t i = 0; i < wanted->n_links && r == 0; i++) {
		r = compare_link(comparison, wanted, &wanted->links[i], err);
	}
	r = r ? r : compare_mask(comparison, wanted, &unit, err);
	compare_state(comparison, wanted, &unit);
	compare_enabled(comparison, wanted, &unit);
	if (wanted->role == SERVICE_ROLE_SELF) {
		service_change_describe(&unit, comparison->now);
	}
	unit_done(&unit);
	return r;
}

/* Followers may come and go by themselves: they have no part in it. */
static int compare_record(
	struct comparison *comparison, const struct service_record *record, struct error *err)
{
	int r = 0;

	for (size_t i = 0; i < record->n && r == 0; i++) {
		r = record->units[i].role == SERVICE_ROLE_FOLLOWER
			    ? 0
			    : compare_unit(comparison, &record->units[i], err);
	}
	return r;
}

static enum change_state conclude(
	const struct journal_entry *entry, const struct comparison *comparison)
{
	bool is_open = comparison->n_placed > 0 || service_change_is_restoring(entry);

	if (comparison->n_other > 0) {
		return is_open ? CHANGE_STATE_MIXED : CHANGE_STATE_OTHER;
	}
	if (!is_open) {
		return CHANGE_STATE_BEFORE;
	}
	return comparison->n_before == 0 ? CHANGE_STATE_IN_PLACE : CHANGE_STATE_PARTIAL;
}

int service_change_compare(const struct machine *machine, const struct journal_entry *entry,
	enum change_state *ret_state, char *ret_now, struct error *err)
{
	struct comparison comparison = {.machine = machine};
	struct service_record record;
	int r = service_change_open(machine, entry, &record, err);

	if (r < 0) {
		return r;
	}
	r = compare_record(&comparison, &record, err);
	service_record_done(&record);
	if (r < 0) {
		return r;
	}
	*ret_state = conclude(entry, &comparison);
	bool is_partial = *ret_state == CHANGE_STATE_PARTIAL && comparison.again[0];
	change_text(ret_now, CHANGE_VALUE_MAX, "%s",
		comparison.n_other > 0 ? comparison.other
		: is_partial           ? comparison.again
				       : comparison.now);
	return 0;
}
