#include "accept/measure.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "accept/measure-impl.h"
#include "util/cleanup.h"
#include "util/clock.h"
#include "util/json.h"
#include "util/log.h"
#include "watch/record/render.h"

#define AGE_EVERY_NS (10 * NSEC_PER_MSEC)
#define WARM_UP_NS   (3 * NSEC_PER_SEC) /* cameras set their exposure when they start */

bool measure_has_pictures(const struct measurement *measurement, const struct viewer *viewer)
{
	for (size_t camera = 0; camera < measurement->run.n_cameras; camera++) {
		const struct track *track = viewer->tracks[camera];
		if (!track || track->latest.shown_ns == 0) {
			return false;
		}
	}
	return viewer->state == VIEWER_STATE_OPEN;
}

unsigned measure_count_watching(const struct measurement *measurement)
{
	unsigned n = 0;

	for (unsigned i = 0; i < PROVE_VIEWERS; i++) {
		n += measure_has_pictures(measurement, &measurement->crowd.viewers[i]);
	}
	return n;
}

static bool is_settled_now(const struct measurement *measurement)
{
	for (unsigned i = 0; i < PROVE_VIEWERS; i++) {
		const struct viewer *viewer = &measurement->crowd.viewers[i];
		if (viewer->lost == 0 && !measure_has_pictures(measurement, viewer)) {
			return false;
		}
	}
	return true;
}

static void sample_ages(struct measurement *measurement, uint64_t now_ns)
{
	for (unsigned i = 0; i < PROVE_VIEWERS; i++) {
		const struct viewer *viewer = &measurement->crowd.viewers[i];
		for (size_t camera = 0; camera < measurement->run.n_cameras; camera++) {
			const struct track *track = viewer->tracks[camera];
			uint64_t age_ns = track && viewer->state == VIEWER_STATE_OPEN
						  ? track_age_ns(track, now_ns)
						  : 0;
			if (age_ns > 0) {
				measurement->age_sum_ms[camera] += (double)age_ns / 1e6;
				measurement->n_ages[camera]++;
			}
		}
	}
}

int measure_turn(struct measurement *measurement, uint64_t end_ns, bool is_settled)
{
	uint64_t age_ns = clock_now_ns();

	for (;;) {
		uint64_t now_ns = clock_now_ns();
		if (now_ns >= age_ns) {
			sample_ages(measurement, now_ns);
			age_ns += AGE_EVERY_NS * (1 + (now_ns - age_ns) / AGE_EVERY_NS);
		}
		if (now_ns >= end_ns || (is_settled && is_settled_now(measurement))) {
			return 0;
		}
		uint64_t next_ns = age_ns < end_ns ? age_ns : end_ns;
		int wait_ms = (int)((next_ns - now_ns) / NSEC_PER_MSEC);
		int r = crowd_turn(&measurement->crowd, wait_ms);
		if (r != 0) {
			measurement->is_interrupted |= r > 0;
			return r;
		}
	}
}

static int open_crowd(struct measurement *measurement)
{
	measurement->crowd_options = (struct crowd_options){.endpoints = &measurement->endpoint,
		.n_endpoints = 1,
		.n_viewers = PROVE_VIEWERS,
		.open_timeout_ns = MEASURE_OPEN_NS};
	int r = crowd_init(&measurement->crowd, &measurement->crowd_options);
	if (r < 0) {
		return r;
	}
	return crowd_watch(&measurement->crowd, measurement->options->signal_fd);
}

int measure_open_viewers(struct measurement *measurement, struct error *err)
{
	int r = open_crowd(measurement);

	if (r == 0) {
		r = measure_turn(measurement, clock_now_ns() + MEASURE_OPEN_NS, true);
	}
	return r < 0 ? error_set(err, r, "viewers: %s", error_name(r)) : r;
}

int measure_open_warm(struct measurement *measurement, struct error *err)
{
	int r = measure_open_viewers(measurement, err);

	if (r != 0) {
		return r;
	}
	r = measure_turn(measurement, clock_now_ns() + WARM_UP_NS, false);
	return r < 0 ? error_set(err, r, "viewers: %s", error_name(r)) : r;
}

static int read_cameras(struct measurement *measurement, struct error *err)
{
	_cleanup_json_ json_t *status = NULL;
	int r = tested_server_ask(measurement->options->server, &status, err);

	if (r < 0) {
		return r;
	}
	json_t *cameras = json_object_get(status, "cameras"), *one;
	size_t i;
	json_array_foreach(cameras, i, one) {
		if (i >= PROVE_CAMERAS_MAX) {
			break;
		}
		struct prove_camera *camera = &measurement->run.cameras[i];
		snprintf(camera->name, sizeof(camera->name), "%s", json_text(one, "name"));
		camera->width = (unsigned)json_integer_value(json_object_get(one, "width"));
		camera->height = (unsigned)json_integer_value(json_object_get(one, "height"));
		measurement->run.n_cameras = i + 1;
	}
	return 0;
}

