/*
 * What only cameras of a driver can show: that one is pulled out and put back, and that opening
 * and closing one leaves nothing behind in the kernel.
 */
#include "accept/measure-impl.h"

#include <errno.h>
#include <math.h>
#include <poll.h>
#include <string.h>

#include "accept/unplug.h"
#include "source/source.h"
#include "util/clock.h"
#include "util/json.h"
#include "util/log.h"

#define LOST_NS      (5 * NSEC_PER_SEC)  /* until the server has noticed */
#define BACK_NS      (20 * NSEC_PER_SEC) /* twice the bar of recovery */
#define SLICE_NS     (50 * NSEC_PER_MSEC)
#define OPEN_ROUNDS  50
#define FRAME_MS     2000 /* for the first picture of a camera that is opened */
#define OPEN_BUFFERS 3
#define MAX_FRAME    (640 * 480 * 3)

/* The status of the first camera of a driver: a reference that the caller releases. */
static json_t *find_camera(struct measurement *measurement, const char **ret_node, json_t **ret_one)
{
	const char prefix[] = "v4l2:";
	json_t *status, *one;
	struct error err;
	size_t i;

	*ret_one = NULL;
	if (tested_server_ask(measurement->options->server, &status, &err) < 0) {
		log_warning("%s", err.text);
		return NULL;
	}
	json_array_foreach(json_object_get(status, "cameras"), i, one) {
		const char *source = json_text(one, "source");
		if (strncmp(source, prefix, strlen(prefix)) == 0) {
			*ret_node = source + strlen(prefix);
			*ret_one = one;
			break;
		}
	}
	return status;
}

/* Whether a viewer misses pictures of a camera that it has had so many of. */
static bool is_waiting(
	const struct measurement *measurement, unsigned before[PROVE_VIEWERS][PROVE_CAMERAS_MAX])
{
	for (unsigned i = 0; i < PROVE_VIEWERS; i++) {
		const struct viewer *viewer = &measurement->crowd.viewers[i];
		for (size_t camera = 0; camera < measurement->run.n_cameras; camera++) {
			const struct track *track = viewer->tracks[camera];
			if (track && viewer->state == VIEWER_STATE_OPEN &&
				track->frames <= before[i][camera]) {
				return true;
			}
		}
	}
	return false;
}

static void count_frames(const struct measurement *measurement,
	unsigned ret_frames[PROVE_VIEWERS][PROVE_CAMERAS_MAX])
{
	for (unsigned i = 0; i < PROVE_VIEWERS; i++) {
		for (size_t camera = 0; camera < measurement->run.n_cameras; camera++) {
			const struct track *track = measurement->crowd.viewers[i].tracks[camera];
			ret_frames[i][camera] = track ? track->frames : 0;
		}
	}
}

/* Lets viewers run until the server says of a camera that it is lost. 1 when interrupted. */
static int wait_lost(struct measurement *measurement, const char *name, bool *ret_is_lost)
{
	uint64_t end_ns = clock_now_ns() + LOST_NS;
	int r = 0;

	*ret_is_lost = false;
	while (r == 0 && !*ret_is_lost && clock_now_ns() < end_ns) {
		_cleanup_json_ json_t *status = NULL;
		struct error err;
		json_t *one;
		size_t i;
		r = measure_turn(measurement, clock_now_ns() + SLICE_NS, false);
		if (r != 0 || tested_server_ask(measurement->options->server, &status, &err) < 0) {
			continue;
		}
		json_array_foreach(json_object_get(status, "cameras"), i, one) {
			*ret_is_lost |= strcmp(json_text(one, "name"), name) == 0 &&
					strcmp(json_text(one, "state"), "lost") == 0;
		}
	}
	return r;
}

/* Until each viewer has new pictures of every camera: the seconds; NAN: not in time. */
static int wait_back(struct measurement *measurement, double *ret_seconds)
{
	unsigned before[PROVE_VIEWERS][PROVE_CAMERAS_MAX];
	unsigned n_lost = measurement->crowd.n_lost;
	uint64_t began_ns = clock_now_ns();
	int r = 0;

	*ret_seconds = NAN;
	count_frames(measurement, before);
	while (r == 0 && clock_now_ns() < began_ns + BACK_NS && is_waiting(measurement, before)) {
		r = measure_turn(measurement, clock_now_ns() + SLICE_NS, false);
	}
	if (r == 0 && !is_waiting(measurement, before) && measurement->crowd.n_lost == n_lost) {
		*ret_seconds = clock_to_seconds(clock_now_ns() - began_ns);
	}
	return r;
}

