/* At boot: what lasts by itself is left alone, what a reboot undoes is made again. */
#include <errno.h>

#include "tune/tune-impl.h"

/* Each boot adds a few records; a year of them is thrown out at once. */
#define COMPACT_SIZE (64 << 10)

static int apply_again(struct tune *tune, const struct change_kind *kind,
	const struct journal_entry *entry, const struct tune_observer *observer, struct error *err)
{
	const struct journal_entry *again;

	int r = journal_write_intent(tune->journal, entry->kind, entry->object, entry->to,
		entry->before, entry->wanted, &again, err);
	return r < 0 ? r : tune_make(tune, again, kind->reapply, observer, err);
}

/* 0; 1 when it failed, and the observer was told. */
static int boot_entry(struct tune *tune, const struct journal_entry *entry,
	const struct tune_observer *observer, struct error *err)
{
	const struct change_kind *kind = change_kind_find(entry->kind);
	char now[CHANGE_VALUE_MAX] = "";
	enum change_state state;
	struct tune_step step = {.kind = entry->kind, .object = entry->object};

	tune_step_begin(tune, &step);
	if (!kind || !kind->reapply) {
		return 0;
	}
	int r = kind->compare(&tune->machine, entry, &state, now, err);
	if (r == 0 && (state == CHANGE_STATE_BEFORE || state == CHANGE_STATE_PARTIAL)) {
		return apply_again(tune, kind, entry, observer, err) < 0;
	}
	if (r == 0 && state == CHANGE_STATE_IN_PLACE) {
		return 0;
	}
	step.outcome = r < 0 ? TUNE_OUTCOME_FAILED : TUNE_OUTCOME_LEFT;
	step.text = r < 0 ? err->text : now;
	tune_tell(tune, observer, &step);
	return r < 0;
}

int tune_boot(struct tune *tune, const struct tune_observer *observer, struct error *err)
{
	int worst = 0;

	if (journal_count(tune->journal) == 0) {
		return 0;
	}
	int r = journal_write_begin(tune->journal, "boot", NULL, err);
	if (r < 0) {
		return r;
	}
	for (size_t i = 0; i < journal_count(tune->journal); i++) {
		if (observer->is_interrupted(observer->data)) {
			return error_set(err, -EINTR, "interrupted: boot again goes on");
		}
		worst |= boot_entry(tune, journal_entry(tune->journal, i), observer, err);
	}
	r = journal_write_end(tune->journal, err);
	if (r == 0 && journal_size(tune->journal) > COMPACT_SIZE) {
		r = journal_compact(tune->journal, err);
	}
	return r < 0 ? r : worst;
}
