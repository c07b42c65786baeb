#include "tune/service/service-record.h"

#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "tune/service/service-link.h"
#include "util/cleanup.h"
#include "util/json.h"

#define LINKS_MAX 256 /* of one unit; usual are two */

static int add_link(json_t *links, const struct sysroot *root, const char *path, struct error *err)
{
	char target[PATH_MAX];
	int r = sysroot_readlink(root, path, target, sizeof(target));

	if (r < 0) {
		return error_set(
			err, r, "%s: to where it leads cannot be read: %s", path, error_name(r));
	}
	bool is_dangling = !service_link_leads(root, path, target);
	if (json_array_append_new(links, json_pack("{s:s,s:s,s:b}", "path", path, "target", target,
						 "dangling", (int)is_dangling)) < 0) {
		return error_set(err, -ENOMEM, "%s: not a text in UTF-8, or no memory", path);
	}
	return 0;
}

static bool has_link(const json_t *links, const char *path)
{
	json_t *link;
	size_t i;

	json_array_foreach(links, i, link) {
		const char *known = json_string_value(json_object_get(link, "path"));
		if (known && strcmp(known, path) == 0) {
			return true;
		}
	}
	return false;
}

/* One that is known keeps the target that it had first. */
static int add_links(json_t *links, const struct service_member *member, const struct sysroot *root,
	struct error *err)
{
	for (size_t i = 0; i < member->links.n; i++) {
		const char *path = member->links.items[i];
		int r = has_link(links, path) ? 0 : add_link(links, root, path, err);
		if (r < 0) {
			return r;
		}
	}
	return 0;
}

static int make_unit(const struct service_member *member, const struct sysroot *root,
	json_t **ret_unit, struct error *err)
{
	_cleanup_json_ json_t *links = json_array();
	const struct unit *unit = &member->unit;
	int r = add_links(links, member, root, err);

	if (r < 0) {
		return r;
	}
	*ret_unit = json_pack("{s:s,s:s,s:s,s:s,s:b,s:b,s:O}", "unit", unit->id, "role",
		service_role_name(member->role), "state", unit->file_state, "active",
		unit->active_state, "up", (int)unit_is_up(unit), "mask",
		(int)(member->mask_reason[0] != '\0'), "links", links);
	return *ret_unit ? 0 : error_set(err, -ENOMEM, "%s: no memory", unit->id);
}

static json_t *find_unit(const json_t *units, const char *id)
{
	size_t i;
	json_t *unit;

	json_array_foreach(units, i, unit) {
		const char *name = json_string_value(json_object_get(unit, "unit"));
		if (name && strcmp(name, id) == 0) {
			return unit;
		}
	}
	return NULL;
}

/* Once a follower, it is to be disabled now. */
static int raise_role(json_t *unit, enum service_role role)
{
	const char *known = json_string_value(json_object_get(unit, "role"));
	const char *follower = service_role_name(SERVICE_ROLE_FOLLOWER);

	return known && strcmp(known, follower) == 0
		       ? json_object_set_new(unit, "role", json_string(service_role_name(role)))
		       : 0;
}

/* A unit that is known stays as it was before the first change; a mask and links may come to it. */
static int merge_unit(json_t *units, const struct service_member *member,
	const struct sysroot *root, struct error *err)
{
	json_t *known = find_unit(units, member->unit.id), *unit;

	if (known) {
		bool is_masked = member->mask_reason[0] != '\0';
		int r = is_masked ? json_object_set_new(known, "mask", json_true()) : 0;
		if (r == 0 && member->role != SERVICE_ROLE_FOLLOWER) {
			r = raise_role(known, member->role);
		}
		return r < 0 ? error_set(err, -ENOMEM, "%s: no memory", member->unit.id)
			     : add_links(json_object_get(known, "links"), member, root, err);
	}
	int r = make_unit(member, root, &unit, err);
	if (r == 0 && json_array_append_new(units, unit) < 0) {
		r = error_set(err, -ENOMEM, "%s: no memory", member->unit.id);
	}
	return r;
}

int service_record_make(const struct service *service, const struct sysroot *root,
	const json_t *known, json_t **ret_record, struct error *err)
{
	_cleanup_json_ json_t *record =
		known ? json_deep_copy(known) : json_pack("{s:[]}", "units");
	json_t *units = json_object_get(record, "units");

	if (!json_is_array(units)) {
		return error_set(
			err, -EBADMSG, "the journal: the record of a service has no units");
	}
	for (size_t i = 0; i < service->n; i++) {
		int r = merge_unit(units, &service->members[i], root, err);
		if (r < 0) {
			return r;
		}
	}
	*ret_record = take_ptr(record);
	return 0;
}

