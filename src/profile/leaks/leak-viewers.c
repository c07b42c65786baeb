#include "profile/leaks/leak-viewers.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "util/clock.h"

#define OPCODE_TEXT     1
#define TURN_MS         20
#define REQUESTS        4
#define OPEN_TIMEOUT_NS (20 * NSEC_PER_SEC) /* under valgrind all takes its time */

/* Every way in which a browser or another program watches. */
static const struct {
	bool is_websocket;
	const char *protocol;
	const char *target;
} streams[LEAK_VIEWERS] = {
	{true, STREAM_PROTOCOL, "/ws/video?camera=all"},
	{true, NULL, "/ws/video?camera=encoded"},
	{false, NULL, "/stream/passed"},
};

/* What the first two ask for when they change: the answer to an unknown request is one more. */
static const char *const requests[][REQUESTS] = {
	{"{\"action\":\"stop_camera\",\"camera\":\"passed\"}",
		"{\"action\":\"start_camera\",\"camera\":\"passed\"}",
		"{\"action\":\"get_status\"}", "{\"action\":\"nonsense\"}"},
	{"{\"action\":\"stop_camera\",\"camera\":\"encoded\"}",
		"{\"action\":\"start_camera\",\"camera\":\"passed\"}",
		"{\"action\":\"ping\",\"t\":1}", "{\"action\":\"stop_camera\"}"},
};

static int set_endpoints(struct leak_viewers *viewers, const struct url *url, struct error *err)
{
	for (size_t i = 0; i < LEAK_VIEWERS; i++) {
		struct url stream = *url;
		stream.is_websocket = streams[i].is_websocket;
		snprintf(stream.target, sizeof(stream.target), "%s", streams[i].target);
		int r = endpoint_init(&viewers->endpoints[i], &stream, streams[i].protocol, err);
		if (r < 0) {
			return r;
		}
	}
	return 0;
}

int leak_viewers_open(struct leak_viewers *viewers, const struct url *url,
	struct interrupt *interrupt, struct error *err)
{
	*viewers = (struct leak_viewers){.interrupt = interrupt};
	int r = set_endpoints(viewers, url, err);
	if (r < 0) {
		return r;
	}
	viewers->options = (struct crowd_options){.endpoints = viewers->endpoints,
		.n_endpoints = LEAK_VIEWERS,
		.n_viewers = LEAK_VIEWERS,
		.open_timeout_ns = OPEN_TIMEOUT_NS};
	r = crowd_init(&viewers->crowd, &viewers->options);
	if (r == 0) {
		r = crowd_watch(&viewers->crowd, interrupt->fd);
	}
	return r < 0 ? error_set(err, r, "viewers: %s", error_name(r)) : 0;
}

int leak_viewers_change(struct leak_viewers *viewers, struct error *err)
{
	for (size_t i = 0; i < sizeof(requests) / sizeof(requests[0]); i++) {
		for (size_t j = 0; j < REQUESTS; j++) {
			const char *text = requests[i][j];
			int r = connection_send(&viewers->crowd.viewers[i].connection, OPCODE_TEXT,
				text, strlen(text));
			if (r < 0) {
				return error_set(
					err, r, "a viewer: its request: %s", error_name(r));
			}
		}
	}
	return 0;
}

int leak_viewers_watch(
	struct leak_viewers *viewers, uint64_t time_ns, uint64_t deadline_ns, struct error *err)
{
	struct crowd *crowd = &viewers->crowd;
	uint64_t end_ns = clock_now_ns() + time_ns;

	while (crowd->n_waiting > 0 || clock_now_ns() < end_ns) {
		int r = crowd_turn(crowd, TURN_MS);
		if (r > 0) {
			viewers->interrupt->is_raised = true;
			return -EINTR;
		}
		if (r < 0) {
			return error_set(err, r, "viewers: %s", error_name(r));
		}
		if (crowd->n_lost > 0) {
			return error_set(
				err, crowd->err.code, "a viewer was lost: %.200s", crowd->err.text);
		}
		if (clock_now_ns() >= deadline_ns) {
			return error_set(err, -ETIMEDOUT, "%u viewers had no picture in time",
				crowd->n_waiting);
		}
	}
	return 0;
}

void leak_viewers_close(struct leak_viewers *viewers)
{
	crowd_done(&viewers->crowd);
}
