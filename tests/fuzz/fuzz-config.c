/*
 * The configuration: the input is the text of a file, and, up to the first NUL, an override of each
 * kind. Whatever is taken must keep the bounds of config.h; whatever is refused must say why, in a
 * line.
 */
#include "config/config.h"

#include <stdlib.h>
#include <string.h>

#include "fuzz.h"
#include "util/clock.h"

static bool is_within(uint64_t value, uint64_t min, uint64_t max)
{
	return value >= min && value <= max;
}

static void check_camera(const struct camera_config *camera)
{
	must(is_within(strnlen(camera->name, sizeof(camera->name)), 1, sizeof(camera->name) - 1));
	must(strchr(camera->name, '/') == NULL);
	must(strnlen(camera->spec.target, sizeof(camera->spec.target)) <
		sizeof(camera->spec.target));
	must(camera->idle_stop_ns <= 24 * 3600 * NSEC_PER_SEC);
	if (camera->spec.kind == CAMERA_KIND_V4L2 && !camera->spec.target[0]) {
		return; /* no source was given */
	}
	must(is_within(camera->spec.width, 1, 8192) && is_within(camera->spec.height, 1, 8192));
	must(is_within(camera->spec.fps, 1, 240) && is_within(camera->spec.quality, 1, 100));
}

static void check(int r, const struct config *config, const struct error *err)
{
	if (r < 0) {
		must(err->code == r && err->text[0] && !strpbrk(err->text, "\n\r\t\x1b"));
		return;
	}
	must(is_within(config->server.max_viewers, 1, 10000));
	must(is_within(config->server.send_buffer, 64 << 10, 64 << 20));
	must(is_within(config->server.stall_timeout_ns, 500 * NSEC_PER_MSEC, 3600 * NSEC_PER_SEC));
	must(is_within(config->frames.buffers, 2, 32));
	must(is_within(config->frames.max_frame, 64 << 10, 64 << 20));
	must(is_within(config->frames.pool_blocks, 2, 64));
	must(is_within(config->memory_budget, 1 << 20, 64ULL << 30));
	must(config->n_cameras <= CONFIG_CAMERAS_MAX);
	for (size_t i = 0; i < config->n_cameras; i++) {
		check_camera(&config->cameras[i]);
	}
}

static void try_overrides(const char *text)
{
	for (int kind = CONFIG_OVERRIDE_CAMERA; kind <= CONFIG_OVERRIDE_MAX_VIEWERS; kind++) {
		struct config_override override = {.text = text};
		struct config config;
		struct error err = {0};

		override.kind = kind;
		bool has_file;
		int r = config_load("/dev/null", &override, 1, &config, &has_file, &err);
		check(r, &config, &err);
		must(r < 0 || config.frames.pool_blocks >= config.frames.buffers);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct config config;
	struct error err = {0};

	config_init_defaults(&config);
	int r = config_parse_text((const char *)data, size, "fuzz", &config, &err);
	check(r, &config, &err);

	char *text = strndup((const char *)data, size);
	must(text != NULL);
	try_overrides(text);
	free(text);
	return 0;
}
