#include "load/run.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "util/clock.h"
#include "util/json.h"

#define TURN_MS          50 /* so that the others' ticks and the end are met */
#define OPEN_TIMEOUT_NS  (10 * NSEC_PER_SEC)
#define WARM_UP_LEAST_NS NSEC_PER_SEC        /* for pings, and for the cameras to settle */
#define WARM_UP_MOST_NS  (10 * NSEC_PER_SEC) /* then whoever sees nothing yet is measured so */
#define PING_FIRST_NS    (20 * NSEC_PER_MSEC)
#define PING_NS          NSEC_PER_SEC
#define PROGRESS_NS      NSEC_PER_SEC
#define OWN_AGES_MAX     16 /* viewers; with more nobody looks at each of them */

/* {"status":"success","action":"ping","t":NS,"server_us":US}: t is when it was asked. */
static void take_text(void *data, const char *text, uint64_t arrived_ns)
{
	struct load_run *run = data;
	_cleanup_json_ json_t *answer = json_loads(text, 0, NULL);
	json_int_t asked_ns = json_integer_value(json_object_get(answer, "t"));
	json_int_t server_us = json_integer_value(json_object_get(answer, "server_us"));

	if (asked_ns <= 0 || server_us <= 0 || (uint64_t)asked_ns > arrived_ns ||
		server_us > (json_int_t)(INT64_MAX / NSEC_PER_USEC)) {
		return;
	}
	offset_add(
		&run->offset, (uint64_t)asked_ns, arrived_ns, (uint64_t)server_us * NSEC_PER_USEC);
	run->has_clock =
		offset_best(&run->offset, arrived_ns, &run->ahead_ns, &run->clock_error_ns);
	for (unsigned i = 0; i < run->target->n_endpoints; i++) {
		run->target->endpoints[i].ahead_ns = run->ahead_ns;
	}
}

/* Over the connection of the first viewer that is open: one more might be one too many. */
static void ping(struct load_run *run, uint64_t every_ns)
{
	uint64_t now_ns = clock_now_ns();
	char text[64];
	bool is_websocket = run->target->endpoints[0].stream.kind == STREAM_KIND_WEBSOCKET;

	if (!run->target->is_twinlens || !is_websocket || now_ns - run->pinged_ns < every_ns) {
		return;
	}
	run->pinged_ns = now_ns;
	snprintf(text, sizeof(text), "{\"action\":\"ping\",\"t\":%" PRIu64 "}", now_ns);
	for (unsigned i = 0; i < run->crowd.n_begun; i++) {
		if (viewer_send_text(&run->crowd.viewers[i], text) == 0) {
			return;
		}
	}
}

int load_run_init(struct load_run *run, const struct load_options *options,
	struct load_target *target, struct error *err)
{
	unsigned n = options->n_viewers * target->n_endpoints, n_others = 0;

	*run = (struct load_run){.options = options, .target = target};
	run->crowd_options = (struct crowd_options){.endpoints = target->endpoints,
		.n_endpoints = target->n_endpoints,
		.n_viewers = n,
		.open_timeout_ns = OPEN_TIMEOUT_NS};
	for (unsigned kind = 0; kind < OTHERS_KIND_COUNT; kind++) {
		n_others += options->others[kind];
	}
	if (n > CROWD_VIEWERS_MAX) {
		return error_set(err, -EINVAL,
			"%u viewers of %u streams each are more than %u connections",
			options->n_viewers, target->n_endpoints, CROWD_VIEWERS_MAX);
	}
	int r = crowd_allow_descriptors(n + n_others);
	if (r < 0) {
		return error_set(err, r,
			"%u connections need as many descriptors: %s; raise the limit (ulimit -n)",
			n + n_others, error_name(r));
	}
	r = crowd_init(&run->crowd, &run->crowd_options);
	if (r == 0) {
		r = others_init(
			&run->others, options->others, target->endpoints, target->n_endpoints);
	}
	if (r == 0) {
		r = crowd_watch(&run->crowd, others_fd(&run->others));
	}
	if (r < 0) {
		load_run_done(run);
		return error_set(err, r, "preparing the viewers: %s", error_name(r));
	}
	run->crowd.shared.has_own_ages = n <= OWN_AGES_MAX;
	run->crowd.shared.on_text = take_text;
	run->crowd.shared.data = run;
	return 0;
}

void load_run_done(struct load_run *run)
{
	others_done(&run->others);
	crowd_done(&run->crowd);
}

/* Waits for TURN_MS at most, and not beyond end_ns. */
static int turn(struct load_run *run, bool has_others, uint64_t end_ns, struct error *err)
{
	uint64_t now_ns = clock_now_ns();
	uint64_t left_ms = end_ns > now_ns ? (end_ns - now_ns) / NSEC_PER_MSEC : 0;
	int r = crowd_turn(&run->crowd, left_ms < TURN_MS ? (int)left_ms : TURN_MS);

	if (r >= 0 && has_others) {
		r = others_turn(&run->others);
	}
	return r < 0 ? error_set(err, r, "waiting for the viewers: %s", error_name(r)) : 0;
}

