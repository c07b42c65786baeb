/*
 * One poll(2) loop, libwebsockets', runs everything. Cameras wake it through lws_cancel_service,
 * the only call that is safe from another thread; then each viewer is sent what is new, at once:
 * the kernel has said that it takes it whole, and to wait for POLLOUT would be one more round of
 * the loop over all viewers for each frame.
 */
#include "server/protocols.h"

#include "server/accept.h"
#include "server/core/connections.h"
#include "server/core/delivery.h"
#include "server/http/http.h"
#include "server/http/request.h"
#include "server/http/respond.h"
#include "server/core/viewer.h"
#include "server/watch.h"
#include "server/websocket/websocket.h"

/* Control messages come whole in one piece up to this size; longer ones are put together. */
#define RX_BUFFER_BYTES 1024

/* More than any frame: what fits goes out in one send(2). Nothing is allocated by it. */
#define TX_PACKET_BYTES ((size_t)1 << 30)

/* What viewers may take to answer the close, before they are cut off. */
#define CLOSE_TIMEOUT_US (LWS_US_PER_SEC / 2)

static int listener_callback(
	struct lws *wsi, enum lws_callback_reasons reason, void *user, void *in, size_t size)
{
	(void)user;
	(void)in;
	(void)size;
	if (reason == LWS_CALLBACK_RAW_RX_FILE) {
		accept_connections(server_of(wsi), wsi);
	}
	return 0;
}

/* What libwebsockets gives up as HTTP, instead of answering for us. */
static int refusal_callback(
	struct lws *wsi, enum lws_callback_reasons reason, void *user, void *in, size_t size)
{
	(void)user;
	return reason == LWS_CALLBACK_RAW_RX ? respond_refusal(wsi, request_refuse(in, size)) : 0;
}

static void report_changes(struct server *server)
{
	uint64_t state_changes = hub_state_changes(server->hub);

	if (server->reported_viewers == server->n_viewers &&
		server->reported_state_changes == state_changes) {
		return;
	}
	server->reported_viewers = server->n_viewers;
	server->reported_state_changes = state_changes;
	if (server->on_change) {
		server->on_change(server->on_change_data);
	}
}

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
		r = http_send_part(viewer);
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
		if (number != 0 && number != server->seen[i]) {
			server->seen[i] = number;
			new_slots |= 1U << i;
		}
	}
	return new_slots;
}

static void offer_new_frames(struct server *server)
{
	unsigned new_slots = take_new_slots(server);

	for (struct viewer *viewer = server->viewers; viewer && new_slots; viewer = viewer->next) {
		for (unsigned left = new_slots; left; left &= left - 1) {
			unsigned i = (unsigned)__builtin_ctz(left);
			delivery_offer(viewer, hub_get(server->hub, i), server->seen[i]);
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

static void end_closing(lws_sorted_usec_list_t *sul)
{
	struct server *server = lws_container_of(sul, struct server, close_sul);

	for (struct viewer *viewer = server->viewers; viewer; viewer = viewer->next) {
		lws_set_timeout(viewer->wsi, PENDING_TIMEOUT_USER_OK, LWS_TO_KILL_ASYNC);
	}
}

static void begin_closing(struct server *server)
{
	server->is_closing = true;
	for (struct viewer *viewer = server->viewers; viewer; viewer = viewer->next) {
		viewer_want_write(viewer);
	}
	lws_sul_schedule(server->context, 0, &server->close_sul, end_closing, CLOSE_TIMEOUT_US);
}

static void wake(struct server *server)
{
	if (atomic_load(&server->is_stopping) && !server->is_closing) {
		begin_closing(server);
	}
	offer_new_frames(server);
	wake_snapshots(server);
	report_changes(server);
}

/* The last viewer may end by a timeout: libwebsockets then goes on to wait for the next event. */
static void wake_at_end(struct server *server)
{
	if (server->is_closing && !server->viewers) {
		lws_cancel_service(server->context);
	}
}

static int viewer_callback(
	struct lws *wsi, enum lws_callback_reasons reason, void *user, void *in, size_t size)
{
	struct attachment *attachment = user;

	switch (reason) {
	case LWS_CALLBACK_HTTP:
		return connection_begin_request(wsi) < 0 ? -1 : http_request(wsi, attachment);
	case LWS_CALLBACK_HTTP_WRITEABLE:
		return http_writeable(wsi, attachment);
	case LWS_CALLBACK_HTTP_CONFIRM_UPGRADE:
		return connection_begin_request(wsi) < 0 ? -1 : websocket_confirm(wsi, in);
	case LWS_CALLBACK_ESTABLISHED:
		return websocket_established(wsi, attachment);
	case LWS_CALLBACK_RECEIVE:
		return websocket_receive(wsi, attachment, in, size);
	case LWS_CALLBACK_RECEIVE_PONG:
		attachment->viewer->owes_pong = false;
		return 0;
	case LWS_CALLBACK_SERVER_WRITEABLE:
		return websocket_writeable(wsi, attachment);
	case LWS_CALLBACK_WS_PEER_INITIATED_CLOSE:
		attachment->viewer->has_ended = true; /* libwebsockets answers the close */
		return 0;
	case LWS_CALLBACK_CLOSED:
	case LWS_CALLBACK_CLOSED_HTTP:
		if (attachment) {
			attachment->viewer = viewer_free(attachment->viewer);
			wake_at_end(server_of(wsi));
		}
		return 0;
	default:
		return 0;
	}
}

/* Of the first protocol: what is not bound to one, and requests before they are upgraded. */
static int http_callback(
	struct lws *wsi, enum lws_callback_reasons reason, void *user, void *in, size_t size)
{
	if (reason == LWS_CALLBACK_EVENT_WAIT_CANCELLED) {
		wake(server_of(wsi));
		return 0;
	}
	if (reason == LWS_CALLBACK_WSI_DESTROY) {
		connection_free(wsi);
		return 0;
	}
	return viewer_callback(wsi, reason, user, in, size);
}

/* The first one is also for requests, and for WebSocket without a subprotocol. */
const struct lws_protocols server_protocols[] = {
	{.name = "http",
		.callback = http_callback,
		.per_session_data_size = sizeof(struct attachment),
		.rx_buffer_size = RX_BUFFER_BYTES,
		.tx_packet_size = TX_PACKET_BYTES},
	{.name = WEBSOCKET_PROTOCOL,
		.callback = viewer_callback,
		.per_session_data_size = sizeof(struct attachment),
		.rx_buffer_size = RX_BUFFER_BYTES,
		.tx_packet_size = TX_PACKET_BYTES},
	{.name = PROTOCOL_LISTENER_NAME, .callback = listener_callback},
	{.name = PROTOCOL_REFUSAL_NAME, .callback = refusal_callback},
	{.name = WATCH_PROTOCOL_NAME,
		.callback = watch_callback,
		.per_session_data_size = sizeof(struct server_watch)},
	{0},
};
