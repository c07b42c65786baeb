#include "server/websocket/websocket.h"

#include <endian.h>
#include <string.h>

#include "server/websocket/control.h"
#include "server/core/delivery.h"
#include "server/core/eviction.h"
#include "server/http/request.h"
#include "server/http/respond.h"
#include "server/core/status.h"
#include "server/core/viewer.h"
#include "util/cleanup.h"
#include "util/clock.h"

/* Answers that may wait for a viewer to take them; at this many its messages are no longer read. */
#define REPLIES_MAX 16

#define RETRY_AFTER_FULL_S 5

/* What a close frame may wait for room in a full socket. */
#define CLOSE_TIMEOUT_S 5

/* Of Sec-WebSocket-Key, 16 bytes in base64, RFC 6455 4.1. */
#define KEY_LENGTH 24

/* A client that offers subprotocols must offer ours: it would not know what to do without. */
static bool offers_our_protocol(struct lws *wsi)
{
	char list[128];
	char *rest;

	if (lws_hdr_total_length(wsi, WSI_TOKEN_PROTOCOL) == 0) {
		return true;
	}
	if (lws_hdr_copy(wsi, list, sizeof(list), WSI_TOKEN_PROTOCOL) <= 0) {
		return false;
	}
	for (char *name = strtok_r(list, ", ", &rest); name; name = strtok_r(NULL, ", ", &rest)) {
		if (strcmp(name, WEBSOCKET_PROTOCOL) == 0) {
			return true;
		}
	}
	return false;
}

/* libwebsockets takes any version for 13, and closes without a word when there is no key. */
static unsigned check_handshake(struct lws *wsi)
{
	char version[4];

	if (lws_hdr_total_length(wsi, WSI_TOKEN_KEY) != KEY_LENGTH) {
		return 400;
	}
	return lws_hdr_copy(wsi, version, sizeof(version), WSI_TOKEN_VERSION) > 0 &&
			       strcmp(version, "13") == 0
		       ? 200
		       : 426;
}

int websocket_confirm(struct lws *wsi, char *upgrade)
{
	char path[REQUEST_PATH_MAX];
	struct hub_slot *first;
	unsigned mask;

	if (lws_hdr_total_length(wsi, WSI_TOKEN_UPGRADE) == 0) {
		return -1; /* libwebsockets has refused it, and freed what upgrade points to */
	}
	if (strcasecmp(upgrade, "websocket") != 0) {
		upgrade[0] = '-'; /* HTTP/2, which it would upgrade to; now it is a plain request */
		return 0;
	}
	unsigned status = request_read(wsi, path, sizeof(path));
	if (status == 200) {
		status = check_handshake(wsi);
	}
	if (status != 200) {
		return respond_refusal(wsi, status);
	}
	if (lws_hdr_total_length(wsi, WSI_TOKEN_HEAD_URI) > 0) {
		return respond_text(wsi, 405, "Allow: GET\r\n", "a WebSocket begins with GET\n");
	}
	if (!request_cameras(wsi, path, "/ws/video", &mask, &first)) {
		return respond_text(wsi, 404, NULL,
			"no such camera; /ws/video/NAME or /ws/video?camera=NAME, names in "
			"/api/cameras\n");
	}
	if (!request_is_same_origin(wsi)) {
		return respond_text(wsi, 403, NULL, "a page of another origin may not watch\n");
	}
	if (!offers_our_protocol(wsi)) {
		return respond_text(
			wsi, 400, NULL, "the subprotocol is " WEBSOCKET_PROTOCOL ", or none\n");
	}
	if (!viewer_has_room(server_of(wsi))) {
		return respond_unavailable(wsi, RETRY_AFTER_FULL_S,
			"all viewers' places are taken, try again later\n");
	}
	return 0;
}

int websocket_established(struct lws *wsi, struct attachment *attachment)
{
	struct server *server = server_of(wsi);
	bool is_v1 = strcmp(lws_get_protocol(wsi)->name, WEBSOCKET_PROTOCOL) == 0;
	char path[REQUEST_PATH_MAX];
	struct hub_slot *first;
	unsigned mask;

	if (request_read(wsi, path, sizeof(path)) != 200 ||
		!request_cameras(wsi, path, "/ws/video", &mask, &first)) {
		return -1;
	}
	attachment->viewer = viewer_new(
		server, wsi, is_v1 ? VIEWER_TRANSPORT_WEBSOCKET_V1 : VIEWER_TRANSPORT_WEBSOCKET);
	if (!attachment->viewer) {
		return -1;
	}
	eviction_schedule_check(attachment->viewer);
	if (!is_v1) {
		viewer_watch(attachment->viewer, first);
		return 0;
	}
	for (unsigned i = 0; i < HUB_SLOTS_MAX; i++) {
		if (mask & 1U << i) {
			viewer_watch(attachment->viewer, hub_get(server->hub, i));
		}
	}
	return 0;
}

static json_t *get_status(void *userdata)
{
	struct viewer *viewer = userdata;

	return status_json(viewer->server);
}

/* Without the header a viewer cannot tell cameras apart: there a start takes the place of the
 * other. */
