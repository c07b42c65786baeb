/* Whether the members are to be disabled, masked, or left alone. */
#include "tune/service/service-impl.h"

#include <stdio.h>
#include <string.h>

#include "systemd/unit-file.h"

/* Whether a link that disabling removes has this name: then the alias goes with it. */
static bool is_alias_removed(
	const struct inspection *inspection, const struct service_member *member, const char *name)
{
	char end[UNIT_NAME_MAX + sizeof("/systemd/system/")];

	snprintf(end, sizeof(end), "/systemd/system/%s", name);
	return service_links_have(&member->links, end) ||
	       service_links_have(inspection->rules->past_links, end);
}

static void consider_activations(const struct inspection *inspection, struct service_member *member)
{
	const struct names *activations = inspection->rules->activations;

	for (size_t i = 0; i < activations->n; i++) {
		const char *name = activations->items[i];
		if (names_contain(&member->unit.names, name) &&
			!is_alias_removed(inspection, member, name)) {
			service_set_mask(member, "a call on D-Bus starts %s", name);
		}
	}
}

static int consider_wanter(
	const struct inspection *inspection, struct service_member *member, const char *id)
{
	struct unit unit;
	enum pull pull = PULL_UP;

	if (service_find_member(inspection->service, id) ||
		service_is_by_link(inspection, member, id) ||
		names_contain(inspection->rules->leaving, id)) {
		return 0;
	}
	if (!service_is_other_kind(id)) {
		int r = service_load_unit(inspection, id, &unit);
		if (r < 0) {
			return r;
		}
		r = service_find_pull(inspection, &unit, &pull);
		unit_done(&unit);
		if (r < 0) {
			return r;
		}
	}
	if (pull != PULL_NOT) {
		service_set_mask(member, "%s wants it", id);
	}
	return 0;
}

static bool can_be_masked(const struct service_member *member)
{
	const char *fragment = member->unit.fragment;

	return strncmp(fragment, UNIT_FILE_FOLDER "/", strlen(UNIT_FILE_FOLDER "/")) != 0 ||
	       names_contain(&member->links, fragment);
}

static int consider_masks(const struct inspection *inspection)
{
	struct service *service = inspection->service;

	for (size_t i = 0; i < service->n; i++) {
		struct service_member *member = &service->members[i];
		if (!service_unit_is_loaded(&member->unit) ||
			member->role == SERVICE_ROLE_FOLLOWER) {
			continue;
		}
		if (unit_is(member->unit.file_state, "generated")) {
			service_set_mask(member, "%s", "a generator enables it");
		}
		consider_activations(inspection, member);
		for (size_t j = 0; j < member->unit.wanted_by.n; j++) {
			int r = consider_wanter(
				inspection, member, member->unit.wanted_by.items[j]);
			if (r < 0) {
				return r;
			}
		}
		if (member->mask_reason[0] && !can_be_masked(member)) {
			service_refuse(service, "%s, and a mask has no place: %s is its unit file",
				member->mask_reason, member->unit.fragment);
		}
	}
	return 0;
}

static void consider_guard(const struct inspection *inspection)
{
	const struct service_rules *rules = inspection->rules;
	struct service *service = inspection->service;
	char why[GUARD_REASON_MAX];

	for (size_t i = 0; i < service->n; i++) {
		const char *id = service->members[i].unit.id;
		if (guard_forbids(id)) {
			service_refuse(service, "%s: without it nothing could be taken back", id);
			return;
		}
		if (!guard_protects(rules->guard, rules->root, id, why)) {
			continue;
		}
		if (rules->is_forced) {
			snprintf(service->reason, sizeof(service->reason), "%s: %s", id, why);
		} else {
			service_refuse(service,
				"%s: %s; name it with --service to do it all the same", id, why);
		}
		return;
	}
}

/* A run that was cut short masked it, or removed the link to its file, and did not stop it yet. */
static bool is_of_past(const struct inspection *inspection, const struct unit *unit)
{
	char end[UNIT_NAME_MAX + sizeof("/systemd/system/")];

	snprintf(end, sizeof(end), "/systemd/system/%s", unit->id);
	return names_contain(inspection->rules->past_masks, unit->id) ||
	       service_links_have(inspection->rules->past_links, end);
}

