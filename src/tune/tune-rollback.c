/* Taking back: compare first, then restore, the latest change first. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "tune/tune-impl.h"
#include "util/cleanup.h"

struct undo {
	const struct change_kind *kind; /* NULL for one of a newer version */
	const struct journal_entry *entry;
	enum change_state state;
	char text[CHANGE_TEXT_MAX];
	enum tune_outcome outcome;
	const char *how; /* for the journal; NULL when it stays, or is still to be restored */
};

static void conclude(struct undo *undo, enum tune_outcome outcome, const char *how)
{
	undo->outcome = outcome;
	undo->how = how;
}

static bool is_to_restore(const struct undo *undo)
{
	return undo->state == CHANGE_STATE_IN_PLACE || undo->state == CHANGE_STATE_PARTIAL ||
	       undo->state == CHANGE_STATE_MIXED;
}

/* It stays in the journal, and the others are restored all the same. */
static void fail(struct undo *undo, const char *why)
{
	undo->state = CHANGE_STATE_OTHER;
	conclude(undo, TUNE_OUTCOME_FAILED, NULL);
	change_text(undo->text, sizeof(undo->text), "%s", why);
}

/* A change of somebody else is left alone, and so is what cannot be compared. */
static void look(const struct tune *tune, struct undo *undo)
{
	char now[CHANGE_VALUE_MAX] = "";
	struct error err = {0};

	if (!undo->kind) {
		change_text(err.text, sizeof(err.text),
			"%s is of no kind that this version knows: use the one that applied it",
			undo->entry->kind);
		fail(undo, err.text);
		return;
	}
	if (undo->kind->compare(&tune->machine, undo->entry, &undo->state, now, &err) < 0) {
		fail(undo, err.text);
		return;
	}
	switch (undo->state) {
	case CHANGE_STATE_BEFORE:
		conclude(undo, TUNE_OUTCOME_AS_BEFORE, "as before");
		break;
	case CHANGE_STATE_OTHER:
		conclude(undo, TUNE_OUTCOME_LEFT, "left alone");
		change_text(undo->text, sizeof(undo->text), "changed since, and left so: %s", now);
		break;
	case CHANGE_STATE_ACTION:
		conclude(undo, TUNE_OUTCOME_ACTION, "not undone");
		break;
	case CHANGE_STATE_IN_PLACE:
	case CHANGE_STATE_PARTIAL:
	case CHANGE_STATE_MIXED:
		break;
	}
}

/* What the entries of a group have in common. */
static void restore_first(struct tune *tune, struct undo *undos, size_t n)
{
	const struct change_kind *kind = undos[0].kind;
	_cleanup_free_ const struct journal_entry **entries = calloc(n, sizeof(*entries));
	struct change_batch batch = {&tune->machine, tune->journal, entries, 0, "", 0};
	struct error err = {0};
	int r = entries ? 0 : error_set(&err, -ENOMEM, "%s", error_name(-ENOMEM));

	for (size_t i = 0; i < n && r == 0; i++) {
		if (is_to_restore(&undos[i])) {
			entries[batch.n++] = undos[i].entry;
		}
	}
	if (r == 0 && batch.n > 0) {
		r = kind->restore_first(&batch, &err);
	}
	for (size_t i = 0; i < n && r < 0; i++) {
		if (is_to_restore(&undos[i])) {
			fail(&undos[i], err.text);
		}
	}
}

static void restore(struct undo *undo, struct change_run *run)
{
	struct error err = {0};
	int r = undo->kind->restore(run, &err);

	if (r < 0) {
		fail(undo, err.text);
		return;
	}
	conclude(undo, r > 0 ? TUNE_OUTCOME_FLAWED : TUNE_OUTCOME_RESTORED, "restored");
	change_text(undo->text, sizeof(undo->text), "%s", run->note);
}