static bool select_camera(void *userdata, const char *name, bool is_on)
{
	struct viewer *viewer = userdata;
	struct hub_slot *slot = hub_find(viewer->server->hub, name);

	if (!slot) {
		return false;
	}
	if (!is_on) {
		viewer_unwatch(viewer, slot);
		return true;
	}
	if (viewer->transport == VIEWER_TRANSPORT_WEBSOCKET) {
		for (unsigned i = 0; i < HUB_SLOTS_MAX; i++) {
			if (viewer->subscriptions[i].is_active && i != hub_slot_index(slot)) {
				viewer_unwatch(viewer, hub_get(viewer->server->hub, i));
			}
		}
	}
	viewer_watch(viewer, slot);
	return true;
}

static int answer_message(struct viewer *viewer, const char *text, size_t size)
{
	static const struct control_ops ops = {.get_status = get_status, .select = select_camera};
	size_t answer_size;
	char *memory = control_answer(
		text, size, &ops, viewer, sizeof(struct reply) + LWS_PRE, &answer_size);

	if (!memory) {
		return -1;
	}
	struct reply *reply = (struct reply *)(void *)memory;
	reply->next = NULL;
	reply->size = answer_size;
	*viewer->last_reply = reply;
	viewer->last_reply = &reply->next;
	if (++viewer->n_replies == REPLIES_MAX) {
		lws_rx_flow_control(viewer->wsi, 0);
	}
	viewer_want_write(viewer);
	return 0;
}

/*
 * Behind a close frame nothing is sent, RFC 6455 section 5.5.1; until it is answered nobody
 * watches. It goes out when the socket is writable: when libwebsockets is told to close while it
 * reads a message, it trips over the rest of it, and may close without the frame.
 */
static int close_with(struct viewer *viewer, enum lws_close_status status, const char *reason)
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

/* Keeps a part of a message until the rest is there. */
static int keep_part(struct viewer *viewer, const char *data, size_t size)
{
	if (!viewer->message) {
		viewer->message = malloc(CONTROL_MESSAGE_MAX);
		if (!viewer->message) {
			return -1;
		}
	}
	memcpy(viewer->message + viewer->message_size, data, size);
	viewer->message_size += size;
	return 0;
}

int websocket_receive(struct lws *wsi, struct attachment *attachment, const char *data, size_t size)
{
	struct viewer *viewer = attachment->viewer;
	bool is_last = lws_is_final_fragment(wsi) && lws_remaining_packet_payload(wsi) == 0;

	if (viewer->has_ended) {
		return 0;
	}
	if (lws_frame_is_binary(wsi)) {
		return close_with(
			viewer, LWS_CLOSE_STATUS_UNACCEPTABLE_OPCODE, "text messages only");
	}
	if (viewer->message_size + size + lws_remaining_packet_payload(wsi) > CONTROL_MESSAGE_MAX) {
		return close_with(viewer, LWS_CLOSE_STATUS_MESSAGE_TOO_LARGE, "4096 bytes at most");
	}
	if (is_last && !viewer->message) {
		return answer_message(viewer, data, size);
	}
	if (keep_part(viewer, data, size) < 0) {
		return -1;
	}
	if (!is_last) {
		return 0;
	}
	int r = answer_message(viewer, (const char *)viewer->message, viewer->message_size);
	free(viewer->message);
	viewer->message = NULL;
	viewer->message_size = 0;
	return r;
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

static void put_u16(uint8_t *to, uint16_t value)
{
	value = htobe16(value);
	memcpy(to, &value, sizeof(value));
}

static void put_u32(uint8_t *to, uint32_t value)
{
	value = htobe32(value);
	memcpy(to, &value, sizeof(value));
}

static void put_u64(uint8_t *to, uint64_t value)
{
	value = htobe64(value);
	memcpy(to, &value, sizeof(value));
}

static void write_header(uint8_t *header, const struct frame *frame, unsigned index,
	const struct subscription *subscription)
{
	header[0] = 1; /* version */
	header[1] = 1; /* JPEG frame */
	header[2] = (uint8_t)index;
	header[3] = subscription->has_skipped;
	put_u32(header + 4, (uint32_t)frame->sequence);
	put_u64(header + 8, frame->captured_ns / NSEC_PER_USEC);
	put_u64(header + 16, clock_now_ns() / NSEC_PER_USEC);
	put_u16(header + 24, (uint16_t)frame->width);
	put_u16(header + 26, (uint16_t)frame->height);
	put_u32(header + 28, subscription->skipped);
}

/* The header goes into the headroom of the very bytes that the camera wrote: one buffer for all
 * viewers. */
static int send_frame(struct viewer *viewer, const struct hub_slot *slot, const struct frame *frame)
{
	unsigned index = hub_slot_index(slot);
	size_t header = 0;
	if (viewer->transport == VIEWER_TRANSPORT_WEBSOCKET_V1) {
		header = WEBSOCKET_HEADER_BYTES;
		write_header(frame->data - header, frame, index, &viewer->subscriptions[index]);
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
		return close_with(viewer, LWS_CLOSE_STATUS_GOINGAWAY,
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
