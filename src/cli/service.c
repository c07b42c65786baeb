#include "cli/service.h"

#include <errno.h>
#include <inttypes.h>
#include <signal.h>
#include <string.h>
#include <sys/signalfd.h>

#include "camera/camera.h"
#include "hub/hub.h"
#include "server/server.h"
#include "source/devices.h"
#include "source/source.h"
#include "util/cleanup.h"
#include "util/clock.h"
#include "util/log.h"
#include "util/notify.h"

#define CAMERA_END_NS (500 * NSEC_PER_MSEC)

#define DEFAULT_CAMERAS 2

/* Program, libraries and their heap as measured after start, rounded up. */
#define BASE_BYTES ((size_t)6 << 20)

#define MIB (1024.0 * 1024.0)

struct running_camera {
	struct camera_config config;
	struct hub_slot *slot; /* NULL: this entry is free */
	struct camera *camera; /* NULL: it could not be started */
};

struct service {
	struct config config;
	struct service_origin origin;
	struct hub *hub;
	struct server *server;
	int signal_fd;
	struct running_camera cameras[CONFIG_CAMERAS_MAX];
};

static void add_camera(struct config *config, const char *spec)
{
	struct camera_config *camera = &config->cameras[config->n_cameras];

	*camera = (struct camera_config){.idle_stop_ns = CONFIG_IDLE_STOP_DEFAULT_NS};
	snprintf(camera->name, sizeof(camera->name), "cam%zu", config->n_cameras);
	struct error err;
	if (camera_spec_parse(spec, &camera->spec, &err) == 0) {
		config->n_cameras++;
	} else {
		log_warning("%s", err.text);
	}
}

/* The first two devices that can be used; with none of them, two synthetic cameras. */
static void pick_cameras(struct config *config)
{
	char paths[DEFAULT_CAMERAS][DEVICE_PATH_MAX];
	size_t n = source_devices_first_usable(&sysroot_real, DEFAULT_CAMERAS, paths);

	for (size_t i = 0; i < n; i++) {
		char spec[DEVICE_PATH_MAX + 8];
		snprintf(spec, sizeof(spec), "v4l2:%s", paths[i]);
		add_camera(config, spec);
	}
	if (config->n_cameras > 0) {
		log_info("no camera is configured: using the first usable V4L2 device%s",
			config->n_cameras > 1 ? "s" : "");
		return;
	}
	for (size_t i = 0; i < DEFAULT_CAMERAS; i++) {
		add_camera(config, "synthetic");
	}
	log_info("no camera is configured and no V4L2 device is usable (see twinlens cameras):"
		 " showing two synthetic cameras");
}

int service_load(const struct service_origin *origin, struct config *ret_config, struct error *err)
{
	int r = config_load(origin->path, origin->overrides, origin->n_overrides, ret_config, err);

	if (r == 0 && ret_config->n_cameras == 0) {
		pick_cameras(ret_config);
	}
	return r;
}

int service_check_memory(const struct config *config, struct error *err)
{
	size_t cameras = 0;
	size_t server = server_worst_bytes(config);

	for (size_t i = 0; i < config->n_cameras; i++) {
		cameras += camera_worst_bytes(&config->cameras[i], &config->frames);
	}
	size_t sum = BASE_BYTES + cameras + server;
	char text[ERROR_TEXT_MAX];
	snprintf(text, sizeof(text),
		"memory in the worst case: %.1f MiB = program %.1f + %zu camera%s %.1f + %u viewers"
		" %.1f, of a budget of %.1f MiB",
		(double)sum / MIB, (double)BASE_BYTES / MIB, config->n_cameras,
		config->n_cameras == 1 ? "" : "s", (double)cameras / MIB,
		config->server.max_viewers, (double)server / MIB,
		(double)config->memory_budget / MIB);
	if (sum > config->memory_budget) {
		return error_set(err, -E2BIG,
			"%s; raise memory.budget, or lower server.max_viewers, server.send_buffer,"
			" frames.max_frame or frames.pool_blocks",
			text);
	}
	log_info("%s", text);
	return 0;
}

