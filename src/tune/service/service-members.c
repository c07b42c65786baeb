/* The service, its triggers, dependants and followers, and theirs. */
#include "tune/service/service-impl.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "util/cleanup.h"

/* What disabling does nothing about: systemd makes these anew, or has no file of them. */
static bool can_have_links(const struct unit *unit)
{
	return service_unit_is_loaded(unit) && !unit->is_transient && unit->file_state[0] != '\0' &&
	       !unit_is(unit->file_state, "generated") && !unit_is(unit->file_state, "transient");
}

/* A link ".../NAME.wants/UNIT" is how NAME came to want it; disabling removes it. */
bool service_is_by_link(const struct inspection *inspection, const struct service_member *member,
	const char *dependant)
{
	static const char *const suffixes[] = {".wants", ".requires", ".upholds"};
	char end[2 * UNIT_NAME_MAX + sizeof("/.requires/")];

	for (size_t i = 0; i < sizeof(suffixes) / sizeof(suffixes[0]); i++) {
		snprintf(end, sizeof(end), "/%s%s/%s", dependant, suffixes[i], member->unit.id);
		if (service_links_have(&member->links, end) ||
			service_links_have(inspection->rules->past_links, end)) {
			return true;
		}
	}
	return false;
}

static int list_links(struct inspection *inspection, struct service_member *member)
{
	const struct service_source *source = inspection->source;

	return can_have_links(&member->unit) ? source->list_links(source->data, member->unit.id,
						       &member->links, inspection->err)
					     : 0;
}

/* The member is valid until the next one is added. */
static int add_member(struct inspection *inspection, struct unit *unit, enum service_role role)
{
	struct service *service = inspection->service;

	if (service->n == SERVICE_MEMBERS_MAX) {
		return error_set(inspection->err, -E2BIG,
			"%s: more than %d units hang together with it; disable it by hand",
			service->members[0].unit.id, SERVICE_MEMBERS_MAX);
	}
	struct service_member *members =
		reallocarray(service->members, service->n + 1, sizeof(*members));
	if (!members) {
		return error_set(inspection->err, -ENOMEM, "%s: %s", unit->id, error_name(-ENOMEM));
	}
	service->members = members;
	struct service_member *member = &members[service->n++];
	*member = (struct service_member){.unit = *unit, .role = role};
	*unit = (struct unit){0};
	return role == SERVICE_ROLE_FOLLOWER ? 0 : list_links(inspection, member);
}

static int count_links(const struct inspection *inspection, const struct unit *unit, size_t *ret_n)
{
	const struct service_source *source = inspection->source;
	_cleanup_names_ struct names links = {0};
	int r = can_have_links(unit)
			? source->list_links(source->data, unit->id, &links, inspection->err)
			: 0;

	*ret_n = links.n;
	return r;
}

int service_find_pull(
	const struct inspection *inspection, const struct unit *unit, enum pull *ret_pull)
{
	size_t n_links;

	if (!service_unit_is_loaded(unit)) {
		*ret_pull = PULL_NOT;
		return 0;
	}
	int r = count_links(inspection, unit, &n_links);
	if (r < 0) {
		return r;
	}
	if (unit_is_up(unit) || n_links > 0) {
		*ret_pull = PULL_UP;
	} else {
		*ret_pull = unit_is(unit->file_state, "disabled") ? PULL_NOT : PULL_ONCE;
	}
	return 0;
}

static int collect_what_goes(struct inspection *inspection, size_t index);

/* A member that was met as a follower first, and has to be disabled, too; others stay as they are.
 */
static int raise_follower(struct inspection *inspection, const char *id, enum service_role role)
{
	struct service_member *member = service_find_member(inspection->service, id);

	if (member->role != SERVICE_ROLE_FOLLOWER) {
		return 0;
	}
	member->role = role;
	int r = list_links(inspection, member);
	return r < 0 ? r
		     : collect_what_goes(
			       inspection, (size_t)(member - inspection->service->members));
}

/* index: of the member that is required; it may move when others are added. */
static int collect_dependant(struct inspection *inspection, size_t index, const char *id)
{
	struct service *service = inspection->service;
	struct unit unit;
	enum pull pull;

	if (service_is_by_link(inspection, &service->members[index], id)) {
		return 0;
	}
	if (service_find_member(service, id)) {
		return raise_follower(inspection, id, SERVICE_ROLE_DEPENDANT);
	}
	if (service_is_other_kind(id)) {
		service_refuse(service, "%s requires %s", id, service->members[index].unit.id);
		return 0;
	}
	int r = service_load_unit(inspection, id, &unit);
	if (r < 0) {
		return r;
	}
	r = service_find_pull(inspection, &unit, &pull);
	if (r == 0 && pull == PULL_UP) {
		r = service_collect(inspection, &unit, SERVICE_ROLE_DEPENDANT);
	} else if (r == 0 && pull == PULL_ONCE) {
		service_set_mask(&service->members[index], "%s requires it", unit.id);
	}
	unit_done(&unit);
	return r;
}

