/*
 * Which frame a viewer is sent next, and whether its socket takes it. A sender does
 *
 *	slot = delivery_next_slot(viewer);
 *	frame = delivery_take_frame(viewer, slot);
 *	... writes the frame to the socket ...
 *	delivery_count_sent(viewer, slot, frame, header_bytes);
 *
 * and unrefs the frame before it returns to the loop: a viewer never holds one.
 */
#ifndef SERVER_CORE_DELIVERY_H
#define SERVER_CORE_DELIVERY_H

#include "server/core/viewer.h"

/* A frame with this number was published: counts what the viewer has skipped. A viewer that could
 * not be sent anything for stall_timeout is evicted. */
void delivery_offer(struct viewer *viewer, struct hub_slot *slot, uint64_t number);

/* The next camera, in turn, with a frame that the viewer was not sent. NULL when there is none. */
struct hub_slot *delivery_next_slot(const struct viewer *viewer);

/*
 * The latest frame of slot, if the socket takes the whole of it now, so that it may be sent before
 * the socket was polled, too. The caller owns it, sends it, and unrefs it. NULL when the frame is
 * gone, or when the socket is too full; in that case a stalled viewer is evicted.
 */
struct frame *delivery_take_frame(struct viewer *viewer, struct hub_slot *slot);

/* frame was given to the socket, with header_bytes around it. */
void delivery_count_sent(struct viewer *viewer, const struct hub_slot *slot,
	const struct frame *frame, size_t header_bytes);

#endif