int service_check_cameras(const struct config *config)
{
	size_t n_usable = 0;

	for (size_t i = 0; i < config->n_cameras; i++) {
		struct error err = {0};
		if (source_probe(&config->cameras[i].spec, &err) == 0) {
			n_usable++;
		} else {
			log_error("%s: %s", config->cameras[i].name, err.text);
		}
	}
	return n_usable > 0 ? 0 : -ENODEV;
}

static struct running_camera *find_running(struct service *service, const char *name)
{
	for (size_t i = 0; i < CONFIG_CAMERAS_MAX; i++) {
		if (service->cameras[i].slot &&
			strcmp(service->cameras[i].config.name, name) == 0) {
			return &service->cameras[i];
		}
	}
	return NULL;
}

/* Starts the camera of an entry that has its slot and configuration. A failure is shown, not fatal.
 */
static void start_camera(struct service *service, struct running_camera *running)
{
	struct error err = {0};

	if (camera_new(&running->config, &service->config.frames, running->slot, &running->camera,
		    &err) < 0) {
		struct camera_info info = {.state = CAMERA_STATE_ERROR};
		log_error("%s", err.text);
		snprintf(info.error, sizeof(info.error), "%s", err.text);
		hub_slot_set_info(running->slot, &info);
	}
}

static int add_running(
	struct service *service, const struct camera_config *config, struct error *err)
{
	struct running_camera *running = service->cameras;

	while (running->slot) {
		running++;
	}
	int r = hub_add(service->hub, config->name, &running->slot);
	if (r < 0) {
		return error_set(err, r, "%s: %s", config->name, error_name(r));
	}
	running->config = *config;
	start_camera(service, running);
	return 0;
}

static void remove_running(struct service *service, struct running_camera *running)
{
	server_forget_camera(service->server, running->slot);
	running->camera = camera_free(running->camera);
	hub_remove(service->hub, running->slot);
	memset(running, 0, sizeof(*running));
}

static bool is_configured(const struct config *config, const char *name)
{
	for (size_t i = 0; i < config->n_cameras; i++) {
		if (strcmp(config->cameras[i].name, name) == 0) {
			return true;
		}
	}
	return false;
}

static bool is_same_camera(const struct camera_config *a, const struct camera_config *b)
{
	return a->idle_stop_ns == b->idle_stop_ns && camera_spec_equal(&a->spec, &b->spec);
}

/* Cameras that are as they were run on; a changed one keeps its slot, and so its viewers. */
static void change_cameras(struct service *service, const struct config *config)
{
	bool is_new_frames =
		memcmp(&service->config.frames, &config->frames, sizeof(config->frames));

	for (size_t i = 0; i < CONFIG_CAMERAS_MAX; i++) {
		struct running_camera *running = &service->cameras[i];
		if (running->slot && !is_configured(config, running->config.name)) {
			log_info("%s: taken away", running->config.name);
			remove_running(service, running);
		}
	}
	service->config = *config;
	for (size_t i = 0; i < config->n_cameras; i++) {
		const struct camera_config *wanted = &config->cameras[i];
		struct running_camera *running = find_running(service, wanted->name);
		struct error err;
		if (!running) {
			log_info("%s: added", wanted->name);
			if (add_running(service, wanted, &err) < 0) {
				log_error("%s", err.text);
			}
		} else if (is_new_frames || !is_same_camera(&running->config, wanted)) {
			log_info("%s: changed", wanted->name);
			running->camera = camera_free(running->camera);
			running->config = *wanted;
			start_camera(service, running);
		}
	}
}

static int try_reload(struct service *service, struct error *err)
{
	struct config config;
	int r = service_load(&service->origin, &config, err);

	if (r == 0) {
		r = service_check_memory(&config, err);
	}
	if (r == 0) {
		r = server_configure(service->server, &config, err);
	}
	if (r == 0) {
		change_cameras(service, &config);
	}
	return r;
}

