#include "boot/boot.h"

#include <errno.h>
#include <string.h>

#include "util/cleanup.h"
#include "util/json.h"

/* Of some 100 properties these are used; the others would take ten times the memory. */
static const char *const keys[] = {"Id", "Names", "LoadState", "ActiveState", "UnitFileState",
	"FragmentPath", "CanStop", "Transient", "TriggeredBy", "RequiredBy", "RequisiteOf",
	"BoundBy", "WantedBy", "UpheldBy", "After", "InactiveExitTimestampMonotonic",
	"ActiveEnterTimestampMonotonic", "InactiveEnterTimestampMonotonic"};

static int add_unit(struct systemd *systemd, const json_t *listed, json_t *units, struct error *err)
{
	_cleanup_json_ json_t *properties = NULL;
	const char *path = json_string_value(json_array_get(listed, 6));
	json_t *kept = json_object();

	if (!path || !kept || json_array_append_new(units, kept) < 0) {
		return error_set(
			err, -EBADMSG, "systemd: the list of units: no object, or no memory");
	}
	int r = systemd_get_unit_at(systemd, path, &properties, err);
	for (size_t i = 0; r == 0 && i < sizeof(keys) / sizeof(keys[0]); i++) {
		json_t *value = json_object_get(properties, keys[i]);
		if (value && json_object_set(kept, keys[i], value) < 0) {
			r = error_set(err, -ENOMEM, "boot: no memory");
		}
	}
	return r;
}

/* ListUnits has tuples: name, description, load, active, sub, followed, object, job ... */
static int read_units(struct systemd *systemd, json_t **ret_units, struct error *err)
{
	_cleanup_json_ json_t *listed = NULL, *units = json_array();
	json_t *tuple;
	size_t i;
	int r = systemd_list_units(systemd, &listed, err);

	if (r < 0) {
		return r;
	}
	json_array_foreach(listed, i, tuple) {
		const char *load = json_string_value(json_array_get(tuple, 2));
		if (!load || strcmp(load, "loaded") != 0) {
			continue; /* it never started */
		}
		r = add_unit(systemd, tuple, units, err);
		if (r == -ENOENT) { /* gone since the list was made */
			json_array_remove(units, json_array_size(units) - 1);
		} else if (r < 0) {
			return r;
		}
	}
	*ret_units = take_ptr(units);
	return 0;
}

int boot_read(struct systemd *systemd, json_t **ret_manager, json_t **ret_units,
	char ret_target[static UNIT_NAME_MAX + 1], struct error *err)
{
	_cleanup_json_ json_t *manager = NULL;
	struct unit target;
	int r = systemd_load_unit(systemd, "default.target", &target, err);

	if (r < 0) {
		return r;
	}
	strcpy(ret_target, target.id);
	unit_done(&target);
	r = systemd_get_manager(systemd, &manager, err);
	if (r == 0) {
		r = read_units(systemd, ret_units, err);
	}
	if (r == 0) {
		*ret_manager = take_ptr(manager);
	}
	return r;
}
