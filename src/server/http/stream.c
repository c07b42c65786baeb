#include "server/http/stream.h"

#include <inttypes.h>
#include <string.h>

#include "server/core/delivery.h"
#include "server/core/eviction.h"
#include "server/http/respond.h"
#include "util/cleanup.h"
#include "util/clock.h"

#define BOUNDARY "twinlens-frame"

#define PICTURE_TYPE   "image/jpeg"
#define MULTIPART_TYPE "multipart/x-mixed-replace; boundary=" BOUNDARY

#define PART_HEAD_MAX 256

/* What is written before a picture stands in front of its frame, with what libwebsockets adds. */
_Static_assert(RESPOND_HEAD_MAX + LWS_PRE <= FRAME_HEADROOM_SERVER, "the head of a snapshot");
_Static_assert(PART_HEAD_MAX + LWS_PRE <= FRAME_HEADROOM_SERVER, "the head of a part");

/* When the picture was captured, as mjpg-streamer has it. */
#define TIMESTAMP_FORMAT "X-Timestamp: %" PRIu64 ".%06" PRIu64 "\r\n"
#define TIMESTAMP_ARGUMENTS(frame)                                                                 \
	(frame)->captured_ns / NSEC_PER_SEC, (frame)->captured_ns % NSEC_PER_SEC / NSEC_PER_USEC

/* What a snapshot waits for a camera that has to start first. */
#define SNAPSHOT_TIMEOUT_US (5 * LWS_US_PER_SEC)

#define RETRY_AFTER_SNAPSHOT_S 1

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

static int start_multipart(struct lws *wsi, struct attachment *attachment, struct hub_slot *slot)
{
	static const char boundary[] = "--" BOUNDARY "\r\n";
	const struct respond_head head = {
		.status = 200, .content_type = MULTIPART_TYPE, .is_last = true};
	char buffer[LWS_PRE + RESPOND_HEAD_MAX + sizeof(boundary)];

	if (!viewer_has_room(server_of(wsi))) {
		return respond_full(wsi);
	}
	char *start = buffer + LWS_PRE;
	size_t size = respond_write_head(&head, start, RESPOND_HEAD_MAX);
	memcpy(start + size, boundary, sizeof(boundary) - 1);
	size += sizeof(boundary) - 1;
	if (lws_write(wsi, (unsigned char *)start, size, LWS_WRITE_HTTP) < 0) {
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
	char header[RESPOND_HEAD_MAX], timestamp[64];
	struct hub_slot *slot = delivery_next_slot(attachment->viewer);
	_cleanup_(frame_unrefp) struct frame *frame =
		slot ? delivery_take_frame(attachment->viewer, slot) : NULL;

	if (!frame) {
		return give_up_snapshot(wsi, attachment);
	}
	snprintf(timestamp, sizeof(timestamp), TIMESTAMP_FORMAT, TIMESTAMP_ARGUMENTS(frame));
	const struct respond_head head = {.status = 200,
		.content_type = PICTURE_TYPE,
		.has_length = true,
		.length = frame->size,
		.extra = timestamp};
	size_t size = respond_write_head(&head, header, sizeof(header));
	int r = send_around(attachment->viewer, slot, frame, header, size, 0, LWS_WRITE_HTTP_FINAL);
	end_snapshot(wsi, attachment);
	return r < 0 ? -1 : respond_end(wsi);
}

/*
 * A browser draws a part when it sees the boundary behind it. So the boundary follows each picture
 * at once where the frame's memory has room behind it, and else comes with the next part.
 */
int stream_send_part(struct viewer *viewer)
{
	static const char boundary[] = "\r\n--" BOUNDARY "\r\n";
	const size_t boundary_size = sizeof(boundary) - 1;
	char header[PART_HEAD_MAX];
	struct hub_slot *slot = delivery_next_slot(viewer);
	_cleanup_(frame_unrefp) struct frame *frame =
		slot ? delivery_take_frame(viewer, slot) : NULL;

	if (!frame) {
		return 0;
	}
	int length = snprintf(header, sizeof(header),
		"%sContent-Type: " PICTURE_TYPE "\r\nContent-Length: %zu\r\n" TIMESTAMP_FORMAT
		"\r\n",
		viewer->owes_boundary ? boundary : "", frame->size, TIMESTAMP_ARGUMENTS(frame));
	viewer->owes_boundary = frame->capacity - frame->size < boundary_size;
	if (!viewer->owes_boundary) {
		memcpy(frame->data + frame->size, boundary, boundary_size);
	}
	return send_around(viewer, slot, frame, header, (size_t)length,
		viewer->owes_boundary ? 0 : boundary_size, LWS_WRITE_HTTP);
}

int stream_writeable(struct lws *wsi, struct attachment *attachment)
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
		       : stream_send_part(attachment->viewer);
}

const struct stream_kind stream_multipart = {
	.name = "stream", .content_type = MULTIPART_TYPE, .start = start_multipart};
const struct stream_kind stream_snapshot = {
	.name = "snapshot", .content_type = PICTURE_TYPE, .start = start_snapshot};
