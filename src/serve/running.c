#include "serve/running.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/eventfd.h>

#include "camera/camera.h"
#include "server/server.h"
#include "util/cleanup.h"
#include "util/clock.h"
#include "util/log.h"

#define CAMERA_END_NS (500 * NSEC_PER_MSEC)

_Static_assert(HUB_SLOTS_MAX == CONFIG_CAMERAS_MAX, "each configured camera has a slot");
_Static_assert(HUB_NAME_MAX == CONFIG_CAMERA_NAME_MAX, "a slot takes each name whole");

enum running_next {
	RUNNING_STAYS,
	RUNNING_RESTARTS, /* with its new configuration, when its thread has ended */
	RUNNING_LEAVES,   /* when its thread has ended */
};

struct running_camera {
	struct camera_config config;
	struct hub_slot *slot; /* NULL: this entry is free */
	struct camera *camera; /* NULL: it could not be started */
	enum running_next next;
};

struct running {
	struct hub *hub;
	struct server *server;
	struct setup setup; /* what is to run */
	int ended_fd;       /* eventfd: a camera has ended */
	struct server_watch *ended_watch;
	struct running_camera cameras[CONFIG_CAMERAS_MAX];
};

static struct running_camera *find_entry(struct running *running, const char *name)
{
	for (size_t i = 0; i < CONFIG_CAMERAS_MAX; i++) {
		struct running_camera *entry = &running->cameras[i];
		if (entry->slot && strcmp(entry->config.name, name) == 0) {
			return entry;
		}
	}
	return NULL;
}

static struct running_camera *find_free(struct running *running)
{
	for (size_t i = 0; i < CONFIG_CAMERAS_MAX; i++) {
		if (!running->cameras[i].slot) {
			return &running->cameras[i];
		}
	}
	return NULL;
}

static const struct camera_config *find_wanted(const struct config *config, const char *name)
{
	for (size_t i = 0; i < config->n_cameras; i++) {
		if (strcmp(config->cameras[i].name, name) == 0) {
			return &config->cameras[i];
		}
	}
	return NULL;
}

/* A failure is shown, not fatal. */
static void start_camera(struct running *running, struct running_camera *entry)
{
	const struct setup *setup = &running->setup;
	struct error err = {0};

	if (camera_new(&entry->config, &setup->config.frames, setup->spare_bytes, entry->slot,
		    running->ended_fd, &entry->camera, &err) < 0) {
		struct camera_info info = {.state = CAMERA_STATE_ERROR};
		log_error("%s", err.text);
		snprintf(info.error, sizeof(info.error), "%s", err.text);
		hub_slot_set_info(entry->slot, &info);
	}
}

static void add(
	struct running *running, struct running_camera *entry, const struct camera_config *config)
{
	char source[CONFIG_TARGET_MAX + 16];
	int r = hub_add(running->hub, config->name, &entry->slot);

	if (r < 0) {
		log_error("%s: %s", config->name, error_name(r));
		return;
	}
	camera_spec_describe(&config->spec, source, sizeof(source));
	log_info("%s: %s", config->name, source);
	entry->config = *config;
	start_camera(running, entry);
}

/* Those that have no entry yet; while all are taken, one is about to leave. */
static void add_missing(struct running *running)
{
	const struct config *config = &running->setup.config;

	for (size_t i = 0; i < config->n_cameras; i++) {
		const struct camera_config *wanted = &config->cameras[i];
		struct running_camera *entry = find_free(running);
		if (entry && !find_entry(running, wanted->name)) {
			add(running, entry, wanted);
		}
	}
}

static bool is_same_camera(const struct camera_config *a, const struct camera_config *b)
{
	return a->idle_stop_ns == b->idle_stop_ns && camera_spec_equal(&a->spec, &b->spec);
}

static bool is_same_frames(const struct frames_config *a, const struct frames_config *b)
{
	return a->buffers == b->buffers && a->max_frame == b->max_frame &&
	       a->pool_blocks == b->pool_blocks;
}

