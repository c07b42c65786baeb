#include "systemd/systemd.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "util/cleanup.h"
#include "util/clock.h"
#include "util/json.h"

#define SERVICE         "org.freedesktop.systemd1"
#define CALL_TIMEOUT_NS (10 * NSEC_PER_SEC)
/* Runs the generators; systemd itself gives them 90 s. */
#define RELOAD_TIMEOUT_NS (100 * NSEC_PER_SEC)

struct systemd {
	struct bus *bus; /* NULL until it is connected */
	bool is_subscribed;
	uint64_t waited_ns;
};

static const struct bus_object manager = {SERVICE, "/org/freedesktop/systemd1", SERVICE ".Manager"};

void cleanup_systemd(struct systemd **systemd)
{
	*systemd = systemd_free(*systemd);
}

struct systemd *systemd_new(void)
{
	return calloc(1, sizeof(struct systemd));
}

struct systemd *systemd_free(struct systemd *systemd)
{
	if (systemd) {
		bus_close(systemd->bus);
		free(systemd);
	}
	return NULL;
}

static int get_properties(struct systemd *systemd, const char *path, const char *interface,
	json_t **ret_properties, struct error *err)
{
	const struct bus_object object = {SERVICE, path, "org.freedesktop.DBus.Properties"};
	_cleanup_json_ json_t *reply = NULL;
	int r = bus_call(
		systemd->bus, &object, "GetAll", CALL_TIMEOUT_NS, &reply, err, "s", interface);

	if (r < 0) {
		return r;
	}
	json_t *properties = json_array_get(reply, 0);
	if (!json_is_object(properties)) {
		return error_set(err, -EBADMSG, "systemd: the properties of %s are none", path);
	}
	*ret_properties = json_incref(properties);
	return 0;
}

int systemd_get_manager(struct systemd *systemd, json_t **ret_properties, struct error *err)
{
	return get_properties(systemd, manager.path, manager.interface, ret_properties, err);
}

int systemd_connect(struct systemd *systemd, struct error *err)
{
	const struct bus_object peer = {SERVICE, manager.path, "org.freedesktop.DBus.Peer"};

	if (systemd->bus && !bus_is_lost(systemd->bus)) {
		return 0;
	}
	systemd->bus = bus_close(systemd->bus);
	systemd->is_subscribed = false;
	int r = bus_open(&systemd->bus, err);
	if (r == 0) {
		r = bus_call(systemd->bus, &peer, "Ping", CALL_TIMEOUT_NS, NULL, err, "");
	}
	if (r < 0) {
		systemd->bus = bus_close(systemd->bus);
	}
	return r;
}

int systemd_list_units(struct systemd *systemd, json_t **ret_units, struct error *err)
{
	_cleanup_json_ json_t *reply = NULL;
	int r = bus_call(systemd->bus, &manager, "ListUnits", CALL_TIMEOUT_NS, &reply, err, "");

	if (r < 0) {
		return r;
	}
	if (!json_is_array(json_array_get(reply, 0))) {
		return error_set(err, -EBADMSG, "systemd: the list of units is none");
	}
	*ret_units = json_incref(json_array_get(reply, 0));
	return 0;
}

int systemd_get_unit_at(
	struct systemd *systemd, const char *path, json_t **ret_properties, struct error *err)
{
	return get_properties(systemd, path, SERVICE ".Unit", ret_properties, err);
}

int systemd_load_unit(
	struct systemd *systemd, const char *id, struct unit *ret_unit, struct error *err)
{
	_cleanup_json_ json_t *reply = NULL, *properties = NULL;
	int r = bus_call(systemd->bus, &manager, "LoadUnit", CALL_TIMEOUT_NS, &reply, err, "s", id);

	if (r < 0) {
		return r;
	}
	const char *path = json_string_value(json_array_get(reply, 0));
	if (!path) {
		return error_set(err, -EBADMSG, "systemd: %s has no object", id);
	}
	r = systemd_get_unit_at(systemd, path, &properties, err);
	return r < 0 ? r : unit_from_json(properties, ret_unit, err);
}

/* Of each: name, description, load state, active state, ... */
int systemd_list_running(
	struct systemd *systemd, const struct names *ids, struct names *running, struct error *err)
{
	_cleanup_json_ json_t *reply = NULL;
	json_t *unit;
	size_t i;
	int r = bus_call_list(
		systemd->bus, &manager, "ListUnitsByNames", ids, CALL_TIMEOUT_NS, &reply, err, "");

	if (r < 0) {
		return r;
	}
	json_array_foreach(json_array_get(reply, 0), i, unit) {
		const char *id = json_string_value(json_array_get(unit, 0));
		const char *state = json_string_value(json_array_get(unit, 3));
		if (!id || !state) {
			return error_set(err, -EBADMSG, "systemd: the states of units are none");
		}
		if (!unit_state_is_down(state) && names_add_once(running, id) < 0) {
			return error_set(err, -ENOMEM, "%s: %s", id, error_name(-ENOMEM));
		}
	}
	return 0;
}

static int list_links(struct systemd *systemd, const char *id, bool is_runtime, struct names *paths,
	struct error *err)
{
	_cleanup_json_ json_t *reply = NULL;
	json_t *path;
	size_t i;
	int r = bus_call(systemd->bus, &manager, "GetUnitFileLinks", CALL_TIMEOUT_NS, &reply, err,
		"sb", id, (int)is_runtime);

