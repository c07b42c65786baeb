#include "server/http/http.h"

#include <inttypes.h>
#include <string.h>

#include "server/http/assets.h"
#include "server/core/delivery.h"
#include "server/core/eviction.h"
#include "server/http/request.h"
#include "server/http/respond.h"
#include "server/core/status.h"
#include "util/cleanup.h"
#include "util/clock.h"

#define BOUNDARY "twinlens-frame"

/* What a snapshot waits for a camera that has to start first. */
#define SNAPSHOT_TIMEOUT_US (5 * LWS_US_PER_SEC)

#define RETRY_AFTER_FULL_S     5
#define RETRY_AFTER_SNAPSHOT_S 1

/* The page may load itself, and connect to the server that it came from. */
#define PAGE_POLICY                                                                                \
	"Content-Security-Policy: default-src 'none'; script-src 'self'; worker-src 'self'; "      \
	"style-src 'self'; img-src 'self' blob: data:; connect-src 'self' ws: wss:; "              \
	"base-uri 'none'; form-action 'none'\r\n"

/* Other sites may show a picture, as <img> does, but no CORS header lets them read it. */
#define STREAM_HEADERS "Cache-Control: no-store\r\nX-Content-Type-Options: nosniff\r\n"

static int respond_asset(struct lws *wsi, const char *path)
{
	for (size_t i = 0; i < n_assets; i++) {
		if (strcmp(assets[i].path, path) == 0) {
			return respond(wsi, 200, assets[i].content_type, PAGE_POLICY,
				assets[i].data, assets[i].size);
		}
	}
	return respond_text(wsi, 404, NULL, "not found\n");
}

static int respond_metrics(struct lws *wsi)
{
	size_t size;
	char *text = status_metrics(server_of(wsi), &size);

	if (!text) {
		return respond_text(wsi, 500, NULL, "out of memory\n");
	}
	int r = respond(wsi, 200, "text/plain; version=0.0.4; charset=utf-8", NULL, text, size);
	free(text);
	return r;
}

static int respond_health(struct lws *wsi)
{
	char text[HUB_SLOTS_MAX * (ERROR_TEXT_MAX + HUB_NAME_MAX + 16)];
	bool is_healthy = status_is_healthy(server_of(wsi), text, sizeof(text));

	return respond_text(wsi, is_healthy ? 200 : 503, NULL, text);
}

static int respond_cameras(struct lws *wsi)
{
	json_t *cameras = status_cameras_json(server_of(wsi));

	return respond_json(wsi, json_pack("{s:o}", "cameras", cameras));
}

static void expire(lws_sorted_usec_list_t *deadline)
{
	struct viewer *viewer = lws_container_of(deadline, struct viewer, deadline);

	viewer->is_expired = true;
	viewer_want_write(viewer);
}

static int start_snapshot(struct lws *wsi, struct attachment *attachment, struct hub_slot *slot)
{
	attachment->viewer = viewer_new(server_of(wsi), wsi, VIEWER_TRANSPORT_SNAPSHOT);
	if (!attachment->viewer) {
		return -1;
	}
	lws_set_timeout(wsi, NO_PENDING_TIMEOUT, 0);
	lws_sul_schedule(lws_get_context(wsi), 0, &attachment->viewer->deadline, expire,
		SNAPSHOT_TIMEOUT_US);
	viewer_on_writable(attachment->viewer);
	viewer_watch(attachment->viewer, slot);
	viewer_want_write(attachment->viewer); /* at once, if the camera has failed already */
	return 0;
}

static int start_stream(struct lws *wsi, struct attachment *attachment, struct hub_slot *slot)
{
	static const char header[] =
		"HTTP/1.1 200 OK\r\n"
		"Content-Type: multipart/x-mixed-replace; boundary=" BOUNDARY "\r\n"
		"Connection: close\r\n" STREAM_HEADERS "\r\n--" BOUNDARY "\r\n";
	unsigned char buffer[LWS_PRE + sizeof(header)];

	if (!viewer_has_room(server_of(wsi))) {
		return respond_unavailable(wsi, RETRY_AFTER_FULL_S,
			"all viewers' places are taken, try again later\n");
	}
	memcpy(buffer + LWS_PRE, header, sizeof(header));
	if (lws_write(wsi, buffer + LWS_PRE, sizeof(header) - 1, LWS_WRITE_HTTP) < 0) {
		return -1;
	}
	attachment->viewer = viewer_new(server_of(wsi), wsi, VIEWER_TRANSPORT_MULTIPART);
	if (!attachment->viewer) {
		return -1;
	}
	lws_set_timeout(wsi, NO_PENDING_TIMEOUT, 0);
	viewer_on_writable(attachment->viewer);
	eviction_schedule_check(attachment->viewer);
	viewer_watch(attachment->viewer, slot);
	return 0;
}

