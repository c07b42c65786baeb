/* Trying again what is busy: soon at first, then at longer intervals, until a time is over. */
#ifndef UTIL_BACKOFF_H
#define UTIL_BACKOFF_H

#include <stdbool.h>
#include <stdint.h>

struct backoff {
	uint64_t deadline_ns, pause_ns;
};

void backoff_init(struct backoff *backoff, uint64_t timeout_ns);

/* Sleeps, and then true; false, at once, when the time is over. */
bool backoff_wait(struct backoff *backoff);

#endif
