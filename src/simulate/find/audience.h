/* The load on a server while its memory is taken away, and what it gets: viewers of every camera.
 */
#ifndef SIMULATE_FIND_AUDIENCE_H
#define SIMULATE_FIND_AUDIENCE_H

#include <stdbool.h>
#include <stdint.h>

#include "util/error.h"

#define AUDIENCE_VIEWERS_MAX 256

struct audience;

struct audience_result {
	double fps;      /* of the camera and viewer that got the fewest pictures */
	uint64_t age_ns; /* the 99th percentile of the age on screen, of the worst camera */
};

/* No viewer connects yet. 0 or a negative errno with the reason. */
int audience_new(
	const char *url, unsigned n_viewers, struct audience **ret_probe, struct error *err);
struct audience *audience_free(struct audience *audience);

/* Connects the viewers, anew when they were. 0 or a negative errno. */
int audience_connect(struct audience *audience);
void audience_disconnect(struct audience *audience);

/* Handles what comes within a time; returns early when something does. 0 or a negative errno. */
int audience_turn(struct audience *audience, int timeout_ms);

/* Every viewer has got a picture; one has lost its connection. */
bool audience_is_watching(const struct audience *audience);
bool audience_has_lost(const struct audience *audience);

/* Measures from here, and what came since. */
void audience_begin(struct audience *audience);
void audience_read(struct audience *audience, struct audience_result *ret_result);

#endif