typedef int (*start_fn)(struct lws *wsi, struct attachment *attachment, struct hub_slot *slot);

/* HEAD on a picture tells its type and starts nothing: how long it would be is not known. */
static int start_for(
	struct lws *wsi, struct attachment *attachment, start_fn start, struct hub_slot *slot)
{
	if (!slot) {
		return respond_text(
			wsi, 404, NULL, "no such camera; the names are in /api/cameras\n");
	}
	if (lws_hdr_total_length(wsi, WSI_TOKEN_HEAD_URI) > 0) {
		return respond(wsi, 200,
			start == start_snapshot ? "image/jpeg"
						: "multipart/x-mixed-replace; boundary=" BOUNDARY,
			NULL, NULL, 0);
	}
	return start(wsi, attachment, slot);
}

/* "stream", "snapshot", "stream_1", ...: as mjpg-streamer has it. NULL: something else. */
static start_fn parse_action(const char *action, unsigned *ret_index)
{
	static const struct {
		const char *name;
		start_fn start;
	} actions[] = {{"stream", start_stream}, {"snapshot", start_snapshot}};

	for (size_t i = 0; i < sizeof(actions) / sizeof(actions[0]); i++) {
		size_t length = strlen(actions[i].name);
		const char *rest = action + length;
		if (strncmp(action, actions[i].name, length) != 0) {
			continue;
		}
		if (rest[0] == '\0') {
			*ret_index = 0;
			return actions[i].start;
		}
		if (rest[0] == '_' && rest[1] >= '0' && rest[1] <= '9' && rest[2] == '\0') {
			*ret_index = (unsigned)(rest[1] - '0');
			return actions[i].start;
		}
	}
	return NULL;
}

static int request_root(struct lws *wsi, struct attachment *attachment)
{
	char action[32];
	unsigned index;

	int r = request_argument(wsi, "action=", action, sizeof(action));
	if (r == 0) {
		return respond_asset(wsi, "/");
	}
	start_fn start = r > 0 ? parse_action(action, &index) : NULL;
	if (!start) {
		return respond_text(wsi, 404, NULL,
			"action must be stream, snapshot, stream_1 or snapshot_1\n");
	}
	return start_for(wsi, attachment, start, hub_get(server_of(wsi)->hub, index));
}

static int route(struct lws *wsi, struct attachment *attachment, const char *path)
{
	struct server *server = server_of(wsi);

	if (strcmp(path, "/") == 0) {
		return request_root(wsi, attachment);
	}
	if (strncmp(path, "/snapshot/", 10) == 0) {
		return start_for(wsi, attachment, start_snapshot, hub_find(server->hub, path + 10));
	}
	if (strncmp(path, "/stream/", 8) == 0) {
		return start_for(wsi, attachment, start_stream, hub_find(server->hub, path + 8));
	}
	if (strcmp(path, "/api/status") == 0) {
		return respond_json(wsi, status_json(server));
	}
	if (strcmp(path, "/api/cameras") == 0) {
		return respond_cameras(wsi);
	}
	if (strcmp(path, "/metrics") == 0) {
		return respond_metrics(wsi);
	}
	if (strcmp(path, "/healthz") == 0) {
		return respond_health(wsi);
	}
	return respond_asset(wsi, path);
}

int http_request(struct lws *wsi, struct attachment *attachment)
{
	char path[REQUEST_PATH_MAX];
	unsigned status = request_read(wsi, path, sizeof(path));

	return status == 200 ? route(wsi, attachment, path) : respond_refusal(wsi, status);
}

/* The next request may be read. */
static void end_snapshot(struct lws *wsi, struct attachment *attachment)
{
	attachment->viewer = viewer_free(attachment->viewer);
	lws_rx_flow_control(wsi, 1);
}

