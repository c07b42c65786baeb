/*
 * The limit of a cgroup that stands for a machine with less memory. The kernel charges what is
 * swapped to zram to nobody, but on the machine that is simulated zram would take its memory from
 * the same little: so what it takes is taken off the limit. Pure functions.
 */
#ifndef SIMULATE_LIMIT_H
#define SIMULATE_LIMIT_H

#include <stdbool.h>
#include <stdint.h>

#include "util/clock.h"

#define LIMIT_INTERVAL_NS (100 * NSEC_PER_MSEC) /* between two calls of limit_next */

struct limit_reading {
	uint64_t current_bytes; /* of the cgroup */
	uint64_t charge_bytes;  /* what its swap takes in zram: see charge.h */
};

/*
 * The limit to set now; limit_bytes is the present one. It goes down to memory_bytes less the
 * charge by at most 1 % of memory_bytes a call, and not further than 64 MiB below what the cgroup
 * uses: the reclaim is to be that of the load, not of a limit that fell. It goes up at once.
 *
 * What hardly compresses gains nothing when it is swapped: the limit would fall to nothing, with
 * all of the command in zram. It stays at an eighth of memory_bytes, and when zram takes more than
 * the rest, ret_is_full is set: the board has nowhere to put a page more, and its kernel kills. No
 * command that fits in the board ever gets there.
 */
uint64_t limit_next(uint64_t memory_bytes, uint64_t limit_bytes,
	const struct limit_reading *reading, bool *ret_is_full);

#endif
