#include "util/backoff.h"

#include <time.h>

#include "util/clock.h"

#define FIRST_NS (2 * NSEC_PER_MSEC)
#define LAST_NS  (200 * NSEC_PER_MSEC)

void backoff_init(struct backoff *backoff, uint64_t timeout_ns)
{
	*backoff =
		(struct backoff){.deadline_ns = clock_now_ns() + timeout_ns, .pause_ns = FIRST_NS};
}

bool backoff_wait(struct backoff *backoff)
{
	if (clock_now_ns() + backoff->pause_ns > backoff->deadline_ns) {
		return false;
	}
	const struct timespec pause = {.tv_nsec = (long)backoff->pause_ns};
	nanosleep(&pause, NULL);
	if (backoff->pause_ns < LAST_NS) {
		backoff->pause_ns *= 2;
	}
	return true;
}
