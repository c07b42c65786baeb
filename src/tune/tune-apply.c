/* Making the changes of a plan: an intent in the journal, the change, and that it is done. */
#include "tune/tune.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "kernel/meminfo.h"
#include "tune/change-kind.h"
#include "tune/tune-impl.h"
#include "util/cleanup.h"
#include "util/clock.h"

void tune_step_begin(const struct tune *tune, struct tune_step *step)
{
	step->begun_ns = clock_now_ns();
	if (meminfo_read_field(tune->machine.root, MEMINFO_AVAILABLE, &step->available_before) <
		0) {
		step->available_before = 0;
	}
}

void tune_tell(
	const struct tune *tune, const struct tune_observer *observer, struct tune_step *step)
{
	step->took_ns = clock_now_ns() - step->begun_ns;
	if (meminfo_read_field(tune->machine.root, MEMINFO_AVAILABLE, &step->available_after) < 0) {
		step->available_before = step->available_after = 0;
	}
	observer->on_step(observer->data, step);
}

int tune_make(struct tune *tune, const struct journal_entry *entry,
	int (*make)(struct change_run *, struct error *), const struct tune_observer *observer,
	struct error *err)
{
	struct change_run run = {
		.machine = &tune->machine, .journal = tune->journal, .entry = entry};
	struct tune_step step = {.kind = entry->kind, .object = entry->object};

	tune_step_begin(tune, &step);
	int r = make(&run, err);
	bool is_left = r > 0;
	if (r >= 0) {
		r = journal_write_done(tune->journal, entry, err);
	}
	step.outcome = r < 0     ? TUNE_OUTCOME_FAILED
		       : is_left ? TUNE_OUTCOME_LEFT
				 : TUNE_OUTCOME_MADE;
	step.text = r < 0 ? err->text : run.note;
	step.waited_ns = run.waited_ns;
	tune_tell(tune, observer, &step);
	return r < 0 ? r : 0;
}

static int make_change(struct tune *tune, const struct change *change,
	const struct tune_observer *observer, struct error *err)
{
	const struct journal_entry *entry;

	int r = journal_write_intent(tune->journal, change->kind->name, change->object, change->to,
		change->before, change->wanted, &entry, err);
	return r < 0 ? r : tune_make(tune, entry, change->kind->apply, observer, err);
}

/* Services named now and in earlier runs. NULL when there is no memory. */
static json_t *list_services(const struct tune *tune)
{
	json_t *services = json_array();
	struct journal_origin origin;

	if (journal_get_origin(tune->journal, &origin)) {
		json_decref(services);
		services = json_deep_copy(origin.services);
	}
	for (size_t i = 0; i < tune->profile->n_services; i++) {
		const struct profile_service *service = &tune->profile->services[i];
		bool is_there = !service->is_named;
		for (size_t j = 0; j < json_array_size(services) && !is_there; j++) {
			is_there = strcmp(service->unit,
					   json_string_value(json_array_get(services, j))) == 0;
		}
		if (!is_there && json_array_append_new(services, json_string(service->unit)) < 0) {
			json_decref(services);
			return NULL;
		}
	}
	return services;
}

static int write_begin(struct tune *tune, struct error *err)
{
	json_t *services = list_services(tune);
	const struct journal_origin origin = {.profile = tune->profile->name, .services = services};

	int r = services ? journal_write_begin(tune->journal, "apply", &origin, err)
			 : error_set(err, -ENOMEM, "%s", error_name(-ENOMEM));
	json_decref(services);
	return r;
}

/* What a killed run made without being able to say so. */
static int finish_done(struct tune *tune, const struct plan *plan, struct error *err)
{
	for (size_t i = 0; i < plan->n; i++) {
		const struct change *change = &plan->changes[i];
		const struct journal_entry *entry =
			journal_find(tune->journal, change->kind->name, change->object);
		if (!change->is_in_place || !entry || entry->is_done) {
			continue;
		}
		int r = journal_write_done(tune->journal, entry, err);
		if (r < 0) {
			return r;
		}
	}
	return 0;
}

/* Those of this run; after one that was cut short all, for nobody knows how far it got. */
static int settle_kind(struct tune *tune, const struct change_kind *kind, const struct plan *plan,
	bool was_complete, const struct tune_observer *observer, struct error *err)
{
	size_t n = 0, count = journal_count(tune->journal);
	_cleanup_free_ const struct journal_entry **entries = calloc(count + 1, sizeof(*entries));
	struct tune_step step = {.kind = kind->name, .object = ""};

	if (!entries) {
		return error_set(err, -ENOMEM, "%s", error_name(-ENOMEM));
	}
	for (size_t i = 0; i < count; i++) {
		const struct journal_entry *entry = journal_entry(tune->journal, i);
		const struct change *change = plan_find(plan, kind->name, entry->object);
		if (strcmp(entry->kind, kind->name) == 0 &&
			(!was_complete || (change && change_is_open(change)))) {
			entries[n++] = entry;
		}
	}
	if (n == 0) {
		return 0;
	}
	struct change_batch batch = {&tune->machine, tune->journal, entries, n, "", 0};
	tune_step_begin(tune, &step);
	int r = kind->settle(&batch, err);
	step.outcome = r < 0 ? TUNE_OUTCOME_FAILED : TUNE_OUTCOME_SETTLED;
	step.text = r < 0 ? err->text : batch.note;
	step.waited_ns = batch.waited_ns;
	tune_tell(tune, observer, &step);
	return r;
}

static int settle_all(struct tune *tune, const struct plan *plan, bool was_complete,
	const struct tune_observer *observer, struct error *err)
{
	int r = 0;

	for (size_t i = 0; i < n_change_kinds && r == 0; i++) {
		const struct change_kind *kind = change_kinds[i];
		r = kind->settle ? settle_kind(tune, kind, plan, was_complete, observer, err) : 0;
	}
	return r;
}

static int make_all(struct tune *tune, const struct plan *plan,
	const struct tune_observer *observer, size_t *made, struct error *err)
{
	for (size_t i = 0; i < plan->n; i++) {
		const struct change *change = &plan->changes[i];
		if (!change_is_open(change)) {
			continue;
		}
		if (observer->is_interrupted(observer->data)) {
			return error_set(err, -EINTR,
				"interrupted: apply again completes it, rollback takes it back");
		}
		int r = make_change(tune, change, observer, err);
		if (r < 0) {
			return r;
		}
		*made += 1;
	}
	return 0;
}

int tune_apply(struct tune *tune, const struct plan *plan, const struct tune_observer *observer,
	size_t *ret_made, struct error *err)
{
	bool was_complete = journal_is_complete(tune->journal);
	size_t made = 0;

	*ret_made = 0;
	if (plan_count_open(plan) == 0 && was_complete) {
		return 0;
	}
	int r = write_begin(tune, err);
	if (r == 0) {
		r = finish_done(tune, plan, err);
	}
	if (r == 0) {
		r = make_all(tune, plan, observer, &made, err);
	}
	*ret_made = made;
	if (r == 0) {
		r = settle_all(tune, plan, was_complete, observer, err);
	}
	return r < 0 ? r : journal_write_end(tune->journal, err);
}
