/* The unit that applies the plan again at boot: enabled by the very link that `systemctl enable`
 * would make, so that neither systemd nor D-Bus need run for it. */
#include <limits.h>
#include <stdio.h>

#include "systemd/unit-file.h"
#include "tune/file/file-change.h"
#include "tune/kinds.h"

#define UNIT "twinlens-tune.service"
#define LINK UNIT_FILE_FOLDER "/swap.target.wants/" UNIT
#define OWN  UNIT_FILE_FOLDER "/" UNIT /* what an administrator put before ours */

/* Of systemctl mask --runtime; the next start finds it gone. */
#define RUNTIME UNIT_FILE_RUNTIME "/" UNIT

/* systemd's search path, the first that has it. */
static const char *const folders[] = {
	"/usr/local/lib/systemd/system",
	"/usr/lib/systemd/system",
	"/lib/systemd/system",
};

/* "" when it is not installed. */
static void find_unit(const struct sysroot *root, char *path, size_t size)
{
	for (size_t i = 0; i < sizeof(folders) / sizeof(folders[0]); i++) {
		snprintf(path, size, "%s/" UNIT, folders[i]);
		if (sysroot_exists(root, path)) {
			return;
		}
	}
	path[0] = '\0';
}

static bool keep_path(const struct sysroot *root, const char *path, void *data)
{
	(void)root;
	snprintf(data, PATH_MAX, "%s", path);
	return true;
}

/* What an administrator did to the unit beyond enabling it. */
static void tell_others(const struct sysroot *root, struct change *change)
{
	char drop_in[PATH_MAX];

	if (unit_file_is_masked(root, RUNTIME)) {
		change_text(change->disagrees, sizeof(change->disagrees),
			RUNTIME " masks it, until the machine is started again");
	} else if (sysroot_exists(root, OWN)) {
		change_text(change->disagrees, sizeof(change->disagrees),
			OWN " takes the place of the unit that is installed");
	} else if (unit_file_find_conf(root, OWN ".d", keep_path, drop_in)) {
		change_text(change->disagrees, sizeof(change->disagrees),
			"%.200s changes the unit that is installed", drop_in);
	}
}

static void judge(const struct machine *machine, const char *unit, struct change *change)
{
	if (unit_file_is_masked(machine->root, OWN)) {
		change->is_in_place = false;
		change_text(change->now, sizeof(change->now), "masked");
		change_text(change->lacks, sizeof(change->lacks),
			UNIT ", which is to apply the plan at boot: " OWN
			     " masks it: run systemctl unmask " UNIT);
		return;
	}
	tell_others(machine->root, change);
	if (change->is_in_place || change->lacks[0]) {
		return;
	}
	if (!machine->has_systemd) {
		change_text(change->lacks, sizeof(change->lacks),
			"systemd, which is to apply the plan at boot: it does not run here");
	} else if (!unit[0]) {
		change_text(change->lacks, sizeof(change->lacks),
			UNIT ", which is to apply the plan at boot: install twinlens, as README.md "
			     "says");
	}
}

static int boot_plan(const struct machine *machine, const struct profile *profile,
	struct plan *plan, struct error *err)
{
	char unit[PATH_MAX];
	struct change *change = NULL;

	(void)profile;
	if (!machine->is_boot_state) {
		return 0;
	}
	find_unit(machine->root, unit, sizeof(unit));
	int r = file_change_plan_link(machine, plan, &boot_change_kind, LINK,
		unit[0] ? unit : "/usr/lib/systemd/system/" UNIT, &change, err);
	if (r < 0) {
		return r;
	}
	change_text(change->why, sizeof(change->why), "applies the plan again at boot");
	change_text(change->to, sizeof(change->to), "enabled");
	change_text(
		change->now, sizeof(change->now), change->is_in_place ? "enabled" : "not enabled");
	judge(machine, unit, change);
	return 0;
}

/* A link that a mask keeps from doing anything is to be told, and can be taken back all the same.
 */
static int boot_compare(const struct machine *machine, const struct journal_entry *entry,
	enum change_state *ret_state, char *ret_now, struct error *err)
{
	int r = file_change_compare(machine, entry, ret_state, ret_now, err);

	if (r == 0 && *ret_state == CHANGE_STATE_IN_PLACE &&
		unit_file_is_masked(machine->root, OWN)) {
		*ret_state = CHANGE_STATE_PARTIAL;
		change_text(ret_now, CHANGE_VALUE_MAX, "masked by " OWN);
	}
	return r;
}

const struct change_kind boot_change_kind = {
	.name = "boot",
	.plan = boot_plan,
	.apply = file_change_apply,
	.compare = boot_compare,
	.restore = file_change_restore,
};
