/*
 * The ages of a camera's pictures. The age at arrival is that of each picture when it arrives. The
 * age on screen is that of what a viewer sees, over time: it grows from one arrival to the next, so
 * a freeze counts as long as it lasts, although the picture that ends it is fresh.
 */
#ifndef CLIENT_AGES_H
#define CLIENT_AGES_H

#include "metrics/loglinear.h"

struct ages {
	struct loglinear at_arrival; /* pictures; without buckets before ages_init */
	struct loglinear on_screen;  /* nanoseconds of the time that each age was seen */
};

/* Done already is allowed, and changes nothing. 0 or -ENOMEM. */
int ages_init(struct ages *ages);

/* For both a zeroed one is allowed. */
void ages_clear(struct ages *ages);
void ages_done(struct ages *ages);

#endif
