/* Viewers that come, watch, change cameras, and leave. One thread. */
#ifndef PROFILE_LEAKS_LEAK_VIEWERS_H
#define PROFILE_LEAKS_LEAK_VIEWERS_H

#include "client/crowd.h"
#include "client/url.h"
#include "profile/interrupt.h"
#include "util/error.h"

#define LEAK_VIEWERS 3

/* Stays where it is while it is open. */
struct leak_viewers {
	struct endpoint endpoints[LEAK_VIEWERS];
	struct crowd_options options;
	struct crowd crowd;
	struct interrupt *interrupt;
};

/* They connect while they watch. 0, or a negative errno with the reason. */
int leak_viewers_open(struct leak_viewers *viewers, const struct url *url,
	struct interrupt *interrupt, struct error *err);

/*
 * All watch for time_ns, and until each has had a picture. 0; -EINTR; -ETIMEDOUT when one had none
 * by deadline_ns; another negative errno; the last two with the reason.
 */
int leak_viewers_watch(
	struct leak_viewers *viewers, uint64_t time_ns, uint64_t deadline_ns, struct error *err);

/* Those that can change their cameras. 0, or a negative errno with the reason. */
int leak_viewers_change(struct leak_viewers *viewers, struct error *err);

/* They leave. A zeroed one is allowed. */
void leak_viewers_close(struct leak_viewers *viewers);

#define _cleanup_leak_viewers_ __attribute__((cleanup(leak_viewers_close)))

#endif