static int pull_and_plug(struct measurement *measurement, struct unplug *unplug, const char *name)
{
	struct prove_recovery *recovery = &measurement->run.recovery;
	struct error err;
	bool is_lost;

	if (unplug_pull(unplug, &err) < 0) {
		snprintf(recovery->unplug_note, sizeof(recovery->unplug_note), "%s", err.text);
		return 0;
	}
	recovery->is_unplugged = true;
	recovery->unplugged_s = NAN;
	int r = wait_lost(measurement, name, &is_lost);
	if (unplug_plug(unplug, &err) < 0) {
		log_error("%s", err.text);
		return r;
	}
	if (r == 0 && !is_lost) {
		log_warning("%s: pulled out, and the server did not notice", name);
		return 0;
	}
	return r == 0 ? wait_back(measurement, &recovery->unplugged_s) : r;
}

int measure_unplug(struct measurement *measurement, struct error *err)
{
	struct prove_recovery *recovery = &measurement->run.recovery;
	const char *node = "";
	struct unplug unplug;
	struct error reason;
	json_t *camera;
	_cleanup_json_ json_t *status = find_camera(measurement, &node, &camera);

	if (!camera) {
		snprintf(recovery->unplug_note, sizeof(recovery->unplug_note),
			"no camera of a driver");
		return 0;
	}
	if (unplug_find(&sysroot_real, node, &unplug, &reason) < 0) {
		snprintf(recovery->unplug_note, sizeof(recovery->unplug_note), "%s", reason.text);
		return 0;
	}
	int r = pull_and_plug(measurement, &unplug, json_text(camera, "name"));
	return r < 0 ? error_set(err, r, "viewers: %s", error_name(r)) : r;
}

static bool is_signalled(const struct measurement *measurement)
{
	struct pollfd fd = {measurement->options->signal_fd, POLLIN, 0};

	return poll(&fd, 1, 0) > 0;
}

/* Opens a camera, waits for a picture, and closes it. 0 or a negative errno. */
static int open_once(struct source *source, struct error *err)
{
	struct source_info info;
	struct frame *frame = NULL;
	int r = source_start(source, &info, err);

	if (r < 0) {
		return r;
	}
	uint64_t end_ns = clock_now_ns() + FRAME_MS * NSEC_PER_MSEC;
	do {
		struct pollfd fd = {source_get_fd(source), POLLIN, 0};
		(void)poll(&fd, 1, FRAME_MS / 10);
		r = source_read(source, &frame, err);
	} while ((r == -EAGAIN || r > 0) && clock_now_ns() < end_ns);
	frame_unref(frame);
	source_stop(source);
	return r == 0 ? 0 : error_set(err, r < 0 ? r : -EIO, "no picture");
}

/* That of a server which does not run now. */
static void open_often(struct measurement *measurement, const char *description)
{
	struct prove_recovery *recovery = &measurement->run.recovery;
	struct camera_spec spec;
	struct source *source;
	struct error err;

	int r = camera_spec_parse(description, &spec, &err);
	if (r == 0) {
		r = source_new(&spec, "accept", OPEN_BUFFERS, MAX_FRAME, &source);
	}
	if (r < 0) {
		snprintf(recovery->open_error, sizeof(recovery->open_error), "%.200s: %s",
			description, error_name(r));
		return;
	}
	for (unsigned i = 0; i < OPEN_ROUNDS && r == 0 && !measurement->is_interrupted; i++) {
		r = open_once(source, &err);
		recovery->n_opened += r == 0;
		measurement->is_interrupted = is_signalled(measurement);
	}
	source_free(source);
	if (r < 0) {
		snprintf(recovery->open_error, sizeof(recovery->open_error), "%s", err.text);
	}
}

int measure_reopen(struct measurement *measurement, struct error *err)
{
	struct tested_server *server = measurement->options->server;
	const char *node;
	json_t *camera;
	_cleanup_json_ json_t *status = find_camera(measurement, &node, &camera);

	if (!camera) {
		return 0;
	}
	crowd_done(&measurement->crowd);
	tested_server_close(server);
	open_often(measurement, json_text(camera, "source"));
	if (measurement->is_interrupted) {
		return 1;
	}
	int r = tested_server_start(server, err);
	if (r < 0) {
		log_warning("%s", err->text);
		snprintf(measurement->run.recovery.open_error,
			sizeof(measurement->run.recovery.open_error), "%s", err->text);
		return 0;
	}
	return measure_open_viewers(measurement, err);
}
