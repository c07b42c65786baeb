/* What the swap of a cgroup takes in zram. */
#ifndef SIMULATE_CHARGE_H
#define SIMULATE_CHARGE_H

#include <stdint.h>

#include "util/sysroot.h"

struct charge {
	uint64_t bytes;
	double ratio; /* bytes compressed to one, on all zram devices; NAN when nothing is */
};

/*
 * The memory of all zram that is swapped to, with its tables, times the share of the cgroup in all
 * that is swapped out: on which area its pages are the kernel does not report. 0 bytes without swap
 * in zram. 0 or a negative errno.
 */
int charge_read(const struct sysroot *root, uint64_t swap_bytes, struct charge *ret_charge);

#endif
