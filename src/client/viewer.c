/*
 * Of most pictures only the first bytes are read. The rest is dropped by the kernel where it is
 * (MSG_TRUNC), so that a thousand viewers cost two system calls a picture and no copy.
 */
#include "client/viewer.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "util/clock.h"

#define OPCODE_TEXT  1
#define OPCODE_CLOSE 8
#define OPCODE_PONG  10
#define DROP_MAX     (1u << 20)
/* Then the other viewers are served: a server may send small messages without end. */
#define READS_MAX 64

int viewer_open(
	struct viewer *viewer, struct viewer_shared *shared, const struct endpoint *endpoint)
{
	viewer->shared = shared;
	viewer->endpoint = endpoint;
	viewer->opened_ns = clock_now_ns();
	viewer->n_frames = 0;
	viewer->last_ns = 0;
	viewer->close_code = 0;
	viewer->lost = 0;
	viewer->budget_bytes = SIZE_MAX;
	stream_init(&viewer->stream, &endpoint->stream, shared->n_opened++);
	int r = connection_open(&viewer->connection, endpoint);
	viewer->state = r < 0 ? VIEWER_STATE_CLOSED : VIEWER_STATE_CONNECTING;
	return r;
}

struct track *viewer_track(struct viewer *viewer, unsigned camera)
{
	if (!viewer->tracks[camera]) {
		viewer->tracks[camera] = calloc(1, sizeof(*viewer->tracks[camera]));
		if (viewer->tracks[camera]) {
			track_begin(viewer->tracks[camera], viewer->shared->begun_ns);
		}
	}
	return viewer->tracks[camera];
}

/* When the last byte of a picture came, on CLOCK_MONOTONIC. */
static uint64_t arrival_ns(uint64_t now_ns, uint64_t stamp_ns)
{
	if (stamp_ns == 0) {
		return now_ns;
	}
	uint64_t read_ns = clock_read_ns(CLOCK_REALTIME);
	uint64_t lag_ns = read_ns > stamp_ns ? read_ns - stamp_ns : 0;
	return lag_ns < now_ns ? now_ns - lag_ns : now_ns;
}

static void note_gap(struct viewer *viewer, uint64_t now_ns)
{
	uint64_t begun_ns = viewer->shared->begun_ns;
	uint64_t since_ns = viewer->last_ns > begun_ns ? viewer->last_ns : begun_ns;

	if (now_ns > since_ns && now_ns - since_ns > viewer->gap_max_ns) {
		viewer->gap_max_ns = now_ns - since_ns;
	}
}

/* Where the ages of a camera are added. 0 or -ENOMEM. */
static int find_ages(struct viewer *viewer, unsigned camera, struct ages *ret_ages[TRACK_AGES])
{
	struct ages *all = &viewer->shared->ages[camera];

	if (viewer->shared->has_own_ages && !viewer->ages[camera]) {
		viewer->ages[camera] = calloc(1, sizeof(*all));
		if (!viewer->ages[camera]) {
			return -ENOMEM;
		}
	}
	struct ages *own = viewer->ages[camera];
	if (ages_init(all) < 0 || (own && ages_init(own) < 0)) {
		return -ENOMEM;
	}
	ret_ages[0] = all;
	ret_ages[1] = own;
	return 0;
}

static int take_frame(struct viewer *viewer, uint64_t stamp_ns)
{
	const struct stream_frame *frame = &viewer->stream.frame;
	const struct endpoint *endpoint = viewer->endpoint;
	unsigned camera = frame->has_header ? frame->camera : endpoint->camera;
	uint64_t now_ns = clock_now_ns();
	uint64_t arrived_ns = arrival_ns(now_ns, stamp_ns);

	if (stamp_ns) {
		loglinear_add(&viewer->shared->lag, now_ns - arrived_ns, 1);
	}
	viewer->n_frames++;
	note_gap(viewer, arrived_ns);
	viewer->last_ns = arrived_ns;
	if (camera >= VIEWER_CAMERAS_MAX) {
		viewer->strangers++;
		return 0;
	}
	struct track *track = viewer_track(viewer, camera);
	struct ages *ages[TRACK_AGES];
	if (!track || find_ages(viewer, camera, ages) < 0) {
		return -ENOMEM;
	}
	const struct track_arrival arrival = {
		.arrived_ns = arrived_ns,
		.captured_ns = endpoint_local_ns(endpoint, frame->captured_ns, now_ns),
		.size_bytes = frame->size_bytes,
		.has_sequence = frame->has_header,
		.sequence = frame->sequence,
		.skipped = frame->skipped,
		.is_broken = frame->is_broken,
	};
	track_add(track, &arrival, ages);
	return 0;
}

static void take_text(struct viewer *viewer, uint64_t stamp_ns)
{
	const struct viewer_shared *shared = viewer->shared;

	if (shared->on_text) {
		shared->on_text(shared->data, stream_text(&viewer->stream),
			arrival_ns(clock_now_ns(), stamp_ns));
	}
}

static int take_event(
	struct viewer *viewer, enum stream_event event, uint64_t stamp_ns, struct error *err)
{
	const struct stream *stream = &viewer->stream;

	switch (event) {
	case STREAM_EVENT_OPENED:
		viewer->state = VIEWER_STATE_OPEN;
		return 0;
	case STREAM_EVENT_FRAME:
		return take_frame(viewer, stamp_ns);
	case STREAM_EVENT_PING:
		return connection_send(
			&viewer->connection, OPCODE_PONG, stream->control, stream->control_size);
	case STREAM_EVENT_CLOSED:
		viewer->close_code = stream->close_code;
		return error_set(err, -ECONNRESET, "the server closed the connection with %u",
			stream->close_code);
	case STREAM_EVENT_TEXT:
		take_text(viewer, stamp_ns);
		return 0;
	default:
		return 0;
	}
}

