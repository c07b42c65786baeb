/*
 * The kind of change that disables a service and what belongs to it, see service.h.
 *
 * Before anything is changed the record has every link with its target; systemd itself says which
 * links disabling will remove (GetUnitFileLinks). After a kill at any point the links that are gone
 * are those of the record, so restoring needs to know nothing else. A mask is only ever recorded
 * for a unit that had none.
 */
#include "tune/service/service-change.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "systemd/activation.h"
#include "systemd/guard.h"
#include "systemd/systemd.h"
#include "systemd/unit-file.h"
#include "tune/kinds.h"
#include "tune/service/service-record.h"
#include "util/cleanup.h"

struct context {
	struct guard guard;
	struct names activations;
	struct names leaving;
};

static void context_done(struct context *context)
{
	guard_done(&context->guard);
	names_done(&context->activations);
	names_done(&context->leaving);
}

static int context_init(struct context *context, const struct machine *machine, struct error *err)
{
	int r = systemd_connect(machine->systemd, err);
	if (r < 0) {
		return r;
	}
	r = guard_init(&context->guard, machine->root, getpid());
	if (r == 0) {
		r = activation_list(machine->root, &context->activations);
	}
	return r < 0 ? error_set(err, r, "services: %s", error_name(r)) : 0;
}

static int load_unit(void *data, const char *id, struct unit *ret_unit, struct error *err)
{
	return systemd_load_unit(data, id, ret_unit, err);
}

static int list_links(void *data, const char *id, struct names *paths, struct error *err)
{
	return systemd_list_links(data, id, paths, err);
}

void service_change_describe(const struct unit *unit, char *text)
{
	const char *state = unit->file_state[0] ? unit->file_state : unit->load_state;

	change_text(text, CHANGE_VALUE_MAX, "%s, %s", state, unit->active_state);
}

int service_change_open(const struct machine *machine, const struct journal_entry *entry,
	struct service_record *ret_record, struct error *err)
{
	int r = systemd_connect(machine->systemd, err);

	return r < 0 ? r : service_record_parse(entry->wanted, ret_record, err);
}

/* Adds to why which other units go: "it does not print; with it a.socket, b.service". */
static void explain_others(const struct service *service, struct change *change)
{
	char why[CHANGE_TEXT_MAX];
	size_t used = strlen(change->why);

	memcpy(why, change->why, used + 1);
	for (size_t i = 1; i < service->n && used < sizeof(why); i++) {
		const char *first = used > 0 ? "; with it " : "with it ";
		used += (size_t)snprintf(why + used, sizeof(why) - used, "%s%s",
			i == 1 ? first : ", ", service->members[i].unit.id);
	}
	change_text(change->why, sizeof(change->why), "%s", why);
}

static void explain_masks(const struct service *service, struct change *change)
{
	for (size_t i = 0; i < service->n; i++) {
		if (service->members[i].mask_reason[0]) {
			change_text(change->disagrees, sizeof(change->disagrees),
				"%s is masked, for %s", service->members[i].unit.id,
				service->members[i].mask_reason);
			return;
		}
	}
}

static int fill_change(const struct machine *machine, const struct service *service,
	struct change *change, struct error *err)
{
	bool is_self_masked = service->members[0].mask_reason[0] != '\0';
	const struct journal_entry *entry = change_find_entry(machine, change);

	change_text(change->to, sizeof(change->to), "%s, stopped",
		is_self_masked ? "masked" : "disabled");
	explain_others(service, change);
	explain_masks(service, change);
	if (service->reason[0]) {
		change_text(change->disagrees, sizeof(change->disagrees), "%s", service->reason);
	}
	int r = service_record_make(
		service, machine->root, entry ? entry->wanted : NULL, &change->wanted, err);
	if (r < 0) {
		return r;
	}
	change->before = json_incref(change->wanted);
	if (!change_lacks_root(machine, change) &&
		machine_is_read_only(machine, UNIT_FILE_FOLDER)) {
		change_text(change->lacks, sizeof(change->lacks),
			UNIT_FILE_FOLDER ": its file system is read-only: mount it read-write");
	}
	return change_refuse_foreign(machine, change, err);
}

static int note_leaving(struct context *context, const struct service *service)
{
	for (size_t i = 0; i < service->n; i++) {
		int r = names_add_once(&context->leaving, service->members[i].unit.id);
		if (r < 0) {
			return r;
		}
	}
	return 0;
}

/* What the unit itself tells nothing of: one that went with it earlier runs again. */
static bool is_partly_back(const struct machine *machine, const struct change *change)
{
	const struct journal_entry *entry = change_find_entry(machine, change);
	char now[CHANGE_VALUE_MAX];
	enum change_state state;
	struct error err;

	return entry && service_change_compare(machine, entry, &state, now, &err) == 0 &&
	       state == CHANGE_STATE_PARTIAL;
}