/* Answers a snapshot that will not come: its camera cannot, or took too long. */
static int give_up_snapshot(struct lws *wsi, struct attachment *attachment)
{
	struct viewer *viewer = attachment->viewer;
	char text[ERROR_TEXT_MAX + 64];
	struct camera_info info;

	hub_slot_get_info(viewer_only_slot(viewer), &info);
	bool is_failed = info.state == CAMERA_STATE_LOST || info.state == CAMERA_STATE_ERROR;
	if (!is_failed && !viewer->is_expired) {
		return 0;
	}
	snprintf(text, sizeof(text), "no picture: %s%s%s\n", camera_state_name(info.state),
		info.error[0] ? ": " : "", info.error);
	end_snapshot(wsi, attachment);
	return respond_unavailable(wsi, RETRY_AFTER_SNAPSHOT_S, text);
}

/* Header, picture and trailer in one piece, without moving the picture. */
static int send_around(struct viewer *viewer, const struct hub_slot *slot,
	const struct frame *frame, const char *header, size_t header_size, size_t trailer_size,
	enum lws_write_protocol kind)
{
	uint8_t *start = frame->data - header_size;

	memcpy(start, header, header_size);
	int r = lws_write(viewer->wsi, start, header_size + frame->size + trailer_size, kind);
	if (lws_partial_buffered(viewer->wsi)) {
		viewer_want_write(viewer); /* libwebsockets uses it for the rest */
	}
	delivery_count_sent(viewer, slot, frame, header_size + trailer_size);
	return r < 0 ? -1 : 0;
}

static int send_snapshot(struct lws *wsi, struct attachment *attachment)
{
	char header[FRAME_HEADROOM_SERVER - LWS_PRE];
	struct hub_slot *slot = delivery_next_slot(attachment->viewer);
	_cleanup_(frame_unrefp) struct frame *frame =
		slot ? delivery_take_frame(attachment->viewer, slot) : NULL;

	if (!frame) {
		return give_up_snapshot(wsi, attachment);
	}
	int length = snprintf(header, sizeof(header),
		"HTTP/1.1 200 OK\r\nContent-Type: image/jpeg\r\nContent-Length: %zu\r\n"
		"X-Timestamp: %" PRIu64 ".%06" PRIu64 "\r\n" STREAM_HEADERS "\r\n",
		frame->size, frame->captured_ns / NSEC_PER_SEC,
		frame->captured_ns % NSEC_PER_SEC / NSEC_PER_USEC);
	int r = send_around(
		attachment->viewer, slot, frame, header, (size_t)length, 0, LWS_WRITE_HTTP_FINAL);
	end_snapshot(wsi, attachment);
	return r < 0 ? -1 : respond_end(wsi);
}

/*
 * A browser draws a part when it sees the boundary behind it. So the boundary follows each picture
 * at once where the frame's memory has room behind it, and else comes with the next part.
 */
int http_send_part(struct viewer *viewer)
{
	static const char boundary[] = "\r\n--" BOUNDARY "\r\n";
	const size_t boundary_size = sizeof(boundary) - 1;
	char header[FRAME_HEADROOM_SERVER - LWS_PRE];
	struct hub_slot *slot = delivery_next_slot(viewer);
	_cleanup_(frame_unrefp) struct frame *frame =
		slot ? delivery_take_frame(viewer, slot) : NULL;

	if (!frame) {
		return 0;
	}
	int length = snprintf(header, sizeof(header),
		"%sContent-Type: image/jpeg\r\nContent-Length: %zu\r\n"
		"X-Timestamp: %" PRIu64 ".%06" PRIu64 "\r\n\r\n",
		viewer->owes_boundary ? boundary : "", frame->size,
		frame->captured_ns / NSEC_PER_SEC,
		frame->captured_ns % NSEC_PER_SEC / NSEC_PER_USEC);
	viewer->owes_boundary = frame->capacity - frame->size < boundary_size;
	if (!viewer->owes_boundary) {
		memcpy(frame->data + frame->size, boundary, boundary_size);
	}
	return send_around(viewer, slot, frame, header, (size_t)length,
		viewer->owes_boundary ? 0 : boundary_size, LWS_WRITE_HTTP);
}

int http_writeable(struct lws *wsi, struct attachment *attachment)
{
	if (!attachment->viewer) {
		return 0;
	}
	viewer_on_writable(attachment->viewer);
	if (server_of(wsi)->is_closing || attachment->viewer->is_dismissed) {
		return -1;
	}
	return attachment->viewer->transport == VIEWER_TRANSPORT_SNAPSHOT
		       ? send_snapshot(wsi, attachment)
		       : http_send_part(attachment->viewer);
}