static int collect_trigger(struct inspection *inspection, const char *id)
{
	struct unit unit;

	if (service_find_member(inspection->service, id)) {
		return raise_follower(inspection, id, SERVICE_ROLE_TRIGGER);
	}
	int r = service_load_unit(inspection, id, &unit);
	if (r < 0) {
		return r;
	}
	r = service_unit_is_loaded(&unit) ? service_collect(inspection, &unit, SERVICE_ROLE_TRIGGER)
					  : 0;
	unit_done(&unit);
	return r;
}

/* What stops along need not be disabled, but started again. */
static int collect_follower(struct inspection *inspection, size_t index, const char *id)
{
	struct service *service = inspection->service;
	struct unit unit;

	if (service_find_member(service, id)) {
		return 0;
	}
	int r = service_load_unit(inspection, id, &unit);
	if (r < 0) {
		return r;
	}
	if (!unit_is_down(&unit) && service_is_other_kind(unit.id)) {
		service_refuse(
			service, "%s stops with %s", unit.id, service->members[index].unit.id);
	} else if (!unit_is_down(&unit)) {
		r = service_collect(inspection, &unit, SERVICE_ROLE_FOLLOWER);
	}
	unit_done(&unit);
	return r;
}

static bool is_template(const char *id)
{
	return strstr(id, "@.") != NULL;
}

/* A link that is removed may enable another unit: Also= of the unit's file. */
static int collect_owner(struct inspection *inspection, const char *link)
{
	struct service *service = inspection->service;
	const char *id = strrchr(link, '/') + 1;
	struct unit unit;

	if (is_template(id)) {
		return 0;
	}
	if (service_find_member(service, id)) {
		return raise_follower(inspection, id, SERVICE_ROLE_DEPENDANT);
	}
	if (service_is_other_kind(id)) {
		service_refuse(service, "%s is disabled with it", id);
		return 0;
	}
	int r = service_load_unit(inspection, id, &unit);
	if (r < 0) {
		return r;
	}
	if (service_unit_is_loaded(&unit) && !service_find_member(service, unit.id)) {
		r = service_collect(inspection, &unit, SERVICE_ROLE_DEPENDANT);
	}
	unit_done(&unit);
	return r;
}

/* Members move when others are added: they are found by index. */
static int collect_what_goes(struct inspection *inspection, size_t index)
{
	struct service *service = inspection->service;
	int r = 0;

	for (size_t i = 0; r == 0 && i < service->members[index].unit.triggered_by.n; i++) {
		r = collect_trigger(inspection, service->members[index].unit.triggered_by.items[i]);
	}
	for (size_t i = 0; r == 0 && i < service->members[index].unit.required_by.n; i++) {
		r = collect_dependant(
			inspection, index, service->members[index].unit.required_by.items[i]);
	}
	for (size_t i = 0; r == 0 && i < service->members[index].links.n; i++) {
		r = collect_owner(inspection, service->members[index].links.items[i]);
	}
	return r;
}

static int collect_what_stops(struct inspection *inspection, size_t index, enum service_role role)
{
	struct service *service = inspection->service;
	int r = 0;

	for (size_t i = 0; r == 0 && i < service->members[index].unit.followers.n; i++) {
		r = collect_follower(
			inspection, index, service->members[index].unit.followers.items[i]);
	}
	if (role != SERVICE_ROLE_FOLLOWER) {
		return r;
	}
	for (size_t i = 0; r == 0 && i < service->members[index].unit.required_by.n; i++) {
		r = collect_follower(
			inspection, index, service->members[index].unit.required_by.items[i]);
	}
	return r;
}

/* Takes the content of unit. */
int service_collect(struct inspection *inspection, struct unit *unit, enum service_role role)
{
	size_t index = inspection->service->n;
	int r = add_member(inspection, unit, role);

	if (r == 0 && role != SERVICE_ROLE_FOLLOWER) {
		r = collect_what_goes(inspection, index);
	}
	return r < 0 ? r : collect_what_stops(inspection, index, role);
}