static void reload(struct service *service)
{
	struct error err = {0};

	notify_systemd("RELOADING=1\nMONOTONIC_USEC=%" PRIu64, clock_now_ns() / NSEC_PER_USEC);
	if (try_reload(service, &err) < 0) {
		log_error("%s; the configuration stays as it was", err.text);
	} else {
		log_info("configuration read again");
	}
	notify_systemd("READY=1");
}

static void on_signal(void *userdata, int signo)
{
	struct service *service = userdata;

	if (signo == SIGHUP) {
		reload(service);
		return;
	}
	log_info("%s: ending", strsignal(signo));
	notify_systemd("STOPPING=1");
	server_stop(service->server);
}

static int open_signals(int *ret_fd)
{
	sigset_t signals;

	sigemptyset(&signals);
	sigaddset(&signals, SIGTERM);
	sigaddset(&signals, SIGINT);
	sigaddset(&signals, SIGHUP);
	*ret_fd = signalfd(-1, &signals, SFD_CLOEXEC | SFD_NONBLOCK);
	return *ret_fd < 0 ? -errno : 0;
}

static void notify_server(void *userdata)
{
	server_notify(userdata);
}

static int start(struct service *service, struct error *err)
{
	const struct server_events events = {.on_signal = on_signal, .userdata = service};
	int r = open_signals(&service->signal_fd);

	if (r == 0) {
		r = hub_new(&service->hub);
	}
	if (r < 0) {
		return error_set(err, r, "start: %s", error_name(r));
	}
	r = server_new(
		&service->config, service->hub, &events, service->signal_fd, &service->server, err);
	if (r < 0) {
		return r;
	}
	hub_set_notify(service->hub, notify_server, service->server);
	for (size_t i = 0; i < service->config.n_cameras && r == 0; i++) {
		r = add_running(service, &service->config.cameras[i], err);
	}
	return r;
}

int service_new(const struct config *config, const struct service_origin *origin,
	struct service **ret_service, struct error *err)
{
	struct service *service = calloc(1, sizeof(*service));

	if (!service) {
		return error_set(err, -ENOMEM, "start: out of memory");
	}
	service->config = *config;
	service->origin = *origin;
	service->signal_fd = -1;
	int r = start(service, err);
	if (r < 0) {
		service_free(service);
		return r;
	}
	*ret_service = service;
	return 0;
}

static void announce(const struct service *service)
{
	for (size_t i = 0; i < service->config.n_cameras; i++) {
		char source[CONFIG_TARGET_MAX + 16];
		const struct camera_config *camera = &service->config.cameras[i];
		camera_spec_describe(&camera->spec, source, sizeof(source));
		log_info("%s: %s", camera->name, source);
	}
	log_info("open http://%s/", server_address(service->server));
}

int service_run(struct service *service)
{
	announce(service);
	notify_systemd("READY=1");
	return server_run(service->server);
}

/* All at the same time, then one after the other: a driver that hangs is waited for once. */
static bool end_cameras(struct service *service)
{
	uint64_t deadline = clock_now_ns() + CAMERA_END_NS;
	bool have_ended = true;

	for (size_t i = 0; i < CONFIG_CAMERAS_MAX; i++) {
		camera_stop(service->cameras[i].camera);
	}
	for (size_t i = 0; i < CONFIG_CAMERAS_MAX; i++) {
		struct running_camera *running = &service->cameras[i];
		if (!camera_wait(running->camera, deadline)) {
			log_warning("%s: the driver does not let go, left to the kernel",
				running->config.name);
			have_ended = false;
		} else {
			running->camera = camera_free(running->camera);
		}
	}
	return have_ended;
}

struct service *service_free(struct service *service)
{
	if (!service) {
		return NULL;
	}
	if (!end_cameras(service)) {
		_exit(0);
	}
	service->server = server_free(service->server);
	service->hub = hub_free(service->hub);
	service->signal_fd = close_fd(service->signal_fd);
	free(service);
	return NULL;
}
