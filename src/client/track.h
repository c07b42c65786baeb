/*
 * What one viewer gets of one camera. Times are ns of this machine's CLOCK_MONOTONIC. A viewer that
 * has no picture yet sees nothing: that counts as a picture taken when the measurement began.
 */
#ifndef CLIENT_TRACK_H
#define CLIENT_TRACK_H

#include <stdbool.h>
#include <stdint.h>

#include "client/ages.h"
#include "client/freeze.h"

/* How many ages a track adds to: those of the viewer, those of all viewers. */
#define TRACK_AGES 2

struct track_arrival {
	uint64_t arrived_ns;
	uint64_t captured_ns; /* 0 when it is not known */
	uint64_t size_bytes;
	bool has_sequence; /* the next two are known */
	uint32_t sequence, skipped;
	bool is_broken; /* it counts, but is not shown */
};

struct track {
	/* since the measurement began */
	unsigned frames;            /* pictures shown */
	unsigned broken;            /* pictures that were not whole, */
	unsigned disordered;        /* that had no higher sequence than the one before */
	uint64_t skipped;           /* gaps in the sequence */
	uint64_t skipped_by_server; /* as the server counts them */
	uint64_t bytes;             /* of pictures, broken ones too */
	uint64_t first_ns, last_ns; /* arrivals of pictures shown; 0 without any */
	uint64_t gap_max_ns;        /* the longest time without a new picture, at both ends too */
	unsigned freezes;
	uint64_t frozen_ns;  /* how long they lasted together */
	double jitter_ns;    /* RFC 3550 6.4.1, of capture and arrival */
	uint64_t age_max_ns; /* of a picture on arrival */

	/* inside; what is in latest outlasts track_begin */
	uint64_t begun_ns;
	uint64_t counted_ns;     /* until then the age on screen has been added */
	uint64_t open_frozen_ns; /* what was counted of a freeze that lasts; 0 when none does */
	struct {
		struct freeze_window window;
		uint64_t shown_ns, captured_ns; /* of what is on the screen; 0: nothing, unknown */
		uint32_t sequence, skipped;     /* of the last picture, broken or not */
		bool has_sequence;
	} latest;
};

/* Forgets what was counted: the measurement begins now. */
void track_begin(struct track *track, uint64_t now_ns);

/* A picture has arrived. Its age is added to those of ages that are not NULL. */
void track_add(struct track *track, const struct track_arrival *arrival,
	struct ages *const ages[TRACK_AGES]);

/*
 * Counts what lasts since the last arrival: gap, freeze, age on screen. May be called at any time
 * and repeatedly; the figures are right up to now_ns then.
 */
void track_settle(struct track *track, uint64_t now_ns, struct ages *const ages[TRACK_AGES]);

/* The age on screen at this moment, in ns; 0 when the capture time is not known. */
uint64_t track_age_ns(const struct track *track, uint64_t now_ns);

#endif
