/* Compares a record with the machine, and puts links and states back. */
#include "system/service-change.h"

#include <errno.h>
#include <string.h>

#include "system/service-link.h"
#include "system/service-record.h"
#include "system/systemd.h"

/* Of the progress: files may be back that systemd has not read. */
#define RESTORING "restoring"

static void describe_unit(const struct unit *unit, char *text)
{
	const char *state = unit->file_state[0] ? unit->file_state : unit->load_state;

	change_text(text, CHANGE_VALUE_MAX, "%s, %s", state, unit->active_state);
}

/* What speaks for each state; somebody else's doing is told at once. */
struct comparison {
	unsigned n_before, n_placed;
	bool is_other;
	char *now; /* CHANGE_VALUE_MAX */
};

static int compare_links(const struct machine *machine, const struct service_unit *unit,
	struct comparison *comparison, struct error *err)
{
	enum service_link_state state;

	for (size_t i = 0; i < unit->n_links; i++) {
		const struct service_link *link = &unit->links[i];
		int r = service_link_look(machine->root, link->path, link->target, &state);
		if (r < 0) {
			return error_set(err, r, "%s: %s", link->path, error_name(r));
		}
		comparison->n_before += state == SERVICE_LINK_THERE;
		comparison->n_placed += state == SERVICE_LINK_GONE;
		if (state == SERVICE_LINK_OTHER && !comparison->is_other) {
			comparison->is_other = true;
			change_text(comparison->now, CHANGE_VALUE_MAX, "%s leads elsewhere since",
				link->path);
		}
	}
	return 0;
}

static void compare_unit(
	const struct service_unit *wanted, const struct unit *unit, struct comparison *comparison)
{
	bool is_masked = unit_is(unit->load_state, "masked");

	if (wanted->is_masked) {
		comparison->n_before += !is_masked;
		comparison->n_placed += is_masked;
	} else if (is_masked && !comparison->is_other) {
		comparison->is_other = true;
		change_text(comparison->now, CHANGE_VALUE_MAX, "%s was masked since", unit->id);
	}
	if (wanted->was_up) {
		comparison->n_before += unit_is_up(unit);
		comparison->n_placed += !unit_is_up(unit);
	}
	if (wanted->role != SERVICE_ROLE_SELF || comparison->is_other) {
		return;
	}
	/* A unit whose very file was a link is not found once that is removed. */
	if (unit_is(unit->load_state, "not-found") && wanted->n_links == 0) {
		comparison->is_other = true;
		change_text(comparison->now, CHANGE_VALUE_MAX, "not installed any more");
		return;
	}
	describe_unit(unit, comparison->now);
}

static int compare_record(const struct machine *machine, struct systemd *systemd,
	const struct service_record *record, struct comparison *comparison, struct error *err)
{
	for (size_t i = 0; i < record->n; i++) {
		struct unit unit;
		int r = compare_links(machine, &record->units[i], comparison, err);
		if (r == 0) {
			r = systemd_load_unit(systemd, record->units[i].id, &unit, err);
		}
		if (r < 0) {
			return r;
		}
		compare_unit(&record->units[i], &unit, comparison);
		unit_done(&unit);
	}
	return 0;
}

static bool is_begun(const struct journal_entry *entry)
{
	return json_is_true(json_object_get(entry->progress, RESTORING));
}

static enum change_state conclude(
	const struct journal_entry *entry, const struct comparison *comparison)
{
	if (comparison->is_other) {
		return CHANGE_STATE_OTHER;
	}
	if (comparison->n_placed == 0) {
		return is_begun(entry) ? CHANGE_STATE_PARTIAL : CHANGE_STATE_BEFORE;
	}
	return comparison->n_before == 0 ? CHANGE_STATE_IN_PLACE : CHANGE_STATE_PARTIAL;
}

int service_change_compare(const struct machine *machine, const struct journal_entry *entry,
	enum change_state *ret_state, char *ret_now, struct error *err)
{
	struct comparison comparison = {.now = ret_now};
	struct service_record record;
	int r = systemd_connect(machine->systemd, err);

	r = r ? r : service_record_parse(entry->wanted, &record, err);
	if (r < 0) {
		return r;
	}
	r = compare_record(machine, machine->systemd, &record, &comparison, err);
	service_record_done(&record);
	if (r < 0) {
		return r;
	}
	*ret_state = conclude(entry, &comparison);
	return 0;
}

