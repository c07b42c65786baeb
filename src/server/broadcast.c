/*
 * Each viewer is sent what is new at once: the kernel says whether its socket takes the whole of
 * it, and to wait for POLLOUT would be one more round of the loop over all viewers for each frame.
 */
#include "server/broadcast.h"

#include "server/core/delivery.h"
#include "server/http/stream.h"
#include "server/websocket/send.h"

/* Answers that wait go first; an HTTP answer that ends with its picture is sent when the socket is
 * writable. */
static void send_latest(struct viewer *viewer)
{
	int r = 0;

	if (viewer->wants_write || viewer->has_ended) {
		return;
	}
	switch (viewer->transport) {
	case VIEWER_TRANSPORT_WEBSOCKET:
	case VIEWER_TRANSPORT_WEBSOCKET_V1:
		r = websocket_send_frames(viewer);
		break;
	case VIEWER_TRANSPORT_MULTIPART:
		r = stream_send_part(viewer);
		break;
	case VIEWER_TRANSPORT_SNAPSHOT:
		viewer_want_write(viewer);
		break;
	}
	if (r < 0) {
		lws_set_timeout(viewer->wsi, PENDING_TIMEOUT_USER_OK, LWS_TO_KILL_ASYNC);
	}
}

/* The slots whose latest frame was not offered to the viewers yet, as a mask. */
static unsigned take_new_slots(struct server *server)
{
	unsigned new_slots = 0;

	for (unsigned i = 0; i < HUB_SLOTS_MAX; i++) {
		struct hub_slot *slot = hub_get(server->hub, i);
		uint64_t number = slot ? hub_slot_latest_number(slot) : 0;
		if (number != 0 && number != server->offered[i]) {
			server->offered[i] = number;
			new_slots |= 1U << i;
		}
	}
	return new_slots;
}

static void send_new_frames(struct server *server)
{
	unsigned new_slots = take_new_slots(server);

	for (struct viewer *viewer = server->viewers; viewer && new_slots; viewer = viewer->next) {
		for (unsigned left = new_slots; left; left &= left - 1) {
			unsigned i = (unsigned)__builtin_ctz(left);
			delivery_offer(viewer, hub_get(server->hub, i), server->offered[i]);
		}
		send_latest(viewer);
	}
}

/* Their cameras may have failed. */
static void wake_snapshots(struct server *server)
{
	for (struct viewer *viewer = server->viewers; viewer && server->n_snapshots > 0;
		viewer = viewer->next) {
		if (viewer->transport == VIEWER_TRANSPORT_SNAPSHOT) {
			viewer_want_write(viewer);
		}
	}
}

void broadcast_news(struct server *server)
{
	send_new_frames(server);
	wake_snapshots(server);
}
