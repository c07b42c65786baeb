#include "server/websocket/handshake.h"

#include <string.h>

#include "server/core/eviction.h"
#include "server/core/viewer.h"
#include "server/http/request.h"
#include "server/http/respond.h"

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
		return respond_full(wsi);
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