/* A set of enum tune_flaw; a negative errno when the journal fails. */
static int undo_one(struct tune *tune, struct undo *undo, const struct tune_observer *observer,
	struct error *err)
{
	struct change_run run = {
		.machine = &tune->machine, .journal = tune->journal, .entry = undo->entry};
	struct tune_step step = {.kind = undo->entry->kind, .object = undo->entry->object};

	tune_step_begin(tune, &step);
	if (is_to_restore(undo)) {
		restore(undo, &run);
	}
	step.outcome = undo->outcome;
	step.text = undo->text;
	step.waited_ns = run.waited_ns;
	tune_tell(tune, observer, &step); /* kind and object are the entry's, which goes next */
	if (!undo->how) {
		return TUNE_FLAW_STAYS;
	}
	int flaw = undo->outcome == TUNE_OUTCOME_FLAWED ? TUNE_FLAW_LEFT : 0;
	int r = journal_write_undone(tune->journal, undo->entry, undo->how, err);
	return r < 0 ? r : flaw;
}

static int check_interrupted(const struct tune_observer *observer, struct error *err)
{
	return observer->is_interrupted(observer->data)
		       ? error_set(err, -EINTR, "interrupted: rollback again goes on")
		       : 0;
}

/* The n entries before the one with the number end, the latest first. As undo_one. */
static int undo_group(struct tune *tune, size_t end, size_t n, const struct tune_observer *observer,
	struct error *err)
{
	_cleanup_free_ struct undo *undos = calloc(n, sizeof(*undos));
	int worst = 0, r = check_interrupted(observer, err);

	if (r < 0 || !undos) {
		return r < 0 ? r : error_set(err, -ENOMEM, "%s", error_name(-ENOMEM));
	}
	for (size_t i = 0; i < n; i++) {
		undos[i].entry = journal_entry(tune->journal, end - 1 - i);
		undos[i].kind = change_kind_find(undos[i].entry->kind);
		look(tune, &undos[i]);
	}
	if (undos[0].kind && undos[0].kind->restore_first) {
		restore_first(tune, undos, n);
	}
	for (size_t i = 0; i < n; i++) {
		r = i > 0 ? check_interrupted(observer, err) : 0;
		r = r ? r : undo_one(tune, &undos[i], observer, err);
		if (r < 0) {
			return r;
		}
		worst |= r;
	}
	return worst;
}

/* How many of the entries before the one with the number end are undone together. */
static size_t count_group(const struct journal *journal, size_t end)
{
	const char *name = journal_entry(journal, end - 1)->kind;
	const struct change_kind *kind = change_kind_find(name);
	size_t n = 1;

	while (kind && kind->restore_first && n < end &&
		strcmp(journal_entry(journal, end - 1 - n)->kind, name) == 0) {
		n++;
	}
	return n;
}

static int undo_all(struct tune *tune, const struct tune_observer *observer, struct error *err)
{
	int worst = 0;

	for (size_t end = journal_count(tune->journal); end > 0;) {
		size_t n = count_group(tune->journal, end);
		int r = undo_group(tune, end, n, observer, err);
		if (r < 0) {
			return r;
		}
		worst |= r;
		end -= n;
	}
	return worst;
}

int tune_rollback(struct tune *tune, const struct tune_observer *observer, struct error *err)
{
	int worst = 0;

	if (journal_count(tune->journal) > 0) {
		int r = journal_write_begin(tune->journal, "rollback", NULL, err);
		worst = r < 0 ? r : undo_all(tune, observer, err);
		if (worst >= 0) {
			r = journal_write_end(tune->journal, err);
			worst = r < 0 ? r : worst;
		}
	}
	if (worst < 0 || worst & TUNE_FLAW_STAYS) {
		return worst;
	}
	int r = journal_size(tune->journal) > 0 ? journal_compact(tune->journal, err) : 0;
	if (r == 0) {
		tune_disclaim(tune);
	}
	return r < 0 ? r : worst;
}