static int open_readers(struct measurement *measurement, struct error *err)
{
	const struct process_target targets[] = {
		{.name = "serve", .pid = measurement->options->server->pid},
		{.name = "accept", .pid = getpid()},
		{.comm = "twinlens-watch", .name = "watch"},
	};
	int r = system_reader_open(&measurement->system, &sysroot_real);

	if (r < 0) {
		return error_set(err, r, "/proc/meminfo: cannot be read: %s", error_name(r));
	}
	r = process_reader_open(&measurement->processes, &sysroot_real);
	if (r < 0) {
		return error_set(err, r, "/proc: cannot be read: %s", error_name(r));
	}
	for (size_t i = 0; i < sizeof(targets) / sizeof(targets[0]); i++) {
		r = process_reader_add(&measurement->processes, &targets[i]);
		if (r < 0) {
			return error_set(err, r, "processes: %s", error_name(r));
		}
	}
	return 0;
}

static int open_endpoint(struct measurement *measurement, struct error *err)
{
	const struct url *url = measurement->options->server->url;

	measurement->url = *url;
	measurement->url.is_websocket = true;
	snprintf(measurement->url.target, sizeof(measurement->url.target), "%s",
		"/ws/video?camera=all");
	int r = endpoint_init(&measurement->endpoint, &measurement->url, STREAM_PROTOCOL, err);
	if (r < 0) {
		return r;
	}
	measurement->endpoint.stream.check_every = 100;
	measurement->endpoint.has_stamps = true;
	return 0;
}

static void write_sample(struct measurement *measurement)
{
	static char buffer[RENDER_SIZE];
	struct text text;

	text_init(&text, buffer, sizeof(buffer));
	render_json(&text, &measurement->system_sample, &measurement->process_sample);
	fprintf(measurement->options->samples, "%s\n", buffer);
	fflush(measurement->options->samples); /* those until a kill are there */
}

static int open_all(struct measurement *measurement, struct error *err)
{
	int r = open_readers(measurement, err);

	if (r < 0) {
		return r;
	}
	r = open_endpoint(measurement, err);
	if (r < 0) {
		return r;
	}
	r = read_cameras(measurement, err); /* how many there are */
	if (r < 0) {
		return r;
	}
	r = measure_open_warm(measurement, err);
	if (r < 0) {
		return r;
	}
	measurement->run.n_cameras = 0;
	return read_cameras(measurement, err); /* and now, what size they have */
}

static void begin(struct measurement *measurement)
{
	measure_sample(measurement);
	(void)cpu_clock_read(&sysroot_real, &measurement->clock); /* else it stays 0 */
	crowd_begin(&measurement->crowd);
	measurement->began_ns = clock_now_ns();
	measurement->second_ns = measurement->began_ns;
	memset(measurement->frames, 0, sizeof(measurement->frames));
	memset(measurement->age_sum_ms, 0, sizeof(measurement->age_sum_ms));
	memset(measurement->n_ages, 0, sizeof(measurement->n_ages));
}

static int run_seconds(struct measurement *measurement)
{
	const struct measure_options *options = measurement->options;

	begin(measurement);
	for (unsigned i = 0; i < options->seconds; i++) {
		options->on_progress(MEASURE_PHASE_VIEWERS, i, options->seconds);
		int r = measure_turn(
			measurement, measurement->began_ns + (i + 1) * NSEC_PER_SEC, false);
		if (r != 0) {
			return r;
		}
		measure_sample(measurement);
		measure_second(measurement, &measurement->seconds[i]);
		write_sample(measurement);
		measurement->run.n = i + 1;
	}
	measurement->run.is_complete = true;
	return 0;
}

static int run(struct measurement *measurement, struct error *err)
{
	const struct measure_options *options = measurement->options;

	options->on_progress(MEASURE_PHASE_OPENING, 0, 1);
	int r = open_all(measurement, err);
	if (r < 0 || measurement->is_interrupted) {
		return r;
	}
	r = run_seconds(measurement);
	measure_finish(measurement);
	if (tested_server_ask(options->server, &measurement->status, err) < 0) {
		log_warning("%s", err->text);
	}
	if (r < 0) {
		return error_set(err, r, "viewers: %s", error_name(r));
	}
	if (r == 0) {
		r = measure_stress(measurement, err);
	}
	if (r == 0 && options->server->is_own) {
		r = measure_recovery(measurement, err);
	}
	if (r == 0 && options->simulated && options->simulated->is_held) {
		r = measure_turns(measurement, err);
	}
	return r < 0 ? r : 0;
}

int measure(const struct measure_options *options, struct measurement **ret_measurement,
	struct error *err)
{
	struct measurement *measurement = calloc(1, sizeof(*measurement));

	if (!measurement) {
		return error_set(err, -ENOMEM, "accept: out of memory");
	}
	measurement->options = options;
	measurement->crowd.epoll_fd = -1;
	measurement->run.clock_percent = NAN;
	measurement->run.is_own_server = options->server->is_own;
	measurement->seconds = calloc(options->seconds + 1, sizeof(*measurement->seconds));
	measurement->run.seconds = measurement->seconds;
	int r = measurement->seconds ? run(measurement, err)
				     : error_set(err, -ENOMEM, "accept: out of memory");
	if (r < 0) {
		measurement_free(measurement);
		return r;
	}
	measurement->run.is_complete &= !measurement->is_interrupted;
	*ret_measurement = measurement;
	return 0;
}

struct measurement *measurement_free(struct measurement *measurement)
{
	if (measurement) {
		crowd_done(&measurement->crowd);
		json_decref(measurement->status);
		process_reader_close(&measurement->processes);
		system_reader_close(&measurement->system);
		free(measurement->turns);
		free(measurement->seconds);
		free(measurement);
	}
	return NULL;
}
