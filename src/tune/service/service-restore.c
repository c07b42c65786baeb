/*
 * Puts links, masks and states of a record back. What somebody else changed of it is left alone,
 * and what cannot be started any more is told: neither keeps the rest from being restored.
 */
#include "tune/service/service-change.h"

#include <errno.h>
#include <string.h>
#include <time.h>

#include "systemd/systemd.h"
#include "tune/service/service-link.h"
#include "util/clock.h"

#define RESTORING "restoring" /* of the progress: files may be back that systemd has not read */

#define LOOK_AGAIN_NS (200 * NSEC_PER_MSEC) /* what dies at once is dead by then */

/* One entry that is restored. */
struct restoring {
	struct systemd *systemd;
	const struct sysroot *root;
	const struct service_record *record;
	char *note; /* CHANGE_TEXT_MAX bytes; the first thing that is not as before */
	bool is_flawed;
	struct names started;
};

bool service_change_is_restoring(const struct journal_entry *entry)
{
	return json_is_true(json_object_get(entry->progress, RESTORING));
}

static void tell(struct restoring *restoring, const char *object, const char *what)
{
	if (!restoring->note[0]) {
		change_text(restoring->note, CHANGE_TEXT_MAX, "%s %s", object, what);
	}
}

/* 1 when it was made. */
static int restore_link(
	struct restoring *restoring, const struct service_link *link, struct error *err)
{
	enum service_link_state state;
	int r = service_link_look(restoring->root, link->path, link->target, &state);

	if (r < 0) {
		return error_set(err, r, "%s: %s", link->path, error_name(r));
	}
	if (state == SERVICE_LINK_THERE) {
		return 0;
	}
	if (state == SERVICE_LINK_OTHER) {
		tell(restoring, link->path, "leads elsewhere since, and is left so");
		return 0;
	}
	if (service_link_is_lost(restoring->root, link)) {
		tell(restoring, link->target, "is not there any more: it is not enabled again");
		return 0;
	}
	r = service_link_restore(restoring->root, link->path, link->target, err);
	return r < 0 ? r : 1;
}

/* How many links were made. */
static int restore_links(struct restoring *restoring, struct error *err)
{
	const struct service_record *record = restoring->record;
	int n = 0;

	for (size_t i = 0; i < record->n; i++) {
		for (size_t j = 0; j < record->units[i].n_links; j++) {
			int r = restore_link(restoring, &record->units[i].links[j], err);
			if (r < 0) {
				return r;
			}
			n += r;
		}
	}
	return n;
}

/* Those of our masks that are there. */
static int list_masks(
	const struct sysroot *root, const struct service_record *record, struct names *ids)
{
	int r = 0;

	for (size_t i = 0; i < record->n && r == 0; i++) {
		const struct service_unit *unit = &record->units[i];
		bool is_there = false;
		r = unit->is_masked ? service_mask_look(root, unit->id, &is_there, NULL) : 0;
		r = r == 0 && is_there ? names_add(ids, unit->id) : r;
	}
	return r;
}

/* How many links and masks were changed: then systemd is to read them. */
static int restore_files(struct restoring *restoring, struct error *err)
{
	_cleanup_names_ struct names masks = {0};
	const struct service_record *record = restoring->record;

	int r = list_masks(restoring->root, record, &masks);
	if (r < 0) {
		return error_set(err, r, "%s: %s", record->units[0].id, error_name(r));
	}
	if (masks.n > 0) {
		r = systemd_unmask(restoring->systemd, &masks, err);
	}
	int n_links = r < 0 ? r : restore_links(restoring, err);
	if (n_links < 0) {
		return n_links;
	}
	r = service_change_sync(restoring->root, record, err);
	return r < 0 ? r : n_links + (int)masks.n;
}

static int begin(struct change_batch *batch, const struct journal_entry *entry,
	const struct service_record *record, void *data, struct error *err)
{
	char note[CHANGE_TEXT_MAX] = "";
	struct restoring restoring = {
		batch->machine->systemd, batch->machine->root, record, note, false, {0}};
	struct error later;

	(void)data;
	int r = service_change_is_restoring(entry) ? 0
						   : change_batch_progress(batch, entry,
							     json_pack("{s:b}", RESTORING, 1), err);
	if (r == 0 && restore_files(&restoring, &later) < 0) {
		return 0; /* it is tried again, and told, when this one's turn comes */
	}
	return r;
}

/* systemd reads its files again once, before the first of the units is started. */
int service_change_restore_first(struct change_batch *batch, struct error *err)
{
	int r = systemd_connect(batch->machine->systemd, err);

	r = r ? r : service_change_for_each(batch, begin, NULL, err);
	return r ? r : systemd_reload(batch->machine->systemd, err);
}

