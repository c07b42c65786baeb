/* The unit that applies the plan again at boot: enabled by the very link that `systemctl enable`
 * would make, so that neither systemd nor D-Bus need run for it. */
#include <limits.h>
#include <stdio.h>

#include "system/file-change.h"
#include "system/kinds.h"

#define UNIT "twinlens-tune.service"
#define LINK "/etc/systemd/system/swap.target.wants/" UNIT

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
	if (change->is_in_place || change->lacks[0]) {
		return 0;
	}
	if (!machine->has_systemd) {
		change_text(change->lacks, sizeof(change->lacks),
			"systemd, which is to apply the plan at boot: it does not run here");
	} else if (!unit[0]) {
		change_text(change->lacks, sizeof(change->lacks),
			UNIT ", which is to apply the plan at boot: install twinlens, as README.md "
			     "says");
	}
	return 0;
}

const struct change_kind boot_change_kind = {
	.name = "boot",
	.plan = boot_plan,
	.apply = file_change_apply,
	.compare = file_change_compare,
	.restore = file_change_restore,
};
