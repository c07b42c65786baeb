#include "serve/choice.h"

#include <errno.h>
#include <stdio.h>

#include "source/source.h"
#include "source/v4l2/devices.h"
#include "util/log.h"

#define DEFAULT_CAMERAS 2

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
static void log_unopened_devices(void)
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

void choice_pick_cameras(struct config *config)
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
	log_unopened_devices();
	for (size_t i = 0; i < DEFAULT_CAMERAS; i++) {
		add_camera(config, "synthetic");
	}
	log_info("no camera is configured and no V4L2 device is usable (see twinlens cameras):"
		 " showing two synthetic cameras");
}

int choice_check_cameras(const struct config *config)
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
