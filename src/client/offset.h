/*
 * What a server's clock is ahead of this machine's, from pings: the server's time in an answer
 * belongs to some instant between asking and getting the answer. The less time there is between,
 * the better it is known. Times are ns of CLOCK_MONOTONIC.
 */
#ifndef CLIENT_OFFSET_H
#define CLIENT_OFFSET_H

#include <stdbool.h>
#include <stdint.h>

#include "util/clock.h"

#define OFFSET_SAMPLES 64
#define OFFSET_AGE_NS  (60 * NSEC_PER_SEC) /* older pings are of no use: clocks drift */

struct offset_sample {
	uint64_t at_ns;
	int64_t ahead_ns;
	uint64_t error_ns; /* plus or minus */
};

struct offset {
	struct offset_sample samples[OFFSET_SAMPLES]; /* a ring */
	unsigned count, next;
};

/* An answer: asked and answered on this machine's clock, and the server's time in between. */
void offset_add(struct offset *offset, uint64_t asked_ns, uint64_t answered_ns, uint64_t server_ns);

/*
 * The best estimate of the last minute, or of the last ping if that was earlier. False when there
 * was none. An estimate that includes 0 means the same clock on the same machine: it is 0 exactly.
 */
bool offset_best(const struct offset *offset, uint64_t now_ns, int64_t *ret_ahead_ns,
	uint64_t *ret_error_ns);

#endif