static int take_bytes(struct viewer *viewer, const uint8_t *data, size_t size, uint64_t stamp_ns,
	struct error *err)
{
	while (size > 0) {
		enum stream_event event;
		size_t used;
		int r = stream_feed(&viewer->stream, data, size, &used, &event, err);
		if (r < 0) {
			return r;
		}
		r = take_event(viewer, event, stamp_ns, err);
		if (r < 0) {
			return r;
		}
		data += used;
		size -= used;
	}
	return 0;
}

/* Reads once. 1 when there may be more, 0 when there is not or a picture has ended. */
static int read_once(struct viewer *viewer, struct error *err)
{
	struct stream *stream = &viewer->stream;
	size_t droppable = stream_droppable(stream);
	size_t wanted = droppable ? droppable : stream_wanted(stream);
	size_t max = droppable ? DROP_MAX : VIEWER_READ_MAX;
	uint8_t *buffer = droppable ? NULL : viewer->shared->buffer;
	uint64_t stamp_ns;

	max = max < viewer->budget_bytes ? max : viewer->budget_bytes;
	wanted = wanted < max ? wanted : max;
	if (wanted == 0) {
		return 0;
	}
	ssize_t n = connection_read(&viewer->connection, buffer, wanted, &stamp_ns);
	if (n == -EAGAIN) {
		return 0;
	}
	if (n < 0) {
		return error_set(err, (int)n, "the connection has ended: %s", error_name((int)n));
	}
	viewer->shared->bytes += (uint64_t)n;
	viewer->budget_bytes -= (size_t)n;
	unsigned before = viewer->n_frames;
	int r = droppable ? take_event(viewer, stream_drop(stream, (size_t)n), stamp_ns, err)
			  : take_bytes(viewer, buffer, (size_t)n, stamp_ns, err);
	if (r < 0) {
		return r;
	}
	return (size_t)n == wanted && viewer->n_frames == before;
}

static int ask(struct viewer *viewer, struct error *err)
{
	int r = connection_ask(&viewer->connection, viewer->endpoint);

	if (r < 0) {
		return error_set(err, r, "cannot connect: %s", error_name(r));
	}
	if (r == 0) {
		viewer->state = VIEWER_STATE_ASKED;
	}
	return 0;
}

int viewer_continue(struct viewer *viewer, struct error *err)
{
	int r = 1;

	if (viewer->state == VIEWER_STATE_CLOSED) {
		return 0;
	}
	if (viewer->state == VIEWER_STATE_CONNECTING) {
		r = ask(viewer, err);
	}
	for (unsigned i = 0; i < READS_MAX && r > 0; i++) {
		r = read_once(viewer, err);
	}
	return r < 0 ? r : 0;
}

bool viewer_is_opening(const struct viewer *viewer)
{
	return viewer->state == VIEWER_STATE_CONNECTING || viewer->state == VIEWER_STATE_ASKED;
}

void viewer_begin(struct viewer *viewer, uint64_t now_ns)
{
	viewer->gap_max_ns = 0;
	for (unsigned i = 0; i < VIEWER_CAMERAS_MAX; i++) {
		if (viewer->tracks[i]) {
			track_begin(viewer->tracks[i], now_ns);
		}
		if (viewer->ages[i]) {
			ages_clear(viewer->ages[i]);
		}
	}
}

void viewer_settle(struct viewer *viewer, uint64_t now_ns)
{
	struct ages *ages[TRACK_AGES];

	note_gap(viewer, now_ns);
	for (unsigned i = 0; i < VIEWER_CAMERAS_MAX; i++) {
		if (viewer->tracks[i] && find_ages(viewer, i, ages) == 0) {
			track_settle(viewer->tracks[i], now_ns, ages);
		}
	}
}

int viewer_send_text(struct viewer *viewer, const char *text)
{
	if (viewer->state != VIEWER_STATE_OPEN) {
		return -ENOTCONN;
	}
	return connection_send(&viewer->connection, OPCODE_TEXT, text, strlen(text));
}

int viewer_say_goodbye(struct viewer *viewer)
{
	static const uint8_t normal[] = {1000 >> 8, 1000 & 0xff};

	if (viewer->state != VIEWER_STATE_OPEN ||
		viewer->endpoint->stream.kind != STREAM_KIND_WEBSOCKET) {
		return -ENOTCONN;
	}
	return connection_send(&viewer->connection, OPCODE_CLOSE, normal, sizeof(normal));
}

void viewer_close(struct viewer *viewer)
{
	if (viewer->close_code == 0 && viewer->lost == 0) {
		/* A server that takes nothing learns of it by the end of the connection. */
		(void)viewer_say_goodbye(viewer);
	}
	connection_close(&viewer->connection);
	viewer->state = VIEWER_STATE_CLOSED;
}

void viewer_done(struct viewer *viewer)
{
	viewer_close(viewer);
	for (unsigned i = 0; i < VIEWER_CAMERAS_MAX; i++) {
		free(viewer->tracks[i]);
		viewer->tracks[i] = NULL;
		if (viewer->ages[i]) {
			ages_done(viewer->ages[i]);
			free(viewer->ages[i]);
			viewer->ages[i] = NULL;
		}
	}
}
