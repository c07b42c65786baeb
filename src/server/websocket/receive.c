#include "server/websocket/receive.h"

#include <string.h>

#include "server/core/status.h"
#include "server/core/viewer.h"
#include "server/websocket/control.h"
#include "server/websocket/send.h"

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
	reply->size = answer_size;
	websocket_queue_reply(viewer, reply);
	return 0;
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
		return websocket_close(
			viewer, LWS_CLOSE_STATUS_UNACCEPTABLE_OPCODE, "text messages only");
	}
	if (viewer->message_size + size + lws_remaining_packet_payload(wsi) > CONTROL_MESSAGE_MAX) {
		return websocket_close(
			viewer, LWS_CLOSE_STATUS_MESSAGE_TOO_LARGE, "4096 bytes at most");
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