static const struct service_unit *find_unit(const struct service_record *record, const char *id)
{
	for (size_t i = 0; i < record->n; i++) {
		if (strcmp(record->units[i].id, id) == 0) {
			return &record->units[i];
		}
	}
	return NULL;
}

/* A socket cannot be opened while its service runs without it: that is started in its turn. */
static int make_way(struct restoring *restoring, const struct unit *unit, struct error *err)
{
	_cleanup_names_ struct names running = {0};

	if (strcmp(unit_name_kind(unit->id), "socket") != 0 || unit->triggers.n == 0) {
		return 0;
	}
	int r = systemd_list_running(restoring->systemd, &unit->triggers, &running, err);
	for (size_t i = 0; r == 0 && i < running.n; i++) {
		const struct service_unit *service = find_unit(restoring->record, running.items[i]);
		r = service && service->was_up
			    ? systemd_stop(restoring->systemd, running.items[i], err)
			    : error_set(err, -EBUSY, "%s cannot be opened while %s runs", unit->id,
				      running.items[i]);
	}
	return r;
}

static int start_loaded(struct restoring *restoring, const struct unit *unit, struct error *err)
{
	if (unit_is_up(unit)) {
		return 0;
	}
	if (unit_is(unit->load_state, "masked") || unit_is(unit->load_state, "not-found")) {
		bool is_masked = unit_is(unit->load_state, "masked");
		tell(restoring, unit->id,
			is_masked ? "was masked since, and is left so"
				  : "is not installed any more");
		return 0;
	}
	int r = make_way(restoring, unit, err);
	r = r ? r : systemd_start(restoring->systemd, unit->id, err);
	if (r == 0 && names_add(&restoring->started, unit->id) < 0) {
		r = error_set(err, -ENOMEM, "%s: %s", unit->id, error_name(-ENOMEM));
	}
	return r;
}

/* 0, also when it cannot be started; a negative errno when nothing can be. */
static int start_unit(
	struct restoring *restoring, const struct service_unit *wanted, struct error *err)
{
	struct unit unit;
	int r = systemd_load_unit(restoring->systemd, wanted->id, &unit, err);

	if (r < 0) {
		return r;
	}
	r = start_loaded(restoring, &unit, err);
	unit_done(&unit);
	if (r == 0 || r == -ECONNRESET || r == -ENOMEM) {
		return r;
	}
	restoring->is_flawed = true;
	tell(restoring, "enabled as before, but:", err->text);
	return 0;
}

static int start_units(struct restoring *restoring, struct error *err)
{
	static const enum service_role order[] = {SERVICE_ROLE_TRIGGER, SERVICE_ROLE_SELF,
		SERVICE_ROLE_DEPENDANT, SERVICE_ROLE_FOLLOWER};
	const struct service_record *record = restoring->record;
	int r = 0;

	for (size_t i = 0; i < sizeof(order) / sizeof(order[0]); i++) {
		for (size_t j = 0; j < record->n && r == 0; j++) {
			const struct service_unit *unit = &record->units[j];
			r = unit->was_up && unit->role == order[i]
				    ? start_unit(restoring, unit, err)
				    : 0;
		}
	}
	return r;
}

/* The job to start a simple service has ended well before the service has done anything. */
static int look_again(struct restoring *restoring, struct error *err)
{
	_cleanup_names_ struct names running = {0};
	const struct timespec pause = {.tv_nsec = LOOK_AGAIN_NS};
	const struct names *started = &restoring->started;

	if (started->n == 0) {
		return 0;
	}
	clock_nanosleep(CLOCK_MONOTONIC, 0, &pause, NULL);
	int r = systemd_list_running(restoring->systemd, started, &running, err);
	for (size_t i = 0; i < started->n && r == 0; i++) {
		if (!names_contain(&running, started->items[i])) {
			restoring->is_flawed = true;
			tell(restoring, started->items[i], "was started, and has ended since");
		}
	}
	return r;
}

static int restore(struct restoring *restoring, struct error *err)
{
	int r = restore_files(restoring, err);

	if (r > 0) {
		r = systemd_reload(restoring->systemd, err);
	}
	r = r < 0 ? r : start_units(restoring, err);
	return r < 0 ? r : look_again(restoring, err);
}

int service_change_restore(struct change_run *run, struct error *err)
{
	struct systemd *systemd = run->machine->systemd;
	struct service_record record;
	int r = service_change_open(run->machine, run->entry, &record, err);

	if (r < 0) {
		return r;
	}
	struct restoring restoring = {systemd, run->machine->root, &record, run->note, false, {0}};
	uint64_t waited_ns = systemd_waited_ns(systemd);
	r = restore(&restoring, err);
	run->waited_ns = systemd_waited_ns(systemd) - waited_ns;
	names_done(&restoring.started);
	service_record_done(&record);
	return r < 0 ? r : restoring.is_flawed;
}