static int take_verdict(const struct machine *machine, struct context *context,
	const struct service *service, struct change *change, struct error *err)
{
	const struct unit *unit = &service->members[0].unit;

	switch (service->verdict) {
	case SERVICE_IN_PLACE:
		if (is_partly_back(machine, change)) {
			break;
		}
		change->is_in_place = true;
		change_text(change->now, sizeof(change->now), "%s", service->reason);
		change_text(change->to, sizeof(change->to), "disabled, stopped");
		return 0;
	case SERVICE_REFUSED:
		service_change_describe(unit, change->now);
		change_text(change->to, sizeof(change->to), "disabled, stopped");
		change_text(change->lacks, sizeof(change->lacks), "%s", service->reason);
		return 0;
	case SERVICE_OPEN:
		break;
	}
	service_change_describe(unit, change->now);
	int r = fill_change(machine, service, change, err);
	return r < 0 ? r : note_leaving(context, service);
}

/* What an earlier run recorded: the links that it removed, and the units that it masked. */
static int list_past(const struct machine *machine, const struct change *change,
	struct names *links, struct names *masks)
{
	const struct journal_entry *entry = change_find_entry(machine, change);
	struct service_record record;

	if (!entry) {
		return 0;
	}
	int r = service_record_parse(entry->wanted, &record, NULL);
	if (r < 0) {
		return r;
	}
	r = service_record_list_masked(&record, masks);
	for (size_t i = 0; r == 0 && i < record.n; i++) {
		for (size_t j = 0; r == 0 && j < record.units[i].n_links; j++) {
			r = names_add_once(links, record.units[i].links[j].path);
		}
	}
	service_record_done(&record);
	return r;
}

static int inspect(const struct machine *machine, struct context *context, const char *id,
	bool is_named, struct change *change, struct error *err)
{
	_cleanup_names_ struct names past_links = {0}, past_masks = {0};
	const struct service_source source = {load_unit, list_links, machine->systemd};
	const struct service_rules rules = {
		.root = machine->root,
		.guard = &context->guard,
		.activations = &context->activations,
		.leaving = &context->leaving,
		.past_links = &past_links,
		.past_masks = &past_masks,
		.is_forced = is_named,
	};
	struct service service;
	struct error why;
	int r = list_past(machine, change, &past_links, &past_masks);

	if (r < 0) {
		return error_set(err, r, "%s: its record in the journal: %s", id, error_name(r));
	}
	r = service_inspect(&source, &rules, id, &service, &why);
	if (r == -ECONNRESET || r == -ENOMEM) {
		return error_set(err, r, "%s", why.text);
	}
	if (r < 0) {
		/* An odd unit is no reason to leave the others out. */
		change_text(change->now, sizeof(change->now), "unknown");
		change_text(change->lacks, sizeof(change->lacks), "%s%s%s",
			strstr(why.text, id) ? "" : id, strstr(why.text, id) ? "" : ": ", why.text);
		return 0;
	}
	r = take_verdict(machine, context, &service, change, err);
	service_done(&service);
	return r;
}

static int plan_service(const struct machine *machine, struct context *context,
	const struct profile_service *wanted, struct change *change, struct error *err)
{
	char id[UNIT_NAME_MAX + 1];
	struct error why;

	if (unit_name_complete(wanted->unit, id, &why) < 0) {
		change_text(change->now, sizeof(change->now), "unknown");
		change_text(change->lacks, sizeof(change->lacks), "%s", why.text);
		return 0;
	}
	return inspect(machine, context, id, wanted->is_named, change, err);
}

static struct change *add_change(
	const struct profile *profile, const struct profile_service *wanted, struct plan *plan)
{
	struct change *change = plan_add(plan, &service_change_kind, wanted->unit);

	if (change) {
		change_text(change->to, sizeof(change->to), "disabled, stopped");
		change_text(
			change->why, sizeof(change->why), "%s", profile_why(profile, wanted->unit));
	}
	return change;
}

/* Without systemd each of them is shown, and what it lacks. */
static int plan_without(const struct profile *profile, struct plan *plan, const struct error *why,
	struct error *err)
{
	for (size_t i = 0; i < profile->n_services; i++) {
		struct change *change = add_change(profile, &profile->services[i], plan);
		if (!change) {
			return error_set(err, -ENOMEM, "services: no memory");
		}
		change_text(change->now, sizeof(change->now), "unknown");
		change_text(change->lacks, sizeof(change->lacks), "%s", why->text);
	}
	return 0;
}

static int plan_services(const struct machine *machine, const struct profile *profile,
	struct plan *plan, struct error *err)
{
	_cleanup_(context_done) struct context context = {0};
	struct error why;
	int r = 0;

	if (profile->n_services == 0) {
		return 0;
	}
	if (context_init(&context, machine, &why) < 0) {
		return plan_without(profile, plan, &why, err);
	}
	for (size_t i = 0; r == 0 && i < profile->n_services; i++) {
		struct change *change = add_change(profile, &profile->services[i], plan);
		if (!change) {
			return error_set(err, -ENOMEM, "services: no memory");
		}
		r = plan_service(machine, &context, &profile->services[i], change, err);
	}
	return r;
}

const struct change_kind service_change_kind = {
	.name = "service",
	.plan = plan_services,
	.recover = service_change_recover,
	.apply = service_change_apply,
	.settle = service_change_settle,
	.compare = service_change_compare,
	.restore_first = service_change_restore_first,
	.restore = service_change_restore,
};
