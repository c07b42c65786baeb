#include "tune/change.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tune/change-kind.h"
#include "util/error.h"

struct change *plan_add(struct plan *plan, const struct change_kind *kind, const char *object)
{
	if (plan->n == plan->allocated) {
		size_t allocated = plan->allocated ? 2 * plan->allocated : 16;
		struct change *changes =
			reallocarray(plan->changes, allocated, sizeof(*plan->changes));
		if (!changes) {
			return NULL;
		}
		plan->changes = changes;
		plan->allocated = allocated;
	}
	struct change *change = &plan->changes[plan->n++];
	memset(change, 0, sizeof(*change));
	change->kind = kind;
	change_text(change->object, sizeof(change->object), "%s", object);
	return change;
}

const struct change *plan_find(const struct plan *plan, const char *kind, const char *object)
{
	for (size_t i = 0; i < plan->n; i++) {
		const struct change *change = &plan->changes[i];
		if (strcmp(change->kind->name, kind) == 0 && strcmp(change->object, object) == 0) {
			return change;
		}
	}
	return NULL;
}

const char *change_kind_name(const struct change *change)
{
	return change->kind->name;
}

bool change_is_open(const struct change *change)
{
	return !change->is_in_place && !change->lacks[0];
}

size_t plan_count_open(const struct plan *plan)
{
	size_t n = 0;

	for (size_t i = 0; i < plan->n; i++) {
		n += change_is_open(&plan->changes[i]);
	}
	return n;
}

size_t plan_count_lacking(const struct plan *plan)
{
	size_t n = 0;

	for (size_t i = 0; i < plan->n; i++) {
		n += !plan->changes[i].is_in_place && plan->changes[i].lacks[0];
	}
	return n;
}

void plan_done(struct plan *plan)
{
	for (size_t i = 0; i < plan->n; i++) {
		json_decref(plan->changes[i].before);
		json_decref(plan->changes[i].wanted);
	}
	free(plan->changes);
	*plan = (struct plan){0};
}

void change_text(char *text, size_t size, const char *format, ...)
{
	char whole[ERROR_TEXT_MAX];
	struct error printable;
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(whole, sizeof(whole), format, arguments);
	va_end(arguments);
	error_set(&printable, 0, "%s", whole);
	snprintf(text, size, "%s", printable.text);
}

bool change_lacks_root(const struct machine *machine, struct change *change)
{
	if (machine->is_admin) {
		return false;
	}
	change_text(change->lacks, sizeof(change->lacks),
		machine->is_container
			? "a container without the right to change its host: run it on the host"
			: "the right to change the system: run it as root, with sudo");
	return true;
}

bool change_lacks_proc(const struct machine *machine, const char *path, struct change *change)
{
	if (change_lacks_root(machine, change)) {
		return true;
	}
	if (!machine_is_read_only(machine, path)) {
		return false;
	}
	change_text(change->lacks, sizeof(change->lacks),
		"/proc/sys is read-only: run it on the host, or mount it read-write");
	return true;
}

const struct journal_entry *change_find_entry(
	const struct machine *machine, const struct change *change)
{
	return journal_find(machine->journal, change->kind->name, change->object);
}

int change_refuse_foreign(const struct machine *machine, struct change *change, struct error *err)
{
	const struct journal_entry *entry = change_find_entry(machine, change);
	char now[CHANGE_VALUE_MAX] = "";
	enum change_state state;

	if (!entry || change->is_in_place || change->lacks[0]) {
		return 0;
	}
	int r = change->kind->compare(machine, entry, &state, now, err);
	if (r == 0 && (state == CHANGE_STATE_OTHER || state == CHANGE_STATE_MIXED)) {
		change_text(change->lacks, sizeof(change->lacks),
			"%.120s: somebody changed it since (%s): rollback leaves that so, and "
			"apply then begins from it",
			change->object, now);
	}
	return r;
}

static int write_progress(struct journal *journal, const struct journal_entry *entry,
	json_t *progress, struct error *err)
{
	if (!progress) {
		return error_set(err, -ENOMEM, "%s: %s", entry->object, error_name(-ENOMEM));
	}
	int r = journal_write_progress(journal, entry, progress, err);
	json_decref(progress);
	return r;
}

int change_run_progress(struct change_run *run, json_t *progress, struct error *err)
{
	return write_progress(run->journal, run->entry, progress, err);
}

int change_batch_progress(struct change_batch *batch, const struct journal_entry *entry,
	json_t *progress, struct error *err)
{
	return write_progress(batch->journal, entry, progress, err);
}
