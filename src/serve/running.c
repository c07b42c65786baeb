#include "serve/running.h"

#include <stdio.h>
#include <string.h>

#include "camera/camera.h"
#include "server/server.h"
#include "util/clock.h"
#include "util/log.h"

#define CAMERA_END_NS (500 * NSEC_PER_MSEC)

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
	struct error err = {0};

	if (camera_new(&entry->config, &running->config.frames, entry->slot, &entry->camera, &err) <
		0) {
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
	for (size_t i = 0; i < running->config.n_cameras; i++) {
		const struct camera_config *wanted = &running->config.cameras[i];
		struct running_camera *entry = find_free(running);
		if (entry && !find_entry(running, wanted->name)) {
			add(running, entry, wanted);
		}
	}
}

void running_init(struct running *running, struct hub *hub, struct server *server,
	const struct config *config)
{
	running->hub = hub;
	running->server = server;
	running->config = *config;
	add_missing(running);
}

static bool is_same_camera(const struct camera_config *a, const struct camera_config *b)
{
	return a->idle_stop_ns == b->idle_stop_ns && camera_spec_equal(&a->spec, &b->spec);
}

/* But for what the budget leaves: that holds from the next start of a camera. */
static bool is_same_frames(const struct frames_config *a, const struct frames_config *b)
{
	return a->buffers == b->buffers && a->max_frame == b->max_frame &&
	       a->pool_blocks == b->pool_blocks;
}

static void decide(struct running *running, struct running_camera *entry, bool is_new_frames)
{
	const char *name = entry->config.name;
	const struct camera_config *wanted = find_wanted(&running->config, name);

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

void running_change(struct running *running, const struct config *config)
{
	bool is_new_frames = !is_same_frames(&running->config.frames, &config->frames);

	running->config = *config;
	for (size_t i = 0; i < CONFIG_CAMERAS_MAX; i++) {
		if (running->cameras[i].slot) {
			decide(running, &running->cameras[i], is_new_frames);
		}
	}
	running->is_settling = true;
	running_follow(running);
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

void running_follow(struct running *running)
{
	bool is_settling = false;

	if (!running->is_settling) {
		return;
	}
	for (size_t i = 0; i < CONFIG_CAMERAS_MAX; i++) {
		struct running_camera *entry = &running->cameras[i];
		if (!entry->slot || entry->next == RUNNING_STAYS) {
			continue;
		}
		if (camera_wait(entry->camera, 0)) {
			finish(running, entry);
		} else {
			is_settling = true;
		}
	}
	running->is_settling = is_settling;
	add_missing(running);
}

/* One after the other, until the same time: a driver that hangs is waited for once. */
bool running_end(struct running *running)
{
	uint64_t deadline = clock_now_ns() + CAMERA_END_NS;
	bool have_ended = true;

	for (size_t i = 0; i < CONFIG_CAMERAS_MAX; i++) {
		camera_stop(running->cameras[i].camera);
	}
	for (size_t i = 0; i < CONFIG_CAMERAS_MAX; i++) {
		struct running_camera *entry = &running->cameras[i];
		if (!camera_wait(entry->camera, deadline)) {
			log_warning("%s: the driver does not let go, left to the kernel",
				entry->config.name);
			have_ended = false;
		} else {
			entry->camera = camera_free(entry->camera);
		}
	}
	return have_ended;
}
