/* Which of the units could be left out at the next boot, and what hangs on them. */
#include "boot/boot.h"

#include <stdio.h>
#include <string.h>

static const struct boot_unit *find(const struct boot *boot, const char *name)
{
	for (size_t i = 0; i < boot->n; i++) {
		if (names_contain(&boot->units[i].unit.names, name)) {
			return &boot->units[i];
		}
	}
	return NULL;
}

static bool is_essential(const struct boot *boot, const char *name)
{
	const struct boot_unit *unit = find(boot, name);

	return unit && unit->is_essential;
}

static bool has_essential(const struct boot *boot, const struct names *names)
{
	for (size_t i = 0; i < names->n; i++) {
		if (is_essential(boot, names->items[i])) {
			return true;
		}
	}
	return false;
}

/* All that basic.target pulls in, over any number of steps. */
static void mark_essential(struct boot *boot)
{
	bool is_changed = true;

	for (size_t i = 0; i < boot->n; i++) {
		boot->units[i].is_essential = strcmp(boot->units[i].unit.id, "basic.target") == 0;
	}
	while (is_changed) {
		is_changed = false;
		for (size_t i = 0; i < boot->n; i++) {
			struct boot_unit *unit = &boot->units[i];
			if (!unit->is_essential &&
				(has_essential(boot, &unit->unit.required_by) ||
					has_essential(boot, &unit->unit.wanted_by))) {
				unit->is_essential = true;
				is_changed = true;
			}
		}
	}
}

/* "WORD a, b", of those that took part in the start-up, as far as there is room. */
static void append_names(const struct boot *boot, const struct names *names, const char *word,
	char *text, size_t size)
{
	size_t used = strlen(text), told = 0;

	for (size_t i = 0; i < names->n && used < size; i++) {
		if (!find(boot, names->items[i])) {
			continue;
		}
		const char *before = told++ > 0 ? ", " : used > 0 ? "; " : "";
		used += (size_t)snprintf(text + used, size - used, "%s%s%s", before,
			told > 1 ? "" : word, names->items[i]);
	}
}

static bool is_required_by_other_kind(const struct boot *boot, const struct unit *unit)
{
	for (size_t i = 0; i < unit->required_by.n; i++) {
		const char *name = unit->required_by.items[i];
		if (find(boot, name) && strcmp(unit_name_kind(name), "service") != 0) {
			return true;
		}
	}
	return false;
}

static void advise(struct boot_unit *unit, const struct boot *boot, const struct guard *guard,
	const struct sysroot *root)
{
	char why[GUARD_REASON_MAX];

	unit->can_leave_out = false;
	unit->reason[0] = '\0';
	if (strcmp(unit_name_kind(unit->unit.id), "service") != 0) {
		snprintf(unit->reason, sizeof(unit->reason), "not a service");
	} else if (unit->is_essential) {
		snprintf(unit->reason, sizeof(unit->reason), "basic.target needs it");
	} else if (guard_protects(guard, root, unit->unit.id, why)) {
		snprintf(unit->reason, sizeof(unit->reason), "%s", why);
	} else {
		unit->can_leave_out =
			!is_required_by_other_kind(boot, &unit->unit) && !unit->unit.is_transient;
		append_names(boot, &unit->unit.required_by, "required by ", unit->reason,
			sizeof(unit->reason));
		append_names(boot, &unit->unit.wanted_by, "wanted by ", unit->reason,
			sizeof(unit->reason));
		append_names(boot, &unit->unit.triggered_by, "started by ", unit->reason,
			sizeof(unit->reason));
	}
}

void boot_advise(struct boot *boot, const struct guard *guard, const struct sysroot *root)
{
	mark_essential(boot);
	for (size_t i = 0; i < boot->n; i++) {
		advise(&boot->units[i], boot, guard, root);
	}
}
