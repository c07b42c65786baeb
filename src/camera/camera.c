/*
 * The thread sleeps on an eventfd until somebody watches. Then it runs sessions (session.c), with
 * pauses between those that failed. All that a session needs is given back with it, so that a
 * camera which nobody watches costs a sleeping thread and nothing else.
 */
#include "camera/camera.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/eventfd.h>

#include "camera/camera-impl.h"
#include "encode/encoder.h"
#include "source/source.h"
#include "util/cleanup.h"
#include "util/clock.h"
#include "util/log.h"

#define STACK_BYTES ((size_t)256 * 1024)

#define RETRY_FIRST_NS (250 * NSEC_PER_MSEC)
#define RETRY_MAX_NS   (2 * NSEC_PER_SEC)

static void wake(void *userdata)
{
	struct camera *camera = userdata;

	(void)eventfd_write(camera->wake_fd, 1);
}

/* Gone, or not answering, in contrast to there and unusable. */
static bool is_gone(int r)
{
	return r == -ENODEV || r == -ENOENT || r == -ENXIO || r == -EIO || r == -ETIMEDOUT ||
	       r == -EPIPE || r == -EPROTO || r == -ESHUTDOWN;
}

static void report_failure(struct camera *camera, int r, const struct error *err)
{
	enum camera_state state = is_gone(r) ? CAMERA_STATE_LOST : CAMERA_STATE_ERROR;
	const char *text = err->text[0] ? err->text : error_name(r);

	if (camera->info.state != state || strcmp(camera->info.error, text) != 0) {
		log_error("%s: %s; trying again", camera->config.name, text);
	}
	camera->was_lost = true;
	camera_set_state(camera, state, text);
}

/* Waits before the next try; ends early when the camera is to end or nobody watches any more. */
static void wait_for_retry(struct camera *camera, uint64_t *retry_ns)
{
	uint64_t deadline = clock_now_ns() + *retry_ns;

	while (!camera_is_ending(camera) && hub_slot_is_watched(camera->slot) &&
		clock_now_ns() < deadline) {
		camera_wait_until(camera, -1, deadline);
	}
	*retry_ns = *retry_ns * 2 < RETRY_MAX_NS ? *retry_ns * 2 : RETRY_MAX_NS;
}

/* Session after session while somebody watches. */
static void run_while_watched(struct camera *camera)
{
	uint64_t retry_ns = RETRY_FIRST_NS;

	camera->was_lost = false;
	camera_set_state(camera, CAMERA_STATE_STARTING, "");
	while (!camera_is_ending(camera) && hub_slot_is_watched(camera->slot)) {
		struct error err = {0};
		int r = camera_session_start(camera, &err);
		if (r == 0) {
			r = camera_session_run(camera, &err);
		}
		bool had_good = camera->session.has_good;
		camera_session_stop(camera);
		if (r == 0) {
			continue;
		}
		report_failure(camera, r, &err);
		if (had_good) {
			retry_ns = RETRY_FIRST_NS;
		}
		wait_for_retry(camera, &retry_ns);
	}
}

static void *camera_main(void *userdata)
{
	struct camera *camera = userdata;
	char name[16]; /* what the kernel takes */

	snprintf(name, sizeof(name), "%.15s", camera->config.name);
	pthread_setname_np(pthread_self(), name);
	while (!camera_is_ending(camera)) {
		if (hub_slot_is_watched(camera->slot)) {
			run_while_watched(camera);
		}
		camera_set_state(camera, CAMERA_STATE_IDLE, "");
		if (!camera_is_ending(camera) && !hub_slot_is_watched(camera->slot)) {
			camera_wait_until(camera, -1, UINT64_MAX);
		}
	}
	atomic_store(&camera->has_ended, true);
	if (camera->ended_fd >= 0) {
		(void)eventfd_write(camera->ended_fd, 1);
	}
	return NULL;
}

static int start_thread(struct camera *camera)
{
	pthread_attr_t attributes;
	int r = -pthread_attr_init(&attributes);

	if (r < 0) {
		return r;
	}
	size_t stack =
		STACK_BYTES > (size_t)PTHREAD_STACK_MIN ? STACK_BYTES : (size_t)PTHREAD_STACK_MIN;
	(void)pthread_attr_setstacksize(&attributes, stack);
	r = -pthread_create(&camera->thread, &attributes, camera_main, camera);
	pthread_attr_destroy(&attributes);
	return r;
}

static struct camera *camera_destroy(struct camera *camera)
{
	source_free(camera->source);
	close_fd(camera->wake_fd);
	free(camera);
	return NULL;
}

int camera_new(const struct camera_config *config, const struct frames_config *frames,
	size_t spare_bytes, struct hub_slot *slot, int ended_fd, struct camera **ret_camera,
	struct error *err)
{
	struct camera *camera = calloc(1, sizeof(*camera));

	if (!camera) {
		return error_set(err, -ENOMEM, "%s: out of memory", config->name);
	}
	camera->config = *config;
	camera->frames = *frames;
	camera->slot = slot;
	camera->counters = hub_slot_camera_counters(slot);
	camera_spec_describe(&config->spec, camera->info.source, sizeof(camera->info.source));
	camera->info.fps_target = config->spec.fps;
	camera->wake_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	camera->ended_fd = ended_fd;
	int r = camera->wake_fd < 0 ? -errno
				    : source_new(&config->spec, config->name, frames->buffers,
					      frames->max_frame, &camera->source);
	if (r == 0) {
		source_limit_memory(camera->source,
			source_worst_bytes(&config->spec, frames->buffers, frames->max_frame) +
				spare_bytes);
		hub_slot_set_info(slot, &camera->info);
		hub_slot_set_demand(slot, wake, camera);
		r = start_thread(camera);
	}
	if (r < 0) {
		hub_slot_set_demand(slot, NULL, NULL);
		camera_destroy(camera);
		return error_set(err, r, "%s: %s", config->name, error_name(r));
	}
	*ret_camera = camera;
	return 0;
}

void camera_stop(struct camera *camera)
{
	if (camera) {
		hub_slot_set_demand(camera->slot, NULL, NULL);
		atomic_store(&camera->is_ending, true);
		wake(camera);
	}
}

bool camera_has_ended(const struct camera *camera)
{
	return !camera || atomic_load(&camera->has_ended);
}

struct camera *camera_free(struct camera *camera)
{
	if (!camera) {
		return NULL;
	}
	camera_stop(camera);
	pthread_join(camera->thread, NULL);
	return camera_destroy(camera);
}

size_t camera_worst_bytes(const struct camera_config *config, const struct frames_config *frames)
{
	const struct camera_spec *spec = &config->spec;

	return frame_pool_worst_bytes(frames->max_frame, frames->pool_blocks) +
	       source_worst_bytes(spec, frames->buffers, frames->max_frame) +
	       encoder_worst_bytes(PIXEL_FORMAT_YUYV, spec->width) + STACK_BYTES;
}
