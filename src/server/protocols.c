/*
 * One poll(2) loop, libwebsockets', runs everything, and calls this table. Cameras wake it through
 * lws_cancel_service().
 */
#include "server/protocols.h"

#include "server/accept.h"
#include "server/broadcast.h"
#include "server/closing.h"
#include "server/core/connections.h"
#include "server/core/viewer.h"
#include "server/http/request.h"
#include "server/http/respond.h"
#include "server/http/routes.h"
#include "server/http/stream.h"
#include "server/watch.h"
#include "server/websocket/handshake.h"
#include "server/websocket/receive.h"
#include "server/websocket/send.h"

/* Control messages come whole in one piece up to this size; longer ones are put together. */
#define RX_BUFFER_BYTES 1024

/* More than any frame: what fits goes out in one send(2). Nothing is allocated by it. */
#define TX_PACKET_BYTES ((size_t)1 << 30)

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

static void wake(struct server *server)
{
	if (atomic_load(&server->is_stopping) && !server->is_closing) {
		closing_begin(server);
	}
	broadcast_news(server);
	report_changes(server);
}

static int viewer_callback(
	struct lws *wsi, enum lws_callback_reasons reason, void *user, void *in, size_t size)
{
	struct attachment *attachment = user;

	switch (reason) {
	case LWS_CALLBACK_HTTP:
		return connection_begin_request(wsi) < 0 ? -1 : route_request(wsi, attachment);
	case LWS_CALLBACK_HTTP_WRITEABLE:
		return stream_writeable(wsi, attachment);
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
			closing_count_down(server_of(wsi));
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
