#include "serve/service.h"

#include <errno.h>
#include <inttypes.h>
#include <signal.h>
#include <string.h>
#include <sys/signalfd.h>

#include "camera/camera.h"
#include "hub/hub.h"
#include "serve/running.h"
#include "server/server.h"
#include "source/source.h"
#include "source/v4l2/devices.h"
#include "util/cleanup.h"
#include "util/clock.h"
#include "util/log.h"
#include "util/notify.h"

#define DEFAULT_CAMERAS 2

/* Program, libraries and their heap as measured after start, rounded up. */
#define BASE_BYTES ((size_t)6 << 20)

#define MIB (1024.0 * 1024.0)

struct service {
	struct service_origin origin;
	struct hub *hub;
	struct server *server;
	int signal_fd;
	struct running *running;
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

/* Who may not open a camera should not take the synthetic pictures for all there is. */
static void tell_unopened_devices(void)
{
	struct device_list list;

	if (device_list_init(&sysroot_real, &list) < 0) {
		return;
	}
	for (size_t i = 0; i < list.n; i++) {
		if (!list.devices[i].is_open) {
			log_warning("%s", list.devices[i].problem);
		}
	}
	device_list_done(&list);
}

/* The first two devices that can be used; with none of them, two synthetic cameras. */
static void pick_cameras(struct config *config)
{
	char paths[DEFAULT_CAMERAS][DEVICE_PATH_MAX];
	size_t n = source_devices_first_usable(&sysroot_real, DEFAULT_CAMERAS, paths);

	config->is_picked = true;
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
	tell_unopened_devices();
	for (size_t i = 0; i < DEFAULT_CAMERAS; i++) {
		add_camera(config, "synthetic");
	}
	log_info("no camera is configured and no V4L2 device is usable (see twinlens cameras):"
		 " showing two synthetic cameras");
}

/*
 * now: the configuration that runs, or NULL. Cameras that were picked for it stay, whatever is
 * plugged in: one of them may only be lost.
 */
static int load(const struct service_origin *origin, const struct config *now,
	struct config *ret_config, struct error *err)
{
	int r = config_load(origin->path, origin->overrides, origin->n_overrides, ret_config, err);

	if (r < 0 || ret_config->n_cameras > 0) {
		return r;
	}
	if (now && now->is_picked) {
		memcpy(ret_config->cameras, now->cameras, sizeof(now->cameras));
		ret_config->n_cameras = now->n_cameras;
		ret_config->is_picked = true;
	} else {
		pick_cameras(ret_config);
	}
	return 0;
}

int service_load(const struct service_origin *origin, struct config *ret_config, struct error *err)
{
	return load(origin, NULL, ret_config, err);
}

int service_check_memory(struct config *config, struct error *err)
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
	config->frames.spare_bytes = (config->memory_budget - sum) / config->n_cameras;
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

/* A file that was there must still be: an editor may have it moved away for a moment. */
static int load_again(const struct service *service, struct config *ret_config, struct error *err)
{
	const struct config *now = running_config(service->running);
	struct service_origin origin = service->origin;

	if (!origin.path && now->has_file) {
		origin.path = CONFIG_DEFAULT_PATH;
	}
	return load(&origin, now, ret_config, err);
}

static int try_reload(struct service *service, struct error *err)
{
	struct config config;
	int r = load_again(service, &config, err);

	if (r == 0) {
		r = service_check_memory(&config, err);
	}
	if (r == 0) {
		r = server_configure(service->server, &config, err);
	}
	if (r == 0) {
		running_change(service->running, &config);
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

static void on_signal(struct service *service, int signo)
{
	if (signo == SIGHUP) {
		reload(service);
		return;
	}
	log_info("%s: ending", strsignal(signo));
	notify_systemd("STOPPING=1");
	server_stop(service->server);
}

static void on_signals(void *userdata)
{
	struct service *service = userdata;
	struct signalfd_siginfo info;

	while (read(service->signal_fd, &info, sizeof(info)) == sizeof(info)) {
		on_signal(service, (int)info.ssi_signo);
	}
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

static int start(struct service *service, const struct config *config, struct error *err)
{
	int r = open_signals(&service->signal_fd);

	if (r == 0) {
		r = hub_new(&service->hub);
	}
	if (r < 0) {
		return error_set(err, r, "start: %s", error_name(r));
	}
	r = server_new(config, service->hub, &service->server, err);
	if (r < 0) {
		return r;
	}
	if (!server_watch_fd(service->server, service->signal_fd, on_signals, service)) {
		return error_set(err, -ENOMEM, "signals: out of memory");
	}
	return running_new(service->hub, service->server, config, &service->running, err);
}

int service_new(const struct config *config, const struct service_origin *origin,
	struct service **ret_service, struct error *err)
{
	struct service *service = calloc(1, sizeof(*service));

	if (!service) {
		return error_set(err, -ENOMEM, "start: out of memory");
	}
	service->origin = *origin;
	service->signal_fd = -1;
	int r = start(service, config, err);
	if (r < 0) {
		service_free(service);
		return r;
	}
	*ret_service = service;
	return 0;
}

int service_run(struct service *service)
{
	log_info("open http://%s/", server_address(service->server));
	notify_systemd("READY=1");
	return server_run(service->server);
}

struct service *service_free(struct service *service)
{
	if (!service) {
		return NULL;
	}
	if (!running_end(service->running)) {
		_exit(0);
	}
	service->running = running_free(service->running);
	service->server = server_free(service->server);
	service->hub = hub_free(service->hub);
	service->signal_fd = close_fd(service->signal_fd);
	free(service);
	return NULL;
}
