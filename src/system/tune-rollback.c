/* Taking back: compare first, then restore, the latest change first. */
#include <errno.h>

#include "system/memory.h"
#include "system/tune-impl.h"

struct undo {
	const struct change_kind *kind;
	const struct journal_entry *entry;
	struct change_run run;
	char text[CHANGE_TEXT_MAX];
	enum tune_outcome outcome;
	const char *how; /* for the journal; NULL when the entry stays */
};

static void settle(struct undo *undo, enum tune_outcome outcome, const char *how)
{
	undo->outcome = outcome;
	undo->how = how;
}

/* A change of somebody else is left alone, and so is what cannot be compared. */
static void undo_entry(struct undo *undo)
{
	char now[CHANGE_VALUE_MAX] = "";
	enum change_state state;
	struct error err = {0};

	settle(undo, TUNE_OUTCOME_FAILED, NULL);
	int r = undo->kind->compare(undo->run.machine, undo->entry, &state, now, &err);
	if (r == 0 && (state == CHANGE_STATE_IN_PLACE || state == CHANGE_STATE_PARTIAL)) {
		r = undo->kind->restore(&undo->run, &err);
		if (r == 0) {
			settle(undo, TUNE_OUTCOME_RESTORED, "restored");
			change_text(undo->text, sizeof(undo->text), "%s", undo->run.note);
		}
	} else if (r == 0 && state == CHANGE_STATE_OTHER) {
		settle(undo, TUNE_OUTCOME_LEFT, "left alone");
		change_text(undo->text, sizeof(undo->text), "changed since, and left so: %s", now);
	} else if (r == 0 && state == CHANGE_STATE_ACTION) {
		settle(undo, TUNE_OUTCOME_ACTION, "not undone");
	} else if (r == 0) {
		settle(undo, TUNE_OUTCOME_AS_BEFORE, "as before");
	}
	if (r < 0) {
		change_text(undo->text, sizeof(undo->text), "%s", err.text);
	}
}

/* 0; 1 when it stays; a negative errno when the journal fails. */
static int undo_one(struct tune *tune, const struct journal_entry *entry,
	const struct tune_observer *observer, struct error *err)
{
	struct undo undo = {
		.kind = change_kind_find(entry->kind),
		.entry = entry,
		.run = {.machine = &tune->machine, .journal = tune->journal, .entry = entry},
	};
	struct tune_step step = {.kind = entry->kind, .object = entry->object, .text = undo.text};

	if (memory_read(tune->machine.root, "MemAvailable", &step.available_before) < 0) {
		step.available_before = 0;
	}
	if (undo.kind) {
		undo_entry(&undo);
	} else {
		settle(&undo, TUNE_OUTCOME_FAILED, NULL);
		change_text(undo.text, sizeof(undo.text),
			"%s is of no kind that this version knows: use the one that applied it",
			entry->kind);
	}
	step.outcome = undo.outcome;
	tune_tell(tune, observer, &step); /* kind and object are the entry's, which goes next */
	if (!undo.how) {
		return 1;
	}
	return journal_write_undone(tune->journal, entry, undo.how, err);
}

static int undo_all(struct tune *tune, const struct tune_observer *observer, struct error *err)
{
	int worst = 0;

	for (size_t i = journal_count(tune->journal); i > 0; i--) {
		if (observer->is_interrupted(observer->data)) {
			return error_set(err, -EINTR, "interrupted: rollback again goes on");
		}
		int r = undo_one(tune, journal_entry(tune->journal, i - 1), observer, err);
		if (r < 0) {
			return r;
		}
		worst = r > 0 ? r : worst;
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
	if (worst == 0 && journal_size(tune->journal) > 0) {
		return journal_compact(tune->journal, err);
	}
	return worst;
}
