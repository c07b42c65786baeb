/* What every verb of tune begins with: the lock, the journal, the machine, the profile. */
#include "tune/tune.h"

#include <errno.h>
#include <limits.h>
#include <string.h>

#include "systemd/systemd.h"
#include "tune/change-kind.h"
#include "tune/lock.h"
#include "util/cleanup.h"
#include "util/clock.h"

#define LOCK_WAIT_NS (5 * NSEC_PER_SEC)

static int take_lock(struct tune *tune, const char *verb, struct error *err)
{
	char folder[PATH_MAX];

	int r = sysroot_path(tune->machine.root, TUNE_RUN_FOLDER, folder, sizeof(folder));
	if (r < 0) {
		return error_set(err, r, TUNE_RUN_FOLDER ": %s", error_name(r));
	}
	return lock_take(folder, verb, LOCK_WAIT_NS, &tune->lock_fd, err);
}

int tune_open(struct tune *tune, const struct sysroot *root, const char *folder, const char *verb,
	struct error *err)
{
	*tune = (struct tune){.lock_fd = -1, .folder = folder};
	int r = machine_init(&tune->machine, root, err);
	if (r == 0 && verb && tune->machine.is_admin) {
		r = take_lock(tune, verb, err);
	}
	if (r == 0) {
		r = journal_open(folder, tune->lock_fd >= 0, &tune->journal, err);
	}
	if (r == 0) {
		tune->machine.systemd = systemd_new();
		r = tune->machine.systemd ? 0 : error_set(err, -ENOMEM, "%s", error_name(-ENOMEM));
	}
	if (r < 0) {
		tune_close(tune);
		return r;
	}
	tune->machine.journal = tune->journal;
	tune->machine.is_boot_state = strcmp(folder, TUNE_STATE_FOLDER) == 0;
	return 0;
}

void tune_close(struct tune *tune)
{
	tune->machine.systemd = systemd_free(tune->machine.systemd);
	tune->journal = journal_close(tune->journal);
	free(tune->profile);
	tune->profile = NULL;
	tune->lock_fd = close_fd(tune->lock_fd);
}

int tune_set_profile(struct tune *tune, struct profile *profile, struct error *err)
{
	struct journal_origin origin;

	free(tune->profile);
	tune->profile = profile;
	if (journal_get_origin(tune->journal, &origin) &&
		strcmp(origin.profile, profile->name) != 0) {
		bool is_default = strcmp(tune->folder, TUNE_STATE_FOLDER) == 0;
		return error_set(err, -EEXIST,
			"profile %.100s: %.100s is applied: run twinlens tune rollback%s%.200s "
			"first",
			profile->name, origin.profile, is_default ? "" : " --state ",
			is_default ? "" : tune->folder);
	}
	return 0;
}

static bool has_entries(const struct journal *journal, const struct change_kind *kind)
{
	for (size_t i = 0; i < journal_count(journal); i++) {
		if (strcmp(journal_entry(journal, i)->kind, kind->name) == 0) {
			return true;
		}
	}
	return false;
}

int tune_recover(const struct tune *tune, struct error *err)
{
	int r = 0;

	if (journal_is_complete(tune->journal) || tune->lock_fd < 0) {
		return 0;
	}
	for (size_t i = 0; i < n_change_kinds && r == 0; i++) {
		const struct change_kind *kind = change_kinds[i];
		if (kind->recover && has_entries(tune->journal, kind)) {
			r = kind->recover(&tune->machine, err);
		}
	}
	return r;
}

int tune_plan(struct tune *tune, struct plan *ret_plan, struct error *err)
{
	struct plan plan = {0};

	for (size_t i = 0; i < n_change_kinds; i++) {
		const struct change_kind *kind = change_kinds[i];
		int r = kind->plan ? kind->plan(&tune->machine, tune->profile, &plan, err) : 0;
		if (r < 0) {
			plan_done(&plan);
			return r;
		}
	}
	*ret_plan = plan;
	return 0;
}
