/*
 * tune: plan, apply, compare, take back. What is printed is the caller's part: it is told of each
 * step as it is made.
 */
#ifndef TUNE_TUNE_H
#define TUNE_TUNE_H

#include <stdbool.h>

#include "tune/change.h"
#include "tune/journal.h"
#include "tune/machine.h"
#include "tune/profile.h"
#include "util/error.h"

/* Where the journal is kept; the boot unit reads this one. */
#define TUNE_STATE_FOLDER "/var/lib/twinlens/tune"

/* Of the machine, whatever journal is used: the lock, and which journal is applied in this boot. */
#define TUNE_RUN_FOLDER "/run/twinlens-tune"

#define TUNE_PROFILE_DEFAULT "guide"

enum tune_outcome {
	TUNE_OUTCOME_MADE,
	TUNE_OUTCOME_FAILED,
	TUNE_OUTCOME_RESTORED,
	TUNE_OUTCOME_FLAWED,    /* restored as far as it can be: a service could not be started */
	TUNE_OUTCOME_AS_BEFORE, /* rollback: nothing was to be restored; boot: nothing to apply */
	TUNE_OUTCOME_LEFT,      /* somebody changed it since: left alone */
	TUNE_OUTCOME_ACTION,    /* a deed that is not undone */
	TUNE_OUTCOME_SETTLED,   /* all changes of the kind: they are in force, and stay so */
	TUNE_OUTCOME_COUNT
};

struct tune_step {
	const char *kind, *object; /* object: "" when it is about all of the kind */
	enum tune_outcome outcome;
	const char *text;                           /* what a person is to know; "" when nothing */
	uint64_t available_before, available_after; /* MemAvailable in bytes; 0 when not known */
	uint64_t begun_ns, took_ns;
	uint64_t waited_ns; /* of it, until services had stopped or started, and stayed so */
};

struct tune_observer {
	void (*on_step)(void *data, const struct tune_step *step);
	/* Asked between two steps: true ends the run after the one that was made. */
	bool (*is_interrupted)(void *data);
	void *data;
};

struct tune {
	struct machine machine;
	struct journal *journal;
	struct profile *profile; /* NULL for what needs none */
	const char *folder;      /* of the journal; the caller's */
	int lock_fd;
};

/*
 * Reads machine and journal. folder: of the journal; it is to live as long as tune. verb: who holds
 * the lock, for others to read; NULL for reading only, and nothing is locked either without the
 * right to change the machine. Waits for the lock; nothing is written yet.
 * 0; -EBUSY with who holds the lock; another negative errno with err.
 */
int tune_open(struct tune *tune, const struct sysroot *root, const char *folder, const char *verb,
	struct error *err);
void tune_close(struct tune *tune);

/* Takes the profile. 0 or a negative errno; -EEXIST when another one is applied. */
int tune_set_profile(struct tune *tune, struct profile *profile, struct error *err);

/*
 * Before the plan of an apply: when the last run was cut short, what it changed is made known to
 * all. 0 or a negative errno with err.
 */
int tune_recover(const struct tune *tune, struct error *err);

/* What the profile asks for. The caller calls plan_done(). 0 or a negative errno with err. */
int tune_plan(struct tune *tune, struct plan *ret_plan, struct error *err);

/*
 * The machine compared with what the journal has, as a plan: in place, or open when it differs;
 * lacks says why one could not be compared. The profile has no part in it: its file may be another
 * by now. The caller calls plan_done(). 0 or a negative errno with err.
 */
int tune_compare(const struct tune *tune, struct plan *ret_plan, struct error *err);

/* 0; -EEXIST when another journal has entries; another negative errno with err. Writes nothing. */
int tune_check_others(const struct tune *tune, struct error *err);

/*
 * Notes, for this boot, that the machine is changed with this journal; before anything is. As
 * tune_check_others.
 */
int tune_claim(const struct tune *tune, struct error *err);

/*
 * Makes the open changes of the plan, in order; ends at the first that fails. 0 with how many were
 * made; -EINTR when it was interrupted; another negative errno with err.
 */
int tune_apply(struct tune *tune, const struct plan *plan, const struct tune_observer *observer,
	size_t *ret_made, struct error *err);

enum tune_flaw {
	TUNE_FLAW_STAYS = 1, /* something could not be undone, and is still in the journal */
	TUNE_FLAW_LEFT = 2,  /* something is not as before, and trying again would be of no use */
};

/*
 * Undoes everything that the journal has, the latest first. What fails or is refused stays in the
 * journal, and the rest is undone all the same. 0; a set of enum tune_flaw (the observer was told);
 * -EINTR; another negative errno with err.
 */
int tune_rollback(struct tune *tune, const struct tune_observer *observer, struct error *err);

/* Makes again what the reboot undid. 0; 1 when something failed; as tune_rollback. */
int tune_boot(struct tune *tune, const struct tune_observer *observer, struct error *err);

#endif
