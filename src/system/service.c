#include "system/service.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "util/cleanup.h"

#define ADMIN_FOLDER "/etc/systemd/system/"

struct inspection {
	const struct service_source *source;
	const struct service_rules *rules;
	struct service *service;
	struct error *err;
};

const char *service_role_name(enum service_role role)
{
	static const char *const names[] = {"service", "trigger", "dependant"};

	return names[role];
}

static struct service_member *find_member(const struct service *service, const char *id)
{
	for (size_t i = 0; i < service->n; i++) {
		if (names_contain(&service->members[i].unit.names, id) ||
			strcmp(service->members[i].unit.id, id) == 0) {
			return &service->members[i];
		}
	}
	return NULL;
}

static void member_done(struct service_member *member)
{
	unit_done(&member->unit);
	names_done(&member->links);
}

void service_done(struct service *service)
{
	for (size_t i = 0; i < service->n; i++) {
		member_done(&service->members[i]);
	}
	free(service->members);
	*service = (struct service){0};
}

static bool is_loaded(const struct unit *unit)
{
	return unit_is(unit->load_state, "loaded");
}

/* What disabling does nothing about: systemd makes these anew, or has no file of them. */
static bool can_have_links(const struct unit *unit)
{
	return is_loaded(unit) && !unit->is_transient && unit->file_state[0] != '\0' &&
	       !unit_is(unit->file_state, "generated") && !unit_is(unit->file_state, "transient");
}

static bool has_ending(const struct names *names, const char *end)
{
	size_t length = strlen(end);

	for (size_t i = 0; i < names->n; i++) {
		size_t n = strlen(names->items[i]);
		if (n >= length && strcmp(names->items[i] + n - length, end) == 0) {
			return true;
		}
	}
	return false;
}

/* A link ".../NAME.wants/UNIT" is how NAME came to want it; disabling removes it. */
static bool is_by_link(const struct inspection *inspection, const struct service_member *member,
	const char *dependant)
{
	static const char *const suffixes[] = {".wants", ".requires", ".upholds"};
	char end[2 * UNIT_NAME_MAX + sizeof("/.requires/")];

	for (size_t i = 0; i < sizeof(suffixes) / sizeof(suffixes[0]); i++) {
		snprintf(end, sizeof(end), "/%s%s/%s", dependant, suffixes[i], member->unit.id);
		if (has_ending(&member->links, end) ||
			has_ending(inspection->rules->past_links, end)) {
			return true;
		}
	}
	return false;
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
	if (!can_have_links(&member->unit)) {
		return 0;
	}
	const struct service_source *source = inspection->source;
	return source->list_links(source->data, member->unit.id, &member->links, inspection->err);
}