static int parse_role(const char *name, enum service_role *ret_role)
{
	for (int role = SERVICE_ROLE_SELF; role <= SERVICE_ROLE_FOLLOWER; role++) {
		if (strcmp(name, service_role_name(role)) == 0) {
			*ret_role = role;
			return 0;
		}
	}
	return -EBADMSG;
}

static int parse_link(const json_t *json, struct service_link *ret_link)
{
	const char *path = json_string_value(json_object_get(json, "path"));
	const char *target = json_string_value(json_object_get(json, "target"));

	if (!path || path[0] != '/' || strlen(path) >= PATH_MAX || !target || !target[0] ||
		strlen(target) >= PATH_MAX) {
		return -EBADMSG;
	}
	struct service_link link = {
		strdup(path), strdup(target), json_is_true(json_object_get(json, "dangling"))};
	if (!link.path || !link.target) {
		free(link.path);
		free(link.target);
		return -ENOMEM;
	}
	*ret_link = link;
	return 0;
}

static int parse_links(const json_t *json, struct service_unit *unit)
{
	json_t *item;
	size_t i, n = json_array_size(json);

	if (!json_is_array(json) || n > LINKS_MAX) {
		return -EBADMSG;
	}
	unit->links = calloc(n > 0 ? n : 1, sizeof(*unit->links));
	if (!unit->links) {
		return -ENOMEM;
	}
	json_array_foreach(json, i, item) {
		int r = parse_link(item, &unit->links[i]);
		if (r < 0) {
			return r;
		}
		unit->n_links++;
	}
	return 0;
}

static int parse_unit(const json_t *json, struct service_unit *unit)
{
	const char *id = json_string_value(json_object_get(json, "unit"));
	const char *role = json_string_value(json_object_get(json, "role"));
	const json_t *up = json_object_get(json, "up"), *mask = json_object_get(json, "mask");
	char completed[UNIT_NAME_MAX + 1];

	if (!id || !role || !json_is_boolean(up) || !json_is_boolean(mask) ||
		unit_name_complete(id, completed, NULL) < 0 || strcmp(id, completed) != 0) {
		return -EBADMSG;
	}
	strcpy(unit->id, completed);
	unit->was_up = json_is_true(up);
	unit->is_masked = json_is_true(mask);
	int r = parse_role(role, &unit->role);
	return r < 0 ? r : parse_links(json_object_get(json, "links"), unit);
}

static int parse_units(const json_t *units, struct service_record *record)
{
	size_t i, n = json_array_size(units);
	json_t *item;

	/* Each apply may add members. */
	if (n == 0 || n > 4 * SERVICE_MEMBERS_MAX) {
		return -EBADMSG;
	}
	record->units = calloc(n, sizeof(*record->units));
	if (!record->units) {
		return -ENOMEM;
	}
	json_array_foreach(units, i, item) {
		record->n++; /* so that half of a unit is freed, too */
		int r = parse_unit(item, &record->units[i]);
		if (r < 0) {
			return r;
		}
	}
	return 0;
}

int service_record_parse(const json_t *record, struct service_record *ret_record, struct error *err)
{
	struct service_record parsed = {0};
	int r = parse_units(json_object_get(record, "units"), &parsed);

	if (r < 0) {
		service_record_done(&parsed);
		return error_set(err, r, "the journal: the record of a service: %s", error_name(r));
	}
	*ret_record = parsed;
	return 0;
}

void service_record_done(struct service_record *record)
{
	for (size_t i = 0; i < record->n; i++) {
		for (size_t j = 0; j < record->units[i].n_links; j++) {
			free(record->units[i].links[j].path);
			free(record->units[i].links[j].target);
		}
		free(record->units[i].links);
	}
	free(record->units);
	*record = (struct service_record){0};
}

bool service_link_is_lost(const struct sysroot *root, const struct service_link *link)
{
	return !link->was_dangling && !service_link_leads(root, link->path, link->target);
}

int service_record_list_masked(const struct service_record *record, struct names *ids)
{
	int r = 0;

	for (size_t i = 0; i < record->n && r == 0; i++) {
		r = record->units[i].is_masked ? names_add(ids, record->units[i].id) : 0;
	}
	return r;
}

const struct service_link *service_unit_find_link(const struct service_unit *unit, const char *path)
{
	for (size_t i = 0; i < unit->n_links; i++) {
		if (strcmp(unit->links[i].path, path) == 0) {
			return &unit->links[i];
		}
	}
	return NULL;
}