	if (r < 0) {
		return r;
	}
	json_array_foreach(json_array_get(reply, 0), i, path) {
		const char *text = json_string_value(path);
		if (!text || text[0] != '/' || names_add_once(paths, text) < 0) {
			return error_set(err, text ? -ENOMEM : -EBADMSG,
				"systemd: the links of %s: not a list of paths", id);
		}
	}
	return 0;
}

int systemd_list_links(
	struct systemd *systemd, const char *id, struct names *paths, struct error *err)
{
	int r = list_links(systemd, id, false, paths, err);

	return r < 0 ? r : list_links(systemd, id, true, paths, err);
}

/* Changes are triples: what was done, to which path, and to where a link leads. */
static int take_removed(const json_t *changes, struct names *removed)
{
	json_t *change;
	size_t i;

	json_array_foreach(changes, i, change) {
		const char *what = json_string_value(json_array_get(change, 0));
		const char *path = json_string_value(json_array_get(change, 1));
		if (what && path && strcmp(what, "unlink") == 0) {
			int r = names_add_once(removed, path);
			if (r < 0) {
				return r;
			}
		}
	}
	return 0;
}

int systemd_disable(struct systemd *systemd, const struct names *ids, bool is_runtime,
	struct names *removed, struct error *err)
{
	_cleanup_json_ json_t *reply = NULL;
	int r = bus_call_list(systemd->bus, &manager, "DisableUnitFiles", ids, CALL_TIMEOUT_NS,
		&reply, err, "b", (int)is_runtime);

	if (r < 0) {
		return r;
	}
	r = take_removed(json_array_get(reply, 0), removed);
	return r < 0 ? error_set(err, r, "disabling %s: %s", ids->items[0], error_name(r)) : 0;
}

int systemd_mask(struct systemd *systemd, const struct names *ids, struct error *err)
{
	return bus_call_list(systemd->bus, &manager, "MaskUnitFiles", ids, CALL_TIMEOUT_NS, NULL,
		err, "bb", 0, 0);
}

int systemd_unmask(struct systemd *systemd, const struct names *ids, struct error *err)
{
	return bus_call_list(
		systemd->bus, &manager, "UnmaskUnitFiles", ids, CALL_TIMEOUT_NS, NULL, err, "b", 0);
}

int systemd_reload(struct systemd *systemd, struct error *err)
{
	return bus_call(systemd->bus, &manager, "Reload", RELOAD_TIMEOUT_NS, NULL, err, "");
}

/* systemd sends no signals of jobs unless somebody asked for them. */
static int subscribe(struct systemd *systemd, struct error *err)
{
	if (systemd->is_subscribed) {
		return 0;
	}
	int r = bus_subscribe(systemd->bus, &manager, "JobRemoved", err);
	if (r == 0) {
		r = bus_call(systemd->bus, &manager, "Subscribe", CALL_TIMEOUT_NS, NULL, err, "");
	}
	systemd->is_subscribed = r == 0;
	return r;
}

/* JobRemoved: number, object, unit, result. */
static int wait_job(struct systemd *systemd, const char *id, const char *verb, const char *job,
	struct error *err)
{
	uint64_t deadline_ns = clock_now_ns() + SYSTEMD_JOB_TIMEOUT_NS;

	for (;;) {
		_cleanup_json_ json_t *values = NULL;
		int r = bus_next_signal(systemd->bus, deadline_ns, &values, err);
		if (r == -ETIMEDOUT) {
			return error_set(err, r,
				"%s: to %s it takes longer than %d s; `systemctl status %s` tells "
				"why, `systemctl kill` ends it",
				id, verb, (int)(SYSTEMD_JOB_TIMEOUT_NS / NSEC_PER_SEC), id);
		}
		if (r < 0) {
			return r;
		}
		const char *removed = json_string_value(json_array_get(values, 1));
		const char *result = json_string_value(json_array_get(values, 3));
		if (!removed || !result || strcmp(removed, job) != 0) {
			continue;
		}
		if (strcmp(result, "done") == 0) {
			return 0;
		}
		return error_set(err, -EIO,
			"%s: the job to %s it ended with \"%s\"; see "
			"`journalctl -u %s`",
			id, verb, result, id);
	}
}

static int run_job(struct systemd *systemd, const char *id, const char *verb, const char *method,
	struct error *err)
{
	_cleanup_json_ json_t *reply = NULL;
	int r = bus_call(
		systemd->bus, &manager, method, CALL_TIMEOUT_NS, &reply, err, "ss", id, "replace");

	if (r < 0) {
		return r;
	}
	const char *job = json_string_value(json_array_get(reply, 0));
	if (!job) {
		return error_set(err, -EBADMSG, "systemd: %s of %s gave no job", method, id);
	}
	return wait_job(systemd, id, verb, job, err);
}

static int run_job_timed(struct systemd *systemd, const char *id, const char *verb,
	const char *method, struct error *err)
{
	int r = subscribe(systemd, err);

	if (r < 0) {
		return r;
	}
	uint64_t begun_ns = clock_now_ns();
	r = run_job(systemd, id, verb, method, err);
	systemd->waited_ns += clock_now_ns() - begun_ns;
	return r;
}

int systemd_stop(struct systemd *systemd, const char *id, struct error *err)
{
	int r = run_job_timed(systemd, id, "stop", "StopUnit", err);

	return r == -ENOENT ? 0 : r;
}

int systemd_start(struct systemd *systemd, const char *id, struct error *err)
{
	return run_job_timed(systemd, id, "start", "StartUnit", err);
}

uint64_t systemd_waited_ns(const struct systemd *systemd)
{
	return systemd->waited_ns;
}