static int open_all(struct load_run *run, const volatile int *stop, struct error *err)
{
	struct crowd *crowd = &run->crowd;
	int r = 0;

	while (crowd->n_open < crowd->n_viewers && r == 0) {
		r = *stop ? error_set(err, -EAGAIN, "interrupted")
			  : turn(run, false, UINT64_MAX, err);
		if (r == 0 && crowd->n_lost > 0) {
			r = error_set(err, crowd->err.code,
				"%u of %u viewers were accepted; the next one failed: %s",
				crowd->n_open, crowd->n_viewers, crowd->err.text);
		}
	}
	return r;
}

/* Whether a viewer, over this connection, is to see this camera. */
static bool must_see(const struct load_run *run, const struct viewer *viewer, unsigned camera)
{
	bool has_all = viewer->endpoint->stream.kind == STREAM_KIND_WEBSOCKET;

	return run->target->cameras[camera].is_expected &&
	       (has_all || viewer->endpoint->camera == camera);
}

/* Whether each viewer has had a picture of each camera that it is to see. */
static bool sees_all(const struct load_run *run)
{
	for (unsigned i = 0; i < run->crowd.n_viewers; i++) {
		const struct viewer *viewer = &run->crowd.viewers[i];
		bool is_blind = viewer->n_frames == 0;
		for (unsigned k = 0; k < VIEWER_CAMERAS_MAX && !is_blind; k++) {
			is_blind = must_see(run, viewer, k) && !viewer->tracks[k];
		}
		if (is_blind) {
			return false;
		}
	}
	return true;
}

/* So that a camera that never comes is measured as one that is not seen. */
static int expect_all(struct load_run *run, struct error *err)
{
	for (unsigned i = 0; i < run->crowd.n_viewers; i++) {
		struct viewer *viewer = &run->crowd.viewers[i];
		for (unsigned k = 0; k < VIEWER_CAMERAS_MAX; k++) {
			if (must_see(run, viewer, k) && !viewer_track(viewer, k)) {
				return error_set(err, -ENOMEM, "%s", error_name(-ENOMEM));
			}
		}
	}
	return 0;
}

static int warm_up(struct load_run *run, const volatile int *stop, struct error *err)
{
	uint64_t begun_ns = clock_now_ns(), now_ns = begun_ns;
	int r = 0;

	while (r == 0 && (now_ns < begun_ns + WARM_UP_LEAST_NS ||
				 (now_ns < begun_ns + WARM_UP_MOST_NS && !sees_all(run)))) {
		ping(run, PING_FIRST_NS);
		r = *stop ? error_set(err, -EAGAIN, "interrupted")
			  : turn(run, true, UINT64_MAX, err);
		now_ns = clock_now_ns();
	}
	return r < 0 ? r : expect_all(run, err);
}

static void show_progress(const struct load_run *run, uint64_t now_ns)
{
	uint64_t frames = 0;

	for (unsigned i = 0; i < run->crowd.n_viewers; i++) {
		for (unsigned k = 0; k < VIEWER_CAMERAS_MAX; k++) {
			const struct track *track = run->crowd.viewers[i].tracks[k];
			frames += track ? track->frames : 0;
		}
	}
	fprintf(stderr, "\r%3.0f of %.0f s: %u viewers, %u lost, %" PRIu64 " pictures, %.0f MB ",
		clock_to_seconds(now_ns - run->begun_ns),
		clock_to_seconds(run->options->duration_ns), run->options->n_viewers,
		run->crowd.n_lost, frames, (double)run->crowd.shared.bytes / 1e6);
}

int load_run_measure(struct load_run *run, const volatile int *stop, struct error *err)
{
	bool has_progress = !run->options->is_json && isatty(STDERR_FILENO);
	uint64_t shown_ns = 0, end_ns;
	int r = open_all(run, stop, err);

	if (r == 0) {
		r = warm_up(run, stop, err);
	}
	if (r < 0) {
		return r;
	}
	uint64_t cpu_ns = clock_process_cpu_ns();
	crowd_begin(&run->crowd);
	run->begun_ns = run->crowd.shared.begun_ns;
	end_ns = run->begun_ns + run->options->duration_ns;
	for (uint64_t now_ns = run->begun_ns; now_ns < end_ns && !*stop && r == 0;
		now_ns = clock_now_ns()) {
		if (has_progress && now_ns - shown_ns >= PROGRESS_NS) {
			shown_ns = now_ns;
			show_progress(run, now_ns);
		}
		ping(run, PING_NS);
		r = turn(run, true, end_ns, err);
	}
	run->cpu_ns = clock_process_cpu_ns() - cpu_ns;
	run->ended_ns = crowd_settle(&run->crowd);
	if (has_progress) {
		fprintf(stderr, "\r%79s\r", "");
	}
	return r;
}
