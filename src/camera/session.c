/*
 * One session: from the start of the source to its stop. It ends when the camera is to end, when
 * nobody watched for idle_stop, or with the error of the source.
 */
#include "camera/camera-impl.h"

#include <errno.h>
#include <inttypes.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/eventfd.h>

#include "encode/encoder.h"
#include "source/source.h"
#include "util/clock.h"
#include "util/log.h"

/* Without a good frame for this long a device is frozen. The first one may take longer: exposure,
 * USB. */
#define FREEZE_NS      (2 * NSEC_PER_SEC)
#define FIRST_FRAME_NS (4 * NSEC_PER_SEC)

/* A descriptor that says it is readable, and gives nothing, would be asked without rest. */
#define NOTHING_PAUSE_NS (10 * NSEC_PER_MSEC)

#define FPS_WINDOW_NS NSEC_PER_SEC

void camera_set_state(struct camera *camera, enum camera_state state, const char *error)
{
	struct camera_info *info = &camera->info;

	info->state = state;
	if (state != CAMERA_STATE_STREAMING) {
		info->fps = 0;
	}
	snprintf(info->error, sizeof(info->error), "%s", error);
	hub_slot_set_info(camera->slot, info);
}

bool camera_wait_until(struct camera *camera, int fd, uint64_t deadline_ns)
{
	struct pollfd fds[2] = {
		{.fd = camera->wake_fd, .events = POLLIN}, {.fd = fd, .events = POLLIN}};
	struct timespec timeout = clock_left_until(deadline_ns);

	if (ppoll(fds, 2, deadline_ns == UINT64_MAX ? NULL : &timeout, NULL) <= 0) {
		return false;
	}
	if (fds[0].revents) {
		eventfd_t count;
		(void)eventfd_read(camera->wake_fd, &count);
	}
	return fds[1].revents != 0;
}

bool camera_is_ending(struct camera *camera)
{
	return atomic_load(&camera->is_ending);
}

static void log_negotiated(struct camera *camera, const struct source_info *info)
{
	const struct camera_spec *spec = &camera->config.spec;
	const char *format = pixel_format_name(info->format);

	if (info->width == spec->width && info->height == spec->height &&
		(info->fps == 0 ||
			(info->fps > spec->fps * 0.99 && info->fps < spec->fps * 1.01))) {
		log_info("%s: %s: %s %ux%u, %.4g frames/s", camera->config.name,
			camera->info.source, format, info->width, info->height, info->fps);
		return;
	}
	log_warning("%s: %s: asked for %ux%u at %u frames/s, the device gives %s %ux%u at %.4g",
		camera->config.name, camera->info.source, spec->width, spec->height, spec->fps,
		format, info->width, info->height, info->fps);
}

/* Makes the encoder, and a pool when frames are encoded. */
static int make_encoder(struct camera *camera, const struct source_info *info, struct error *err)
{
	struct session *session = &camera->session;
	const struct frames_config *frames = &camera->frames;

	if (info->format != PIXEL_FORMAT_MJPEG) {
		int r = frame_pool_new(frames->max_frame, frames->pool_blocks, &session->pool);
		if (r < 0) {
			return error_set(err, r, "pool of %u blocks of %zu bytes: %s",
				frames->pool_blocks, frames->max_frame, error_name(r));
		}
	}
	return encoder_new(info->format, info->width, info->height, camera->config.spec.quality,
		frames->max_frame, session->pool, &session->encoder, err);
}

int camera_session_start(struct camera *camera, struct error *err)
{
	struct session *session = &camera->session;
	struct source_info info = {0};

	*session = (struct session){0};
	int r = source_start(camera->source, &info, err);
	if (r < 0) {
		return r;
	}
	r = make_encoder(camera, &info, err);
	if (r < 0) {
		return r;
	}
	camera->info.is_negotiated = true;
	camera->info.format = info.format;
	camera->info.width = info.width;
	camera->info.height = info.height;
	camera->info.fps_target = info.fps > 0 ? info.fps : camera->config.spec.fps;
	if (!camera->was_lost) {
		log_negotiated(camera, &info);
	}
	session->good_ns = session->window_ns = clock_now_ns();
	return 0;
}

void camera_session_stop(struct camera *camera)
{
	struct session *session = &camera->session;

	hub_slot_clear(camera->slot);
	source_stop(camera->source);
	session->encoder = encoder_free(session->encoder);
	session->pool = frame_pool_free(session->pool);
	memset(&camera->info.pool, 0, sizeof(camera->info.pool));
}

