/* Swap in zram that is not ours, as it is now. */
#ifndef TUNE_ZRAM_ZRAM_FOREIGN_H
#define TUNE_ZRAM_ZRAM_FOREIGN_H

#include "kernel/swap.h"
#include "tune/zram/zram-change.h"

struct zram_foreign {
	size_t n;                    /* areas; the rest counts when there are any */
	uint64_t size_bytes;         /* of all, with the headers */
	uint64_t used_bytes;         /* swapped out to them */
	uint64_t compressed_bytes;   /* memory that they hold for that */
	int priority;                /* the lowest: from there on nothing is filled before them */
	char text[CHANGE_VALUE_MAX]; /* "/dev/zram1 and 3 more, 1 GiB prio 5" */
};

/* entry: ours, NULL for none. 0 or a negative errno with err; without /proc/swaps there is none. */
int zram_foreign_find(const struct machine *machine, const struct journal_entry *entry,
	struct zram_foreign *ret_foreign, struct error *err);

/* Whether what is swapped out there fits into memory, and into every cgroup, when its owner gives
 * it up. 1; 0 with text, why not; a negative errno with err. */
int zram_foreign_fits(const struct machine *machine, const struct zram_foreign *foreign, char *text,
	size_t size, struct error *err);

/* Writes which swap outside of zram is filled before zram of that priority, or with it; "" when
 * none is. 0 or a negative errno with err. */
int zram_tell_rival(
	const struct machine *machine, int priority, char *text, size_t size, struct error *err);

#endif
