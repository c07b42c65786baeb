/*
 * Freezes as browsers count them: freezeCount and totalFreezesDuration of W3C webrtc-stats. An
 * interval between two frames is a freeze when it is at least max(3 * average, average + 150 ms),
 * with the average of the last 30 intervals, this one among them; not before there are five.
 */
#ifndef CLIENT_FREEZE_H
#define CLIENT_FREEZE_H

#include <stdbool.h>
#include <stdint.h>

#define FREEZE_WINDOW 30

struct freeze_window {
	uint32_t intervals_us[FREEZE_WINDOW]; /* a ring */
	uint64_t sum_us;
	uint8_t count, next;
};

/* Adds an interval. Returns true if it is a freeze. */
bool freeze_window_add(struct freeze_window *window, uint64_t interval_ns);

/* Returns true if an interval that has lasted so long is a freeze already; adds nothing. */
bool freeze_window_judge(const struct freeze_window *window, uint64_t interval_ns);

#endif
