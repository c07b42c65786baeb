/* What the parts of the zram change share: which device is ours, and how far it got. */
#ifndef SYSTEM_ZRAM_CHANGE_H
#define SYSTEM_ZRAM_CHANGE_H

#include "system/change-impl.h"
#include "system/zram-device.h"

#define ZRAM_OBJECT      "swap"
#define ZRAM_LABEL       "twinlens"
#define ZRAM_DEVICES_MAX 64

/*
 * The progress of the entry, all of it of one boot:
 *     "boot"                  of which
 *     "module"                true when the kernel's module was loaded for it
 *     "seen"                  numbers of the devices that were there before ours was made
 *     "number", "sequence", "uuid"   of our device
 */

/*
 * Finds the device that the entry made in this boot. 1 with ret_device; 0 when there is none; a
 * negative errno. One whose number could not be noted any more is known by being the one that
 * the kernel makes next (the lowest free number), new, and not configured.
 */
int zram_find_ours(const struct machine *machine, const struct journal_entry *entry,
	struct zram_device *ret_device);

/* "1 GiB" */
void zram_format_size(uint64_t bytes, char *text, size_t size);

/* Of struct change_kind. */
int zram_plan(const struct machine *machine, const struct profile *profile, struct plan *plan,
	struct error *err);
int zram_apply(struct change_run *run, struct error *err);
int zram_compare(const struct machine *machine, const struct journal_entry *entry,
	enum change_state *ret_state, char *ret_now, struct error *err);
int zram_restore(struct change_run *run, struct error *err);

#endif
