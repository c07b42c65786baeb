/*
 * The viewers that a soak holds open. Those that are lost are counted, and all are opened anew a
 * second later: the server may be starting again. One thread.
 */
#ifndef SOAK_VIEWERS_H
#define SOAK_VIEWERS_H

#include "client/crowd.h"
#include "soak/sample.h"

struct soak_viewers {
	struct error err; /* why one was lost, the latest time; "" when none ever was */

	/* inside */
	struct endpoint endpoint;
	struct crowd_options options;
	struct crowd crowd;
	bool is_open;
	uint64_t retry_ns;       /* not before that time */
	uint64_t begun_ns;       /* of the interval that is measured */
	unsigned n_lost;         /* in it */
	unsigned n_counted_lost; /* of the crowd, as counted already */
};

/* Looks the host up. viewers must not move afterwards. 0 or a negative errno with err. */
int soak_viewers_init(
	struct soak_viewers *viewers, const struct url *url, unsigned n, struct error *err);
void soak_viewers_done(struct soak_viewers *viewers);

/* Handles what comes within the time; opens viewers when it is time to. 0 or a negative errno. */
int soak_viewers_turn(struct soak_viewers *viewers, int timeout_ms);

/* Adds what was seen since the last call to the sample, and begins anew. */
void soak_viewers_take(struct soak_viewers *viewers, struct soak_sample *sample);

#endif
