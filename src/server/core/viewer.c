/* A viewer is on the server's list from viewer_new to viewer_free. */
#include "server/core/viewer.h"

#include <assert.h>
#include <sys/socket.h>

#include "server/core/listener.h"

const char *viewer_transport_name(enum viewer_transport transport)
{
	switch (transport) {
	case VIEWER_TRANSPORT_WEBSOCKET:
	case VIEWER_TRANSPORT_WEBSOCKET_V1:
		return "websocket";
	case VIEWER_TRANSPORT_MULTIPART:
		return "multipart";
	case VIEWER_TRANSPORT_SNAPSHOT:
		return "snapshot";
	}
	return "";
}

static unsigned *count_of(struct server *server, enum viewer_transport transport)
{
	return transport == VIEWER_TRANSPORT_SNAPSHOT ? &server->n_snapshots : &server->n_viewers;
}

bool viewer_has_room(struct server *server)
{
	if (server->n_viewers < server->config.server.max_viewers) {
		return true;
	}
	counter_increment(&server->refused);
	return false;
}

/* The kernel reserves twice of what is asked for and reports that: half of it is for payload,
 * socket(7). */
static uint32_t socket_send_capacity(int fd)
{
	int bytes = 0;
	socklen_t size = sizeof(bytes);

	if (getsockopt(fd, SOL_SOCKET, SO_SNDBUF, &bytes, &size) < 0 || bytes < 0) {
		return 0;
	}
	return (uint32_t)bytes / 2;
}

struct viewer *viewer_new(struct server *server, struct lws *wsi, enum viewer_transport transport)
{
	struct viewer *viewer = calloc(1, sizeof(*viewer));

	if (!viewer) {
		return NULL;
	}
	viewer->server = server;
	viewer->wsi = wsi;
	viewer->id = ++server->last_viewer_id;
	viewer->transport = transport;
	viewer->last_reply = &viewer->replies;
	viewer->send_capacity = socket_send_capacity(lws_get_socket_fd(wsi));
	socket_peer(lws_get_socket_fd(wsi), viewer->peer, sizeof(viewer->peer));
	viewer->next = server->viewers;
	server->viewers = viewer;
	++*count_of(server, transport);
	return viewer;
}

static void unlink_viewer(struct viewer *viewer)
{
	struct viewer **link = &viewer->server->viewers;

	while (*link != viewer) {
		link = &(*link)->next;
	}
	*link = viewer->next;
	--*count_of(viewer->server, viewer->transport);
}

struct viewer *viewer_free(struct viewer *viewer)
{
	if (!viewer) {
		return NULL;
	}
	viewer_unwatch_all(viewer);
	lws_sul_cancel(&viewer->deadline);
	unlink_viewer(viewer);
	while (viewer->replies) {
		struct reply *reply = viewer->replies;
		viewer->replies = reply->next;
		free(reply);
	}
	free(viewer->message);
	free(viewer);
	return NULL;
}

/* The first frame that is offered, or the one that is there already, is sent; none before it was
 * skipped. */
void viewer_watch(struct viewer *viewer, struct hub_slot *slot)
{
	struct subscription *subscription = &viewer->subscriptions[hub_slot_index(slot)];

	if (subscription->is_active) {
		return;
	}
	subscription->is_active = true;
	hub_slot_watch(slot);
	uint64_t number = hub_slot_latest_number(slot);
	subscription->has_number = number > 0;
	if (number > 0) {
		subscription->number = number - 1;
		viewer_want_write(viewer);
	}
}

void viewer_unwatch(struct viewer *viewer, struct hub_slot *slot)
{
	struct subscription *subscription = &viewer->subscriptions[hub_slot_index(slot)];

	if (subscription->is_active) {
		subscription->is_active = false;
		hub_slot_unwatch(slot);
	}
}

void viewer_unwatch_all(struct viewer *viewer)
{
	for (unsigned i = 0; i < HUB_SLOTS_MAX; i++) {
		if (viewer->subscriptions[i].is_active) {
			viewer_unwatch(viewer, hub_get(viewer->server->hub, i));
		}
	}
}

struct hub_slot *viewer_only_slot(const struct viewer *viewer)
{
	unsigned i = 0;

	while (i < HUB_SLOTS_MAX && !viewer->subscriptions[i].is_active) {
		i++;
	}
	assert(i < HUB_SLOTS_MAX);
	return hub_get(viewer->server->hub, i);
}

uint64_t viewer_skipped(const struct viewer *viewer)
{
	uint64_t skipped = 0;

	for (unsigned i = 0; i < HUB_SLOTS_MAX; i++) {
		skipped += viewer->subscriptions[i].skipped;
	}
	return skipped;
}

/*
 * libwebsockets polls for what an HTTP client sends, and for its half-close, but reads neither
 * while an answer is under way: the loop would spin. So it looks at input only while
 * writing is asked for; without input it does not report that the socket is writable either.
 */
void viewer_want_write(struct viewer *viewer)
{
	viewer->wants_write = true;
	if (viewer_is_http(viewer)) {
		lws_rx_flow_control(viewer->wsi, 1);
	}
	lws_callback_on_writable(viewer->wsi);
}

void viewer_on_writable(struct viewer *viewer)
{
	viewer->wants_write = false;
	if (viewer_is_http(viewer)) {
		lws_rx_flow_control(viewer->wsi, 0);
	}
}
