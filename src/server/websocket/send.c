#include "server/websocket/send.h"

#include <string.h>

#include "server/core/delivery.h"
#include "server/websocket/header.h"
#include "util/cleanup.h"
#include "util/clock.h"

/* Answers that may wait for a viewer to take them; at this many its messages are no longer read. */
#define REPLIES_MAX 16

/* What a close frame may wait for room in a full socket. */
#define CLOSE_TIMEOUT_S 5

/*
 * Behind a close frame nothing is sent, RFC 6455 section 5.5.1; until it is answered nobody
 * watches. It goes out when the socket is writable: when libwebsockets is told to close while it
 * reads a message, it trips over the rest of it, and may close without the frame.
 */
int websocket_close(struct viewer *viewer, enum lws_close_status status, const char *reason)
{
	viewer->has_ended = true;
	viewer->close_status = status;
	viewer->close_reason = reason;
	viewer_unwatch_all(viewer);
	viewer_want_write(viewer);
	lws_set_timeout(viewer->wsi, PENDING_TIMEOUT_CLOSE_SEND, CLOSE_TIMEOUT_S);
	return 0;
}

static int send_close(struct viewer *viewer)
{
	const char *reason = viewer->close_reason;

	lws_close_reason(viewer->wsi, viewer->close_status, (unsigned char *)(uintptr_t)reason,
		strlen(reason));
	viewer->close_reason = NULL;
	return -1;
}

void websocket_queue_reply(struct viewer *viewer, struct reply *reply)
{
	reply->next = NULL;
	*viewer->last_reply = reply;
	viewer->last_reply = &reply->next;
	if (++viewer->n_replies == REPLIES_MAX) {
		lws_rx_flow_control(viewer->wsi, 0);
	}
	viewer_want_write(viewer);
}

static int send_reply(struct viewer *viewer)
{
	struct reply *reply = viewer->replies;
	int r = lws_write(viewer->wsi, reply->memory + LWS_PRE, reply->size, LWS_WRITE_TEXT);

	viewer->replies = reply->next;
	if (!viewer->replies) {
		viewer->last_reply = &viewer->replies;
	}
	free(reply);
	if (viewer->n_replies-- == REPLIES_MAX) {
		lws_rx_flow_control(viewer->wsi, 1);
	}
	/* There may be a frame, too: answers do not hold the picture up. */
	viewer_want_write(viewer);
	return r < 0 ? -1 : 0;
}

/* With a payload: libwebsockets does not tell of an empty pong. */
static int send_ping(struct viewer *viewer)
{
	unsigned char ping[LWS_PRE + 1] = {0};
	int r = lws_write(viewer->wsi, ping + LWS_PRE, 1, LWS_WRITE_PING);

	viewer->wants_ping = false;
	viewer_want_write(viewer); /* for what else there is */
	return r < 0 ? -1 : 0;
}

/* The header goes into the headroom of the very bytes that the camera wrote: one buffer for all
 * viewers. */
static int send_frame(struct viewer *viewer, const struct hub_slot *slot, const struct frame *frame)
{
	unsigned index = hub_slot_index(slot);
	const struct subscription *subscription = &viewer->subscriptions[index];
	size_t header = 0;

	if (viewer->transport == VIEWER_TRANSPORT_WEBSOCKET_V1) {
		header = HEADER_BYTES;
		header_write(frame->data - header, frame, index, subscription->has_skipped,
			subscription->skipped, clock_now_ns());
	}
	int r = lws_write(
		viewer->wsi, frame->data - header, frame->size + header, LWS_WRITE_BINARY);
	delivery_count_sent(viewer, slot, frame, header);
	return r < 0 ? -1 : 0;
}

int websocket_send_frames(struct viewer *viewer)
{
	struct hub_slot *slot;

	while ((slot = delivery_next_slot(viewer))) {
		_cleanup_(frame_unrefp) struct frame *frame = delivery_take_frame(viewer, slot);
		if (!frame) {
			return 0;
		}
		if (send_frame(viewer, slot, frame) < 0) {
			return -1;
		}
	}
	return 0;
}

int websocket_writeable(struct lws *wsi, struct attachment *attachment)
{
	struct viewer *viewer = attachment->viewer;

	viewer_on_writable(viewer);
	if (viewer->close_reason) {
		return send_close(viewer);
	}
	if (viewer->has_ended) {
		return 0;
	}
	if (server_of(wsi)->is_closing || viewer->is_dismissed) {
		return websocket_close(viewer, LWS_CLOSE_STATUS_GOINGAWAY,
			viewer->is_dismissed ? "the camera was taken away" : "the server ends");
	}
	if (viewer->wants_ping) {
		return send_ping(viewer);
	}
	if (viewer->replies) {
		return send_reply(viewer);
	}
	return websocket_send_frames(viewer);
}
