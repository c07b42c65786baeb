/*
 * Whole frame or skip: a frame is given to the socket only when the kernel's send buffer takes all
 * of it and next to nothing waits in it unsent. So libwebsockets never has a rest to copy aside, a
 * slow network holds one frame and not seconds of old ones, and a viewer that stopped reading costs
 * nothing.
 */
#include "server/core/delivery.h"

#include <linux/sockios.h>
#include <sys/ioctl.h>

#include "server/core/eviction.h"
#include "util/cleanup.h"
#include "util/clock.h"

/* Everything after the last frame that was sent or skipped, and before number, will never be sent.
 */
static void account_skipped(struct viewer *viewer, struct hub_slot *slot, uint64_t number)
{
	struct subscription *subscription = &viewer->subscriptions[hub_slot_index(slot)];

	if (!subscription->has_number) {
		subscription->has_number = true;
		subscription->number = number - 1;
	}
	if (number <= subscription->number + 1) {
		return;
	}
	uint64_t skipped = number - 1 - subscription->number;
	subscription->number = number - 1;
	subscription->skipped += (uint32_t)skipped;
	subscription->has_skipped = true;
	counter_add(&viewer->server->deliveries[hub_slot_index(slot)].skipped, skipped);
}

void delivery_offer(struct viewer *viewer, struct hub_slot *slot, uint64_t number)
{
	struct subscription *subscription = &viewer->subscriptions[hub_slot_index(slot)];

	if (!subscription->is_active) {
		return;
	}
	account_skipped(viewer, slot, number);
	if (viewer->wants_write) {
		eviction_check_blocked(viewer); /* so full that it did not even become writable */
	}
}

/*
 * Half a frame unsent is let pass: a link that is just fast enough would else run dry between two
 * frames. A frame that is larger than the whole buffer goes when the buffer is empty, and
 * libwebsockets keeps the rest of it: a picture is better than none.
 */
static bool has_room_for(struct lws *wsi, size_t size, size_t capacity)
{
	int fd = lws_get_socket_fd(wsi);
	int queued = 0, unsent = 0; /* valgrind does not know that these requests write them */

	if (lws_partial_buffered(wsi) || ioctl(fd, SIOCOUTQ, &queued) < 0) {
		return false;
	}
	return queued == 0 || (ioctl(fd, SIOCOUTQNSD, &unsent) == 0 && (size_t)unsent <= size / 2 &&
				      (size_t)queued + size <= capacity);
}

static bool has_new_frame(const struct subscription *subscription, struct hub_slot *slot)
{
	if (!subscription->is_active) {
		return false;
	}
	uint64_t number = hub_slot_latest_number(slot);
	return number && (!subscription->has_number || number > subscription->number);
}

struct hub_slot *delivery_next_slot(const struct viewer *viewer)
{
	for (unsigned i = 0; i < HUB_SLOTS_MAX; i++) {
		unsigned index = (viewer->next_slot + i) % HUB_SLOTS_MAX;
		struct hub_slot *slot = hub_get(viewer->server->hub, index);
		if (has_new_frame(&viewer->subscriptions[index], slot)) {
			return slot;
		}
	}
	return NULL;
}

struct frame *delivery_take_frame(struct viewer *viewer, struct hub_slot *slot)
{
	uint64_t number;
	_cleanup_(frame_unrefp) struct frame *frame = hub_slot_latest(slot, &number);

	if (!frame) {
		return NULL;
	}
	if (!has_room_for(viewer->wsi, frame->size, viewer->send_capacity)) {
		eviction_check_blocked(viewer);
		return NULL;
	}
	viewer->blocked_ns = 0;
	account_skipped(viewer, slot, number);
	viewer->subscriptions[hub_slot_index(slot)].number = number;
	return take_ptr(frame);
}

void delivery_count_sent(struct viewer *viewer, const struct hub_slot *slot,
	const struct frame *frame, size_t header_bytes)
{
	unsigned index = hub_slot_index(slot);
	struct delivery_counters *counters = &viewer->server->deliveries[index];

	viewer->sent++;
	viewer->subscriptions[index].has_skipped = false;
	viewer->next_slot = (uint8_t)((index + 1) % HUB_SLOTS_MAX);
	counter_increment(&counters->sent);
	counter_add(&viewer->server->sent_bytes, header_bytes + frame->size);
	histogram_observe(&counters->capture_to_send, clock_now_ns() - frame->captured_ns);
}