static void decide(struct running *running, struct running_camera *entry, bool is_new_frames)
{
	const char *name = entry->config.name;
	const struct camera_config *wanted = find_wanted(&running->setup.config, name);

	if (!wanted) {
		log_info("%s: taken away", name);
		server_dismiss_viewers(running->server, entry->slot);
		entry->next = RUNNING_LEAVES;
	} else if (is_new_frames || entry->next != RUNNING_STAYS ||
		   !is_same_camera(&entry->config, wanted)) {
		log_info("%s: changed", name);
		entry->config = *wanted;
		entry->next = RUNNING_RESTARTS;
	}
	if (entry->next != RUNNING_STAYS) {
		camera_stop(entry->camera);
	}
}

static void finish(struct running *running, struct running_camera *entry)
{
	entry->camera = camera_free(entry->camera);
	if (entry->next == RUNNING_RESTARTS) {
		entry->next = RUNNING_STAYS;
		start_camera(running, entry);
		return;
	}
	server_forget_camera(running->server, entry->slot); /* who came meanwhile */
	hub_remove(running->hub, entry->slot);
	memset(entry, 0, sizeof(*entry));
}

static void follow(struct running *running)
{
	for (size_t i = 0; i < CONFIG_CAMERAS_MAX; i++) {
		struct running_camera *entry = &running->cameras[i];
		if (entry->slot && entry->next != RUNNING_STAYS &&
			camera_has_ended(entry->camera)) {
			finish(running, entry);
		}
	}
	add_missing(running);
}

static void on_ended(void *userdata)
{
	struct running *running = userdata;
	eventfd_t count;

	(void)eventfd_read(running->ended_fd, &count);
	follow(running);
}

void running_change(struct running *running, const struct setup *setup)
{
	bool is_new_frames = !is_same_frames(&running->setup.config.frames, &setup->config.frames);

	/* What the budget leaves holds from the next start of a camera. */
	running->setup = *setup;
	for (size_t i = 0; i < CONFIG_CAMERAS_MAX; i++) {
		if (running->cameras[i].slot) {
			decide(running, &running->cameras[i], is_new_frames);
		}
	}
	follow(running);
}

const struct setup *running_setup(const struct running *running)
{
	return &running->setup;
}

static bool have_all_ended(const struct running *running)
{
	for (size_t i = 0; i < CONFIG_CAMERAS_MAX; i++) {
		if (!camera_has_ended(running->cameras[i].camera)) {
			return false;
		}
	}
	return true;
}

static void wait_for_ends(struct running *running, uint64_t deadline_ns)
{
	struct pollfd ended = {.fd = running->ended_fd, .events = POLLIN};

	while (!have_all_ended(running)) {
		struct timespec left = clock_left_until(deadline_ns);
		eventfd_t count;
		if (ppoll(&ended, 1, &left, NULL) <= 0) {
			return;
		}
		(void)eventfd_read(running->ended_fd, &count);
	}
}

bool running_end(struct running *running)
{
	bool have_ended = true;

	if (!running) {
		return true;
	}
	for (size_t i = 0; i < CONFIG_CAMERAS_MAX; i++) {
		camera_stop(running->cameras[i].camera);
	}
	wait_for_ends(running, clock_now_ns() + CAMERA_END_NS);
	for (size_t i = 0; i < CONFIG_CAMERAS_MAX; i++) {
		struct running_camera *entry = &running->cameras[i];
		if (camera_has_ended(entry->camera)) {
			entry->camera = camera_free(entry->camera);
			continue;
		}
		log_warning(
			"%s: the driver does not let go, left to the kernel", entry->config.name);
		have_ended = false;
	}
	return have_ended;
}

struct running *running_free(struct running *running)
{
	if (!running) {
		return NULL;
	}
	server_unwatch(running->ended_watch);
	close_fd(running->ended_fd);
	free(running);
	return NULL;
}

int running_new(struct hub *hub, struct server *server, const struct setup *setup,
	struct running **ret_running, struct error *err)
{
	struct running *running = calloc(1, sizeof(*running));

	if (!running) {
		return error_set(err, -ENOMEM, "cameras: out of memory");
	}
	running->hub = hub;
	running->server = server;
	running->setup = *setup;
	running->ended_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (running->ended_fd < 0) {
		int r = error_set(err, -errno, "cameras: %s", error_name(-errno));
		running_free(running);
		return r;
	}
	running->ended_watch = server_watch_fd(server, running->ended_fd, on_ended, running);
	if (!running->ended_watch) {
		running_free(running);
		return error_set(err, -ENOMEM, "cameras: out of memory");
	}
	add_missing(running);
	*ret_running = running;
	return 0;
}
