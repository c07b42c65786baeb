/* The service kind's apply, check, compare and restore; change-impl.h holds their contracts. */
#ifndef SYSTEM_SERVICE_CHANGE_H
#define SYSTEM_SERVICE_CHANGE_H

#include "system/change-impl.h"

int service_change_apply(struct change_run *run, struct error *err);
int service_change_check(const struct machine *machine, const struct journal_entry *const *entries,
	size_t n, struct error *err);
int service_change_compare(const struct machine *machine, const struct journal_entry *entry,
	enum change_state *ret_state, char *ret_now, struct error *err);
int service_change_restore(struct change_run *run, struct error *err);

#endif
