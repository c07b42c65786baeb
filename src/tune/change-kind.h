/*
 * How a kind of change plugs in: a const struct change_kind in a file of its own, declared in
 * kinds.h, and a line in the table of kinds.c. tune-*.c does the rest: it inspects with plan(),
 * writes the intent to the journal, calls apply(), writes that it is done, and at rollback compares
 * before it restores.
 *
 * The process may be killed, or the power cut, between any two instructions. So:
 * - change.before and change.wanted are complete before apply() is called, and durable;
 * - what apply() learns on its way and restore() needs (the number of a new device) goes to the
 *   journal at once, with change_run_progress();
 * - apply() and restore() are idempotent: after a kill they are called again, from the start.
 *
 * One thread. Unless told otherwise, functions return 0 or a negative errno with err set (object,
 * value, reason, what to do); ret_ outputs are written only on success.
 */
#ifndef TUNE_CHANGE_KIND_H
#define TUNE_CHANGE_KIND_H

#include "tune/change.h"

#include "tune/journal.h"
#include "tune/machine.h"
#include "tune/profile.h"
#include "util/error.h"

/* How the object stands, compared with what the journal keeps of it. */
enum change_state {
	CHANGE_STATE_BEFORE,   /* as before the change; restoring has nothing to do */
	CHANGE_STATE_IN_PLACE, /* as the change made it */
	CHANGE_STATE_PARTIAL,  /* between both: apply() was killed on the way */
	CHANGE_STATE_OTHER,    /* neither: somebody changed it since; it is left alone */
	CHANGE_STATE_MIXED,    /* somebody changed a part of it: that is left, the rest restored */
	CHANGE_STATE_ACTION,   /* a deed and no state (dropping the page cache): never undone */
};

struct change_run {
	const struct machine *machine;
	struct journal *journal;
	const struct journal_entry *entry; /* before, wanted, and the progress of killed runs */
	char note[CHANGE_TEXT_MAX]; /* may be set: what a person is to know ("no lz4: ...") */
	uint64_t waited_ns;         /* may be set: for what the machine took to settle */
};

/* Entries of one kind that have something in common, which is done once for all of them. */
struct change_batch {
	const struct machine *machine;
	struct journal *journal;
	const struct journal_entry *const *entries;
	size_t n; /* at least one */
	char note[CHANGE_TEXT_MAX];
	uint64_t waited_ns;
};

/*
 * Adds members to entry->progress, or replaces them, in memory and durably in the journal. They
 * stay over reboots and further intents: what holds for one boot only has to carry
 * machine->boot_id. Takes the reference of progress (an object), also when it fails; NULL is
 * -ENOMEM.
 */
int change_run_progress(struct change_run *run, json_t *progress, struct error *err);

/* The same for an entry of a batch. */
int change_batch_progress(struct change_batch *batch, const struct journal_entry *entry,
	json_t *progress, struct error *err);

struct change_kind {
	const char *name; /* in the journal and for people; never changed once released */

	/*
	 * Inspects the machine and adds what the profile asks for: changes that are to be made,
	 * those in place, and those that cannot be made (lacks). Writes nothing, and works without
	 * privileges as far as reading goes. An object that is not there and need not be
	 * ("service not installed") is in place, and says so in now. Kinds are asked in the order
	 * of the table; plan holds what those before added, of which it may say what they lack.
	 * machine->journal tells what was applied before. NULL for a kind whose changes other kinds
	 * add.
	 */
	int (*plan)(const struct machine *machine, const struct profile *profile, struct plan *plan,
		struct error *err);

	/*
	 * Before the plan of an apply that follows a run that was cut short: what that one changed
	 * is to be seen by all. NULL for none.
	 */
	int (*recover)(const struct machine *machine, struct error *err);

	/*
	 * Makes the change and reads it back. Takes at most a few seconds; what takes long is left
	 * to settle(). On failure what was done so far is for restore() to undo.
	 */
	int (*apply)(struct change_run *run, struct error *err);

	/*
	 * After all changes are made, with the kind's entries of this run (with all of them, when
	 * the run before was cut short): makes what takes effect for all of them at once, and looks
	 * whether it stays so (a service that comes back). NULL for none.
	 */
	int (*settle)(struct change_batch *batch, struct error *err);

	/*
	 * How the object stands now. ret_now (CHANGE_VALUE_MAX bytes) is for people, and in state
	 * OTHER is what is reported.
	 */
	int (*compare)(const struct machine *machine, const struct journal_entry *entry,
		enum change_state *ret_state, char *ret_now, struct error *err);

	/*
	 * Before restore() of several entries, those that are to be restored: does what they have
	 * in common. When it fails none of them is restored. NULL for none.
	 */
	int (*restore_first)(struct change_batch *batch, struct error *err);

	/*
	 * Puts back entry->before; called in the states IN_PLACE, PARTIAL and MIXED only. A refusal
	 * (a swapoff that does not fit) is an error: the entry stays, the others are restored all
	 * the same, and the next rollback tries again. 1 when that would be of no use: all was done
	 * that can be, and run->note says what is not as before.
	 */
	int (*restore)(struct change_run *run, struct error *err);

	/*
	 * At the next boot, for what a reboot undoes; called in state BEFORE. NULL for what lasts.
	 * 1 with run->note when it is left alone, as somebody else sees to it by now.
	 */
	int (*reapply)(struct change_run *run, struct error *err);
};

/* What the journal has of the change; NULL when it was never applied. */
const struct journal_entry *change_find_entry(
	const struct machine *machine, const struct change *change);

/* The table, in the order in which changes are made; they are undone in the reverse order. */
extern const struct change_kind *const change_kinds[];
extern const size_t n_change_kinds;

/* NULL when there is none. */
const struct change_kind *change_kind_find(const char *name);

/* true, and lacks set, when the machine gives no right to change the system (not root). */
bool change_lacks_root(const struct machine *machine, struct change *change);

/* The same when path, of /proc/sys, cannot be written: that, or the right to. */
bool change_lacks_proc(const struct machine *machine, const char *path, struct change *change);

/*
 * Sets lacks of an open change when its object was applied and somebody changed it since (compare()
 * says OTHER or MIXED): neither that nor what was before is to be lost. 0, or what compare()
 * returns.
 */
int change_refuse_foreign(const struct machine *machine, struct change *change, struct error *err);

#endif