static int load(const struct inspection *inspection, const char *id, struct unit *ret_unit)
{
	const struct service_source *source = inspection->source;

	return source->load_unit(source->data, id, ret_unit, inspection->err);
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

static void set_mask(struct service_member *member, const char *format, const char *by)
	__attribute__((format(printf, 2, 0)));

/* The first reason is told. */
static void set_mask(struct service_member *member, const char *format, const char *by)
{
	if (!member->mask_reason[0]) {
		snprintf(member->mask_reason, sizeof(member->mask_reason), format, by);
	}
}

static bool is_of_other_kind(const char *id)
{
	char completed[UNIT_NAME_MAX + 1];

	return unit_name_complete(id, completed, NULL) < 0 || strcmp(completed, id) != 0;
}

static void refuse(struct service *service, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

static void refuse(struct service *service, const char *format, ...)
{
	va_list arguments;

	if (service->verdict == SERVICE_REFUSED) {
		return;
	}
	service->verdict = SERVICE_REFUSED;
	va_start(arguments, format);
	vsnprintf(service->reason, sizeof(service->reason), format, arguments);
	va_end(arguments);
}

enum pull {
	PULL_NOT,  /* it is down and disabled: it pulls nothing in unless a person starts it */
	PULL_ONCE, /* down, but something may start it */
	PULL_UP,   /* enabled or up */
};

static int find_pull(
	const struct inspection *inspection, const struct unit *unit, enum pull *ret_pull)
{
	size_t n_links;

	if (!is_loaded(unit)) {
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

static int collect(struct inspection *inspection, struct unit *unit, enum service_role role);

/* index: of the member that is required; it may move when others are added. */
static int collect_dependant(struct inspection *inspection, size_t index, const char *id)
{
	struct service *service = inspection->service;
	struct unit unit;
	enum pull pull;

	if (find_member(service, id) || is_by_link(inspection, &service->members[index], id)) {
		return 0;
	}
	if (is_of_other_kind(id)) {
		refuse(service, "%s requires %s", id, service->members[index].unit.id);
		return 0;
	}
	int r = load(inspection, id, &unit);
	if (r < 0) {
		return r;
	}
	r = find_pull(inspection, &unit, &pull);
	if (r == 0 && pull == PULL_UP) {
		r = collect(inspection, &unit, SERVICE_ROLE_DEPENDANT);
	} else if (r == 0 && pull == PULL_ONCE) {
		set_mask(&service->members[index], "%s requires it", unit.id);
	}
	unit_done(&unit);
	return r;
}

static int collect_trigger(struct inspection *inspection, const char *id)
{
	struct unit unit;

	if (find_member(inspection->service, id)) {
		return 0;
	}
	int r = load(inspection, id, &unit);
	if (r < 0) {
		return r;
	}
	r = is_loaded(&unit) ? collect(inspection, &unit, SERVICE_ROLE_TRIGGER) : 0;
	unit_done(&unit);
	return r;
}

/* Takes the content of unit. Members move when others are added: they are found by index. */
static int collect(struct inspection *inspection, struct unit *unit, enum service_role role)
{
	struct service *service = inspection->service;
	size_t index = service->n;
	int r = add_member(inspection, unit, role);

	for (size_t i = 0; r == 0 && i < service->members[index].unit.triggered_by.n; i++) {
		r = collect_trigger(inspection, service->members[index].unit.triggered_by.items[i]);
	}
	for (size_t i = 0; r == 0 && i < service->members[index].unit.required_by.n; i++) {
		r = collect_dependant(
			inspection, index, service->members[index].unit.required_by.items[i]);
	}
	return r;
}

/* Whether a link that disabling removes has this name: then the alias goes with it. */
static bool is_alias_removed(
	const struct inspection *inspection, const struct service_member *member, const char *name)
{
	char end[UNIT_NAME_MAX + sizeof("/systemd/system/")];

	snprintf(end, sizeof(end), "/systemd/system/%s", name);
	return has_ending(&member->links, end) || has_ending(inspection->rules->past_links, end);
}

static void consider_activations(const struct inspection *inspection, struct service_member *member)
{
	const struct names *activations = inspection->rules->activations;

	for (size_t i = 0; i < activations->n; i++) {
		const char *name = activations->items[i];
		if (names_contain(&member->unit.names, name) &&
			!is_alias_removed(inspection, member, name)) {
			set_mask(member, "a call on D-Bus starts %s", name);
		}
	}
}

static int consider_wanter(
	const struct inspection *inspection, struct service_member *member, const char *id)
{
	struct unit unit;
	enum pull pull = PULL_UP;

	if (find_member(inspection->service, id) || is_by_link(inspection, member, id) ||
		names_contain(inspection->rules->leaving, id)) {
		return 0;
	}
	if (!is_of_other_kind(id)) {
		int r = load(inspection, id, &unit);
		if (r < 0) {
			return r;
		}
		r = find_pull(inspection, &unit, &pull);
		unit_done(&unit);
		if (r < 0) {
			return r;
		}
	}
	if (pull != PULL_NOT) {
		set_mask(member, "%s wants it", id);
	}
	return 0;
}

static bool can_be_masked(const struct service_member *member)
{
	const char *fragment = member->unit.fragment;

	return strncmp(fragment, ADMIN_FOLDER, strlen(ADMIN_FOLDER)) != 0 ||
	       names_contain(&member->links, fragment);
}

static int consider_masks(const struct inspection *inspection)
{
	struct service *service = inspection->service;

	for (size_t i = 0; i < service->n; i++) {
		struct service_member *member = &service->members[i];
		if (!is_loaded(&member->unit)) {
			continue;
		}
		if (unit_is(member->unit.file_state, "generated")) {
			set_mask(member, "%s", "a generator enables it");
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
			refuse(service, "%s, and a mask has no place: %s is its unit file",
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
		if (!guard_protects(rules->guard, rules->root, id, why)) {
			continue;
		}
		if (rules->is_forced) {
			snprintf(service->reason, sizeof(service->reason), "%s: %s", id, why);
		} else {
			refuse(service, "%s: %s; name it with --service to do it all the same", id,
				why);
		}
		return;
	}
}

static void consider_self(struct service *service)
{
	const struct unit *unit = &service->members[0].unit;

	if (unit_is(unit->load_state, "not-found")) {
		service->verdict = SERVICE_IN_PLACE;
		snprintf(service->reason, sizeof(service->reason), "not installed");
	} else if (!is_loaded(unit) && !unit_is(unit->load_state, "masked")) {
		refuse(service, "systemd cannot load %s (%s); see `systemctl status %s`", unit->id,
			unit->load_state, unit->id);
	} else if (unit->is_transient) {
		refuse(service, "%s is transient: once stopped it could not be brought back",
			unit->id);
	}
}

static void consider_stopping(struct service *service)
{
	for (size_t i = 0; i < service->n; i++) {
		const struct unit *unit = &service->members[i].unit;
		if (unit_is_up(unit) && !unit->can_stop) {
			refuse(service, "%s refuses to be stopped", unit->id);
		}
	}
}

static bool is_anything_left(const struct service *service)
{
	for (size_t i = 0; i < service->n; i++) {
		const struct service_member *member = &service->members[i];
		if (unit_is_up(&member->unit) || member->links.n > 0 || member->mask_reason[0]) {
			return true;
		}
	}
	return false;
}

static int judge(const struct inspection *inspection)
{
	struct service *service = inspection->service;

	consider_self(service);
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
	consider_stopping(service);
	consider_guard(inspection);
	return 0;
}

int service_inspect(const struct service_source *source, const struct service_rules *rules,
	const char *id, struct service *ret_service, struct error *err)
{
	struct service service = {.verdict = SERVICE_OPEN};
	struct inspection inspection = {source, rules, &service, err};
	struct unit unit;
	int r = load(&inspection, id, &unit);

	if (r < 0) {
		return r;
	}
	r = collect(&inspection, &unit, SERVICE_ROLE_SELF);
	unit_done(&unit);
	if (r == 0) {
		r = judge(&inspection);
	}
	if (r < 0) {
		service_done(&service);
		return r;
	}
	*ret_service = service;
	return 0;
}