/* Once a second: the rate, and what the pool looks like. */
static void update_info(struct camera *camera, uint64_t now)
{
	struct session *session = &camera->session;
	uint64_t elapsed = now - session->window_ns;

	if (elapsed < FPS_WINDOW_NS) {
		return;
	}
	camera->info.fps = (double)session->window_frames * NSEC_PER_SEC / (double)elapsed;
	session->window_ns = now;
	session->window_frames = 0;
	if (session->pool) {
		frame_pool_get_stats(session->pool, &camera->info.pool);
	}
	hub_slot_set_info(camera->slot, &camera->info);
}

static void note_good_frame(struct camera *camera)
{
	struct session *session = &camera->session;

	session->good_ns = clock_now_ns();
	session->window_frames++;
	session->last_drop = 0;
	if (!session->has_good) {
		session->has_good = true;
		session->window_ns = session->good_ns;
		session->window_frames = 0;
		if (camera->was_lost) {
			camera->was_lost = false;
			counter_increment(&camera->counters->reconnects);
			log_info("%s: %s: frames again", camera->config.name, camera->info.source);
		}
		camera_set_state(camera, CAMERA_STATE_STREAMING, "");
	}
	update_info(camera, session->good_ns);
}

static void note_drop(struct camera *camera, int drop)
{
	counter_increment(&camera->counters->dropped[drop]);
	if (drop != FRAME_DROP_STALE && drop != FRAME_DROP_REPEATED) {
		camera->session.last_drop = drop;
	}
}

/* Takes over frame. */
static void encode_and_publish(struct camera *camera, struct frame *frame)
{
	struct session *session = &camera->session;
	struct frame *jpeg = NULL;
	uint64_t started = session->pool ? clock_now_ns() : 0;
	int r = encoder_encode(session->encoder, frame, &jpeg);

	if (r > 0) {
		note_drop(camera, r);
		return;
	}
	if (session->pool) {
		histogram_observe(&camera->counters->encode, clock_now_ns() - started);
		counter_increment(&camera->counters->encoded);
	}
	note_good_frame(camera);
	hub_slot_publish(camera->slot, jpeg);
}

/* One frame, or -EAGAIN. Nobody watching: it only shows that the device is alive. */
static int session_read(struct camera *camera, struct error *err)
{
	struct frame *frame = NULL;
	int r = source_read(camera->source, &frame, err);

	if (r < 0) {
		return r;
	}
	counter_increment(&camera->counters->captured);
	if (r > 0) {
		note_drop(camera, r);
		return 0;
	}
	if (camera->session.unwatched_ns) {
		note_good_frame(camera);
		frame_unref(frame);
		return 0;
	}
	encode_and_publish(camera, frame);
	return 0;
}

/* Keeps unwatched_ns; what was shown before is not shown to who comes next. */
static void follow_demand(struct camera *camera)
{
	struct session *session = &camera->session;

	if (hub_slot_is_watched(camera->slot)) {
		session->unwatched_ns = 0;
	} else if (session->unwatched_ns == 0) {
		session->unwatched_ns = clock_now_ns();
		hub_slot_clear(camera->slot);
	}
}

static uint64_t freeze_limit_ns(const struct camera *camera)
{
	return camera->session.has_good ? FREEZE_NS : FIRST_FRAME_NS;
}

static int check_freeze(struct camera *camera, struct error *err)
{
	uint64_t limit = freeze_limit_ns(camera);

	if (clock_now_ns() < camera->session.good_ns + limit) {
		return 0;
	}
	if (camera->session.last_drop) {
		return error_set(err, -EIO,
			"%s: only damaged frames for %" PRIu64 " s, the last one: %s",
			camera->info.source, limit / NSEC_PER_SEC,
			frame_drop_name((enum frame_drop)camera->session.last_drop));
	}
	return error_set(err, -ETIMEDOUT, "%s: no frame for %" PRIu64 " s", camera->info.source,
		limit / NSEC_PER_SEC);
}

static int read_ready(struct camera *camera, struct error *err)
{
	int r = session_read(camera, err);

	if (r == -EAGAIN) {
		camera_wait_until(camera, -1, clock_now_ns() + NOTHING_PAUSE_NS);
	}
	return r;
}

int camera_session_run(struct camera *camera, struct error *err)
{
	follow_demand(camera);
	while (!camera_is_ending(camera)) {
		uint64_t freeze = camera->session.good_ns + freeze_limit_ns(camera);
		uint64_t idle = camera->session.unwatched_ns
					? camera->session.unwatched_ns + camera->config.idle_stop_ns
					: UINT64_MAX;
		if (clock_now_ns() >= idle) {
			return 0;
		}
		bool is_readable = camera_wait_until(
			camera, source_get_fd(camera->source), freeze < idle ? freeze : idle);
		follow_demand(camera);
		int r = is_readable ? read_ready(camera, err) : -EAGAIN;
		if (r == -EAGAIN) {
			r = check_freeze(camera, err);
		}
		if (r < 0) {
			return r;
		}
	}
	return 0;
}