static void consider_self(const struct inspection *inspection)
{
	struct service *service = inspection->service;
	const struct unit *unit = &service->members[0].unit;
	bool is_masked = unit_is(unit->load_state, "masked");

	if (!unit_is_down(unit) && is_of_past(inspection, unit)) {
		return;
	}
	if ((is_masked || unit_is(unit->load_state, "not-found")) && !unit_is_down(unit)) {
		service_refuse(service, "%s is %s, and runs: once stopped it could not be started",
			unit->id, unit->load_state);
	} else if (unit_is(unit->load_state, "not-found")) {
		service->verdict = SERVICE_IN_PLACE;
		snprintf(service->reason, sizeof(service->reason), "not installed");
	} else if (unit_is(unit->file_state, "masked-runtime")) {
		service_refuse(service,
			"%s is masked until the next start only: `systemctl unmask --runtime` it",
			unit->id);
	} else if (!service_unit_is_loaded(unit) && !is_masked) {
		service_refuse(service, "systemd cannot load %s (%s); see `systemctl status %s`",
			unit->id, unit->load_state, unit->id);
	}
}

/* Its service runs on without it, and would have to be stopped for it. */
static int consider_socket(const struct inspection *inspection, const struct unit *unit)
{
	struct service *service = inspection->service;

	if (strcmp(unit_name_kind(unit->id), "socket") != 0) {
		return 0;
	}
	for (size_t i = 0; i < unit->triggers.n; i++) {
		struct unit triggered;
		if (service_find_member(service, unit->triggers.items[i])) {
			continue;
		}
		int r = service_load_unit(inspection, unit->triggers.items[i], &triggered);
		if (r < 0) {
			return r;
		}
		if (!unit_is_down(&triggered)) {
			service_refuse(service,
				"%s could not be opened again while %s runs: name that instead",
				unit->id, triggered.id);
		}
		unit_done(&triggered);
	}
	return 0;
}

/* What is stopped is to be started again by rollback, as it was. */
static int consider_stopping(const struct inspection *inspection)
{
	struct service *service = inspection->service;
	int r = 0;

	for (size_t i = 0; i < service->n && r == 0; i++) {
		const struct unit *unit = &service->members[i].unit;
		if (unit_is_down(unit)) {
			continue;
		}
		if (unit->is_transient) {
			service_refuse(service,
				"%s is transient: once stopped it could not be brought back",
				unit->id);
		} else if (!unit->can_stop && service->members[i].role != SERVICE_ROLE_FOLLOWER) {
			service_refuse(service, "%s refuses to be stopped", unit->id);
		} else if (!unit->can_start && !is_of_past(inspection, unit)) {
			service_refuse(service, "%s refuses to be started again", unit->id);
		}
		r = consider_socket(inspection, unit);
	}
	return r;
}

static bool is_anything_left(const struct service *service)
{
	for (size_t i = 0; i < service->n; i++) {
		const struct service_member *member = &service->members[i];
		if (member->role != SERVICE_ROLE_FOLLOWER &&
			(!unit_is_down(&member->unit) || member->links.n > 0 ||
				member->mask_reason[0])) {
			return true;
		}
	}
	return false;
}

int service_judge(const struct inspection *inspection)
{
	struct service *service = inspection->service;

	consider_self(inspection);
	if (service->verdict != SERVICE_OPEN) {
		return 0;
	}
	int r = consider_masks(inspection);
	if (r < 0) {
		return r;
	}
	if (!is_anything_left(service)) {
		bool is_masked = unit_is(service->members[0].unit.load_state, "masked");
		service->verdict = SERVICE_IN_PLACE;
		snprintf(service->reason, sizeof(service->reason), "%s",
			is_masked ? "masked" : "disabled and stopped");
		return 0;
	}
	r = consider_stopping(inspection);
	if (r == 0) {
		consider_guard(inspection);
	}
	return r;
}
