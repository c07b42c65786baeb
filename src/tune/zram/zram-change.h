/* What the parts of the zram change share: which device is ours, and how far it got. */
#ifndef TUNE_ZRAM_ZRAM_CHANGE_H
#define TUNE_ZRAM_ZRAM_CHANGE_H

#include "kernel/memory-limit.h"
#include "kernel/swap.h"
#include "tune/change-kind.h"
#include "tune/zram/swap-area.h"
#include "tune/zram/swap-disable.h"
#include "tune/zram/zram-device.h"
#include "util/clock.h"

#define ZRAM_OBJECT      "swap"
#define ZRAM_LABEL       "twinlens"
#define ZRAM_DEVICES_MAX 64
#define ZRAM_CLAIM_MAX   64
#define ZRAM_BUSY_NS     (3 * NSEC_PER_SEC) /* for how long udev may look at a device */

/*
 * The progress of the entry, all of it of one boot:
 *     "boot"                  of which
 *     "modules"               that were not loaded before: array of names
 *     "uuid"                  of the swap area, and in the name of the claim
 *     "number", "sequence"    of our device
 */

/*
 * Finds the device that the entry made in this boot. 1 with ret_device; 0 when there is none; a
 * negative errno. One whose number could not be noted any more is known by the claim.
 */
int zram_find_ours(const struct machine *machine, const struct journal_entry *entry,
	struct zram_device *ret_device);

/*
 * The claim: a file in which the kernel writes the number of the device in the very call that makes
 * it. It is there until the number is in the journal.
 */
void zram_claim_path(const char *uuid, char path[ZRAM_CLAIM_MAX]);
bool zram_has_claim(const struct sysroot *root, const struct journal_entry *entry);
void zram_claim_remove(const struct sysroot *root, const struct journal_entry *entry);

/* Whether the progress is of this boot, and has a device. */
bool zram_is_of_this_boot(const struct machine *machine, const struct journal_entry *entry);
bool zram_has_number(const struct journal_entry *entry);

/* The kernel's modules that were loaded for it in this boot; NULL for none. */
const json_t *zram_get_modules(const struct machine *machine, const struct journal_entry *entry);

/* 1 with ret_area when the device is in use as swap, 0 when it is not; a negative errno with err.
 */
int zram_find_area(
	const struct sysroot *root, int number, struct swap_area *ret_area, struct error *err);

/* Gives up the swap on a device, when that fits, and removes the device. 0 or a negative errno with
 * err. */
int zram_release(const struct sysroot *root, int number, struct error *err);

/* Writes why giving up swap does not fit: into memory, into a cgroup. */
void zram_tell_misfit(const struct swap_fit *fit, char *text, size_t size);
void zram_tell_limit(const struct memory_limit *limit, char *text, size_t size);

/* "1 GiB" */
void zram_format_size(uint64_t bytes, char *text, size_t size);

/* Of struct change_kind. */
int zram_plan(const struct machine *machine, const struct profile *profile, struct plan *plan,
	struct error *err);
int zram_apply(struct change_run *run, struct error *err);
/* As zram_apply; 1 with a note when somebody else has made swap in zram by now. */
int zram_reapply(struct change_run *run, struct error *err);
int zram_compare(const struct machine *machine, const struct journal_entry *entry,
	enum change_state *ret_state, char *ret_now, struct error *err);
int zram_restore(struct change_run *run, struct error *err);

#endif
