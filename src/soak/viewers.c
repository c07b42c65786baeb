#include "soak/viewers.h"

#include <math.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>

#include "util/clock.h"

#define RETRY_NS        NSEC_PER_SEC
#define OPEN_TIMEOUT_NS (10 * NSEC_PER_SEC)
#define CHECK_EVERY     100 /* every n-th picture is checked whole */

int soak_viewers_init(
	struct soak_viewers *viewers, const struct url *url, unsigned n, struct error *err)
{
	struct url stream = *url;

	*viewers = (struct soak_viewers){0};
	if (!stream.target[0] || strcmp(stream.target, "/") == 0 ||
		strcmp(stream.target, "/ws/video") == 0) {
		snprintf(stream.target, sizeof(stream.target), "/ws/video?camera=all");
		stream.is_websocket = true;
	}
	int r = endpoint_init(&viewers->endpoint, &stream, STREAM_PROTOCOL, err);
	if (r < 0) {
		return r;
	}
	viewers->endpoint.stream.check_every = CHECK_EVERY;
	viewers->options = (struct crowd_options){
		.endpoints = &viewers->endpoint,
		.n_endpoints = 1,
		.n_viewers = n,
		.open_timeout_ns = OPEN_TIMEOUT_NS,
	};
	viewers->begun_ns = clock_now_ns();
	return 0;
}

static void close_all(struct soak_viewers *viewers)
{
	if (viewers->is_open) {
		crowd_done(&viewers->crowd);
		viewers->is_open = false;
		viewers->retry_ns = clock_now_ns() + RETRY_NS;
	}
}

void soak_viewers_done(struct soak_viewers *viewers)
{
	close_all(viewers);
}

static void count_lost(struct soak_viewers *viewers)
{
	unsigned n = viewers->crowd.n_lost - viewers->n_counted_lost;

	if (n > 0) {
		viewers->n_lost += n;
		viewers->n_counted_lost += n;
		viewers->err = viewers->crowd.err;
	}
}

int soak_viewers_turn(struct soak_viewers *viewers, int timeout_ms)
{
	if (!viewers->is_open) {
		if (clock_now_ns() < viewers->retry_ns) {
			poll(NULL, 0, timeout_ms);
			return 0;
		}
		int r = crowd_init(&viewers->crowd, &viewers->options);
		if (r < 0) {
			return r;
		}
		viewers->is_open = true;
		viewers->n_counted_lost = 0;
		crowd_begin(&viewers->crowd);
	}
	int r = crowd_turn(&viewers->crowd, timeout_ms);
	count_lost(viewers);
	return r < 0 ? r : 0;
}

static void take_track(const struct track *track, double seconds, double *figures)
{
	figures[SOAK_FIGURE_FPS_MIN] =
		fmin(figures[SOAK_FIGURE_FPS_MIN], (double)track->frames / seconds);
	figures[SOAK_FIGURE_GAP_MAX_MS] = fmax(
		figures[SOAK_FIGURE_GAP_MAX_MS], (double)track->gap_max_ns / (double)NSEC_PER_MSEC);
	figures[SOAK_FIGURE_FREEZES] += (double)track->freezes;
	figures[SOAK_FIGURE_BROKEN] += (double)track->broken;
}

/* A camera that did not come at all is one without frames. */
static void take_viewer(
	const struct viewer *viewer, unsigned n_cameras, double seconds, double *figures)
{
	static const struct track none;

	for (unsigned i = 0; i < n_cameras; i++) {
		const struct track *track = viewer->tracks[i];
		take_track(track ? track : &none, seconds, figures);
	}
}

static unsigned count_cameras(const struct crowd *crowd)
{
	unsigned n = 0;

	for (unsigned v = 0; v < crowd->n_viewers; v++) {
		for (unsigned i = 0; i < VIEWER_CAMERAS_MAX; i++) {
			if (crowd->viewers[v].tracks[i] && i >= n) {
				n = i + 1;
			}
		}
	}
	return n;
}

static void take_crowd(struct crowd *crowd, double seconds, double *figures)
{
	unsigned n_cameras = count_cameras(crowd);

	crowd_settle(crowd);
	figures[SOAK_FIGURE_FREEZES] = figures[SOAK_FIGURE_BROKEN] = 0;
	for (unsigned i = 0; i < crowd->n_viewers; i++) {
		take_viewer(&crowd->viewers[i], n_cameras, seconds, figures);
		figures[SOAK_FIGURE_VIEWERS] += crowd->viewers[i].state == VIEWER_STATE_OPEN;
	}
	if (n_cameras == 0) {
		figures[SOAK_FIGURE_FPS_MIN] = 0; /* they wait for the first picture */
	}
}

void soak_viewers_take(struct soak_viewers *viewers, struct soak_sample *sample)
{
	uint64_t now_ns = clock_now_ns();
	double seconds = clock_to_seconds(now_ns - viewers->begun_ns);
	double *figures = sample->figures;

	figures[SOAK_FIGURE_VIEWERS] = 0;
	figures[SOAK_FIGURE_VIEWERS_LOST] = viewers->n_lost;
	if (viewers->is_open) {
		take_crowd(&viewers->crowd, seconds, figures);
		crowd_begin(&viewers->crowd);
	} else {
		figures[SOAK_FIGURE_FPS_MIN] = 0;
	}
	bool is_any_lost = viewers->n_lost > 0;
	viewers->n_lost = 0;
	viewers->begun_ns = now_ns;
	if (is_any_lost) {
		close_all(viewers); /* the others, too: all begin together again */
	}
}
