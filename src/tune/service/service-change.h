/* What the service kind does besides planning; change-impl.h holds their contracts. */
#ifndef TUNE_SERVICE_SERVICE_CHANGE_H
#define TUNE_SERVICE_SERVICE_CHANGE_H

#include "tune/change-kind.h"
#include "tune/service/service-record.h"

int service_change_recover(const struct machine *machine, struct error *err);
int service_change_apply(struct change_run *run, struct error *err);
int service_change_settle(struct change_batch *batch, struct error *err);
int service_change_compare(const struct machine *machine, const struct journal_entry *entry,
	enum change_state *ret_state, char *ret_now, struct error *err);
int service_change_restore_first(struct change_batch *batch, struct error *err);
int service_change_restore(struct change_run *run, struct error *err);

/* "enabled, active"; text has CHANGE_VALUE_MAX bytes. */
void service_change_describe(const struct unit *unit, char *text);

/*
 * What each of these begins with: connects to systemd, and takes the record of the entry. The
 * caller calls service_record_done(). 0 or a negative errno with err.
 */
int service_change_open(const struct machine *machine, const struct journal_entry *entry,
	struct service_record *ret_record, struct error *err);

/* Whether a rollback of the entry has begun. */
bool service_change_is_restoring(const struct journal_entry *entry);

/* Makes durable what systemd made of the links and masks. */
int service_change_sync(
	const struct sysroot *root, const struct service_record *record, struct error *err);

/* Calls act with the record of each entry; ends at the first that fails. */
int service_change_for_each(struct change_batch *batch,
	int (*act)(struct change_batch *batch, const struct journal_entry *entry,
		const struct service_record *record, void *data, struct error *err),
	void *data, struct error *err);

#endif
