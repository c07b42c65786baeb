/*
 * One journal at a time: of two, each would take what the other made for what was there before. The
 * default one is always looked at, another one as long as the note lasts: in this boot.
 */
#include <errno.h>
#include <limits.h>
#include <string.h>
#include <unistd.h>

#include "tune/tune-impl.h"

#define LINK TUNE_RUN_FOLDER "/applied"

static int check_other(const struct tune *tune, const char *folder, struct error *err)
{
	struct journal *journal = NULL;

	if (!folder[0] || strcmp(folder, tune->folder) == 0) {
		return 0;
	}
	int r = journal_open(folder, false, &journal, err);
	if (r < 0) {
		return r;
	}
	size_t n = journal_count(journal);
	journal_close(journal);
	return n == 0 ? 0
		      : error_set(err, -EEXIST,
				"what is in %.200s is applied: run twinlens tune rollback --state "
				"%.200s first",
				folder, folder);
}

/* Writes "" when none was applied since the machine started. */
static int read_claim(const struct tune *tune, char folder[static PATH_MAX], struct error *err)
{
	int r = sysroot_readlink(tune->machine.root, LINK, folder, PATH_MAX);

	if (r == -ENOENT) {
		folder[0] = '\0';
		return 0;
	}
	return r < 0 ? error_set(err, r, LINK ": %s", error_name(r)) : 0;
}

int tune_check_others(const struct tune *tune, struct error *err)
{
	char folder[PATH_MAX], standard[PATH_MAX];

	int r = sysroot_path(tune->machine.root, TUNE_STATE_FOLDER, standard, sizeof(standard));
	if (r < 0) {
		return error_set(err, r, TUNE_STATE_FOLDER ": %s", error_name(r));
	}
	r = read_claim(tune, folder, err);
	r = r ? r : check_other(tune, standard, err);
	return r ? r : check_other(tune, folder, err);
}

int tune_claim(const struct tune *tune, struct error *err)
{
	char link[PATH_MAX], folder[PATH_MAX];
	int r = tune_check_others(tune, err);

	r = r ? r : read_claim(tune, folder, err);
	if (r < 0 || strcmp(folder, tune->folder) == 0) {
		return r;
	}
	r = sysroot_path(tune->machine.root, LINK, link, sizeof(link));
	if (r < 0) {
		return error_set(err, r, LINK ": %s", error_name(r));
	}
	if ((folder[0] && unlink(link) < 0) || symlink(tune->folder, link) < 0) {
		return error_set(err, -errno, LINK ": %s", error_name(-errno));
	}
	return 0;
}

void tune_disclaim(const struct tune *tune)
{
	char link[PATH_MAX], folder[PATH_MAX];

	if (sysroot_path(tune->machine.root, LINK, link, sizeof(link)) == 0 &&
		read_claim(tune, folder, NULL) == 0 && strcmp(folder, tune->folder) == 0) {
		unlink(link); /* one that stays leads to a journal without entries */
	}
}