static int restore_links(
	const struct sysroot *root, const struct service_record *record, struct error *err)
{
	for (size_t i = 0; i < record->n; i++) {
		const struct service_unit *unit = &record->units[i];
		for (size_t j = 0; j < unit->n_links; j++) {
			int r = service_link_restore(
				root, unit->links[j].path, unit->links[j].target, err);
			if (r < 0) {
				return r;
			}
		}
	}
	return 0;
}

static int restore_files(struct change_batch *batch, const struct journal_entry *entry,
	const struct service_record *record, void *data, struct error *err)
{
	_cleanup_names_ struct names masked = {0};

	(void)data;
	int r = is_begun(entry) ? 0
				: change_batch_progress(
					  batch, entry, json_pack("{s:b}", RESTORING, 1), err);
	if (r == 0 && service_record_list_masked(record, &masked) < 0) {
		r = error_set(err, -ENOMEM, "%s: %s", entry->object, error_name(-ENOMEM));
	}
	if (r == 0 && masked.n > 0) {
		r = systemd_unmask(batch->machine->systemd, &masked, err);
	}
	r = r ? r : restore_links(batch->machine->root, record, err);
	return r ? r : service_change_sync(batch->machine->root, record, err);
}

/* systemd reads its files again once, before the first of the units is started. */
int service_change_restore_first(struct change_batch *batch, struct error *err)
{
	int r = systemd_connect(batch->machine->systemd, err);

	r = r ? r : service_change_for_each(batch, restore_files, NULL, err);
	return r ? r : systemd_reload(batch->machine->systemd, err);
}

static int is_up(struct systemd *systemd, const char *id, bool *ret_is_up, struct error *err)
{
	struct unit unit;
	int r = systemd_load_unit(systemd, id, &unit, err);

	if (r < 0) {
		return r;
	}
	*ret_is_up = unit_is_up(&unit);
	unit_done(&unit);
	return 0;
}

/* A socket cannot be opened while its service runs without it. */
static int make_way(struct systemd *systemd, const struct service_record *record,
	const struct service_unit *unit, struct error *err)
{
	bool is_service_up = false;
	const char *service = record->units[0].id;

	if (unit->role != SERVICE_ROLE_TRIGGER || strcmp(unit_name_kind(unit->id), "socket") != 0) {
		return 0;
	}
	int r = is_up(systemd, service, &is_service_up, err);
	return r == 0 && is_service_up ? systemd_stop(systemd, service, err) : r;
}

static int start_unit(struct systemd *systemd, const struct service_record *record,
	const struct service_unit *unit, struct error *err)
{
	bool is_unit_up = false;
	int r = is_up(systemd, unit->id, &is_unit_up, err);

	if (r < 0 || is_unit_up) {
		return r;
	}
	r = make_way(systemd, record, unit, err);
	return r < 0 ? r : systemd_start(systemd, unit->id, err);
}

static int start_units(
	struct systemd *systemd, const struct service_record *record, struct error *err)
{
	static const enum service_role order[] = {
		SERVICE_ROLE_TRIGGER, SERVICE_ROLE_SELF, SERVICE_ROLE_DEPENDANT};

	for (size_t i = 0; i < sizeof(order) / sizeof(order[0]); i++) {
		for (size_t j = 0; j < record->n; j++) {
			const struct service_unit *unit = &record->units[j];
			int r = unit->was_up && unit->role == order[i]
					? start_unit(systemd, record, unit, err)
					: 0;
			if (r < 0) {
				return r;
			}
		}
	}
	return 0;
}

int service_change_restore(struct change_run *run, struct error *err)
{
	struct systemd *systemd = run->machine->systemd;
	struct service_record record;
	int r = systemd_connect(systemd, err);

	r = r ? r : service_record_parse(run->entry->wanted, &record, err);
	if (r < 0) {
		return r;
	}
	uint64_t waited_ns = systemd_waited_ns(systemd);
	r = start_units(systemd, &record, err);
	run->waited_ns = systemd_waited_ns(systemd) - waited_ns;
	service_record_done(&record);
	return r;
}
