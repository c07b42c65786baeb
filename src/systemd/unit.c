#include "systemd/unit.h"

#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

static const char *const kinds[] = {"service", "socket", "path", "timer"};
static const char *const other_kinds[] = {
	"target", "mount", "automount", "swap", "slice", "scope", "device"};

#define N_KINDS       (sizeof(kinds) / sizeof(kinds[0]))
#define N_OTHER_KINDS (sizeof(other_kinds) / sizeof(other_kinds[0]))

bool unit_is(const char *state, const char *wanted)
{
	return strcmp(state, wanted) == 0;
}

bool unit_is_up(const struct unit *unit)
{
	return unit_is(unit->active_state, "active") || unit_is(unit->active_state, "reloading") ||
	       unit_is(unit->active_state, "activating") ||
	       unit_is(unit->active_state, "refreshing");
}

bool unit_state_is_down(const char *active_state)
{
	return unit_is(active_state, "inactive") || unit_is(active_state, "failed");
}

bool unit_is_down(const struct unit *unit)
{
	return unit_state_is_down(unit->active_state);
}

const char *unit_name_kind(const char *id)
{
	const char *dot = strrchr(id, '.');

	return dot ? dot + 1 : "";
}

static bool is_one_of(const char *kind, const char *const *list, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		if (strcmp(kind, list[i]) == 0) {
			return true;
		}
	}
	return false;
}

static bool has_allowed_characters(const char *name)
{
	for (const char *c = name; *c; c++) {
		if (!isalnum((unsigned char)*c) && !strchr(":-_.\\@", *c)) {
			return false;
		}
	}
	return name[0] != '\0' && name[0] != '.' && name[0] != '@';
}

int unit_name_complete(const char *name, char ret_id[static UNIT_NAME_MAX + 1], struct error *err)
{
	const char *kind = unit_name_kind(name);
	bool is_full = is_one_of(kind, kinds, N_KINDS);
	const char *suffix = is_full ? "" : ".service";

	if (!has_allowed_characters(name) || strlen(name) + strlen(suffix) > UNIT_NAME_MAX) {
		return error_set(err, -EINVAL, "service %.64s: no unit can have this name", name);
	}
	if (is_one_of(kind, other_kinds, N_OTHER_KINDS)) {
		return error_set(err, -EINVAL,
			"service %.64s: must be a service, or a socket, path or timer that starts "
			"one",
			name);
	}
	const char *at = strchr(name, '@');
	if (at && (at[1] == '\0' || (is_full && at + 2 == kind))) {
		return error_set(err, -EINVAL,
			"service %.64s: is a template; name an instance, such as %.*s@NAME", name,
			(int)(at - name < 64 ? at - name : 64), name);
	}
	strcpy(stpcpy(ret_id, name), suffix);
	return 0;
}

static int take_text(
	const json_t *properties, const char *key, char *buffer, size_t size, struct error *err)
{
	const char *text = json_string_value(json_object_get(properties, key));

	if (!text || strlen(text) >= size) {
		return error_set(err, -EBADMSG, "systemd: a unit's %s: %s", key,
			text ? "too long" : "missing or not a text");
	}
	strcpy(buffer, text);
	return 0;
}

/* A text that a unit need not have. */
static int take_copy(const json_t *properties, const char *key, char **ret_text)
{
	const char *text = json_string_value(json_object_get(properties, key));

	*ret_text = strdup(text ? text : "");
	return *ret_text ? 0 : -ENOMEM;
}

/* Older systemd lacks some lists, so a missing one is empty. */
static int take_names(const json_t *properties, const char *key, struct names *names)
{
	size_t i;
	json_t *item;

	json_array_foreach(json_object_get(properties, key), i, item) {
		const char *name = json_string_value(item);
		int r = name ? names_add_once(names, name) : -EBADMSG;
		if (r < 0) {
			return r;
		}
	}
	return 0;
}

static int take_lists(const json_t *properties, struct unit *unit)
{
	const struct {
		const char *key;
		struct names *names;
	} lists[] = {
		{"Names", &unit->names},
		{"TriggeredBy", &unit->triggered_by},
		{"Triggers", &unit->triggers},
		{"RequiredBy", &unit->required_by},
		{"RequisiteOf", &unit->required_by},
		{"BoundBy", &unit->required_by},
		{"WantedBy", &unit->wanted_by},
		{"UpheldBy", &unit->wanted_by},
		{"ConsistsOf", &unit->followers},
		{"PropagatesStopTo", &unit->followers},
	};

	for (size_t i = 0; i < sizeof(lists) / sizeof(lists[0]); i++) {
		int r = take_names(properties, lists[i].key, lists[i].names);
		if (r < 0) {
			return r;
		}
	}
	return 0;
}

static int fill(const json_t *properties, struct unit *unit, struct error *err)
{
	int r = take_text(properties, "Id", unit->id, sizeof(unit->id), err);

	r = r ? r
	      : take_text(properties, "LoadState", unit->load_state, sizeof(unit->load_state), err);
	r = r ? r
	      : take_text(properties, "ActiveState", unit->active_state, sizeof(unit->active_state),
			err);
	r = r ? r
	      : take_text(properties, "UnitFileState", unit->file_state, sizeof(unit->file_state),
			err);
	if (r < 0) {
		return r;
	}
	unit->can_start = !json_is_false(json_object_get(properties, "CanStart"));
	unit->can_stop = json_is_true(json_object_get(properties, "CanStop"));
	unit->is_transient = json_is_true(json_object_get(properties, "Transient"));
	r = take_copy(properties, "FragmentPath", &unit->fragment);
	r = r ? r : take_lists(properties, unit);
	if (r < 0) {
		return error_set(err, r, "systemd: the unit %s: %s", unit->id, error_name(r));
	}
	return 0;
}

int unit_from_json(const json_t *properties, struct unit *ret_unit, struct error *err)
{
	struct unit unit = {0};
	int r = fill(properties, &unit, err);

	if (r < 0) {
		unit_done(&unit);
		return r;
	}
	*ret_unit = unit;
	return 0;
}

void unit_done(struct unit *unit)
{
	free(unit->fragment);
	names_done(&unit->names);
	names_done(&unit->triggered_by);
	names_done(&unit->triggers);
	names_done(&unit->required_by);
	names_done(&unit->wanted_by);
	names_done(&unit->followers);
	*unit = (struct unit){0};
}
