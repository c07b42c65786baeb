/*
 * Whole frame or skip: a frame is given to the socket only when the kernel's send buffer takes all
 * of it and next to nothing waits in it unsent. So libwebsockets never has a rest to copy aside, a
 * slow network holds one frame and not seconds of old ones, and a viewer that stopped reading costs
 * nothing.
 */
#include "server/core/viewer.h"

#include <linux/sockios.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#include "server/core/eviction.h"
#include "server/core/listener.h"
#include "util/clock.h"

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
	subscription->has_number = false;
	hub_slot_watch(slot);
	uint64_t number = hub_slot_latest_number(slot);
	if (number) {
		viewer_offer(viewer, slot, number);
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

	while (!viewer->subscriptions[i].is_active) {
		i++;
	}
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

void viewer_offer(struct viewer *viewer, struct hub_slot *slot, uint64_t number)
{
	struct subscription *subscription = &viewer->subscriptions[hub_slot_index(slot)];

	if (!subscription->is_active) {
		return;
	}
	account_skipped(viewer, slot, number);
	if (viewer->wants_write) {
		eviction_note_blocked(viewer); /* so full that it did not even become writable */
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
	int queued, unsent;

	if (lws_partial_buffered(wsi) || ioctl(fd, SIOCOUTQ, &queued) < 0) {
		return false;
	}
	return queued == 0 || (ioctl(fd, SIOCOUTQNSD, &unsent) == 0 && (size_t)unsent <= size / 2 &&
				      (size_t)queued + size <= capacity);
}

static bool socket_takes(struct viewer *viewer, size_t size)
{
	if (!has_room_for(viewer->wsi, size, viewer->send_capacity)) {
		eviction_note_blocked(viewer);
		return false;
	}
	viewer->blocked_ns = 0;
	return true;
}

static bool has_new_frame(const struct subscription *subscription, struct hub_slot *slot)
{
	if (!subscription->is_active) {
		return false;
	}
	uint64_t number = hub_slot_latest_number(slot);
	return number && (!subscription->has_number || number > subscription->number);
}

static struct hub_slot *next_with_new_frame(struct viewer *viewer)
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

struct frame *viewer_pick(struct viewer *viewer, struct hub_slot **ret_slot)
{
	struct hub_slot *slot = next_with_new_frame(viewer);

	if (!slot) {
		return NULL;
	}
	uint64_t number;
	struct frame *frame = hub_slot_latest(slot, &number);
	if (!frame || !socket_takes(viewer, frame->size)) {
		return frame_unref(frame);
	}
	struct subscription *subscription = &viewer->subscriptions[hub_slot_index(slot)];
	account_skipped(viewer, slot, number);
	subscription->number = number;
	*ret_slot = slot;
	return frame;
}

void viewer_note_sent(
	struct viewer *viewer, struct hub_slot *slot, struct frame *frame, size_t header_bytes)
{
	struct delivery_counters *counters = &viewer->server->deliveries[hub_slot_index(slot)];

	viewer->sent++;
	viewer->subscriptions[hub_slot_index(slot)].has_skipped = false;
	viewer->next_slot = (uint8_t)((hub_slot_index(slot) + 1) % HUB_SLOTS_MAX);
	counter_increment(&counters->sent);
	counter_add(&viewer->server->sent_bytes, header_bytes + frame->size);
	histogram_observe(&counters->capture_to_send, clock_now_ns() - frame->captured_ns);
	frame_unref(frame);
}
