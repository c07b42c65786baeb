#include "config/config.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "config/config-impl.h"
#include "util/cleanup.h"
#include "util/clock.h"
#include "util/io.h"

void config_init_defaults(struct config *ret_config)
{
	*ret_config = (struct config){
		.server =
			{
				.listen_address = "127.0.0.1",
				.listen_port = 8081,
				.max_viewers = 4,
				.send_buffer = 1 << 20,
				.stall_timeout_ns = 5 * NSEC_PER_SEC,
				.watch_state = CONFIG_DEFAULT_WATCH_STATE,
			},
		.frames = {.buffers = 3, .max_frame = 640 * 480 * 3, .pool_blocks = 6},
		.memory_budget = 200 << 20,
	};
}

static bool is_camera_name(const char *name, size_t length)
{
	if (length == 0 || length >= CONFIG_CAMERA_NAME_MAX) {
		return false;
	}
	for (size_t i = 0; i < length; i++) {
		if (!isalnum((unsigned char)name[i]) && name[i] != '-' && name[i] != '_') {
			return false;
		}
	}
	return length != 3 || memcmp(name, "all", 3) != 0;
}

int config_get_camera(struct config *config, const char *name, size_t name_length,
	struct camera_config **ret_camera, struct error *err)
{
	if (!is_camera_name(name, name_length)) {
		return error_set(err, -EINVAL,
			"the name of a camera must be 1..%d letters, digits, - or _, and not "
			"\"all\"",
			CONFIG_CAMERA_NAME_MAX - 1);
	}
	for (size_t i = 0; i < config->n_cameras; i++) {
		struct camera_config *camera = &config->cameras[i];
		if (strlen(camera->name) == name_length &&
			memcmp(camera->name, name, name_length) == 0) {
			*ret_camera = camera;
			return 0;
		}
	}
	if (config->n_cameras == CONFIG_CAMERAS_MAX) {
		return error_set(
			err, -EINVAL, "there may be at most %d cameras", CONFIG_CAMERAS_MAX);
	}
	struct camera_config *camera = &config->cameras[config->n_cameras++];
	*camera = (struct camera_config){.idle_stop_ns = CONFIG_IDLE_STOP_DEFAULT_NS};
	memcpy(camera->name, name, name_length);
	*ret_camera = camera;
	return 0;
}

static int read_file(
	const char *path, char *buffer, size_t size, size_t *ret_size, struct error *err)
{
	_cleanup_close_ int fd = open(path, O_RDONLY | O_CLOEXEC);
	int r = fd < 0 ? -errno : io_read_all(fd, buffer, size, ret_size);

	if (r == -E2BIG) {
		return error_set(err, -EINVAL, "%s: the file is larger than %d bytes", path,
			CONFIG_FILE_MAX);
	}
	return r < 0 ? error_set(err, r, "%s: %s", path, error_name(r)) : 0;
}

static int load_file(const char *path, struct config_draft *draft, struct error *err)
{
	size_t size = 0;

	_cleanup_free_ char *text = malloc(CONFIG_FILE_MAX + 1);
	if (!text) {
		return error_set(err, -ENOMEM, "%s: %s", path, error_name(-ENOMEM));
	}
	int r = read_file(path, text, CONFIG_FILE_MAX + 1, &size, err);
	if (r < 0) {
		return r;
	}
	return config_draft_parse(text, size, path, draft, err);
}

static int set_by_name(struct config_draft *draft, const char *section_name, const char *key,
	const char *value, struct error *err)
{
	struct config_section section;
	int r = config_find_section(draft, section_name, &section, err);

	return r < 0 ? r : config_section_set(&section, 0, key, value, err);
}

/* NAME=SPEC */
static int apply_camera(struct config_draft *draft, const char *text, struct error *err)
{
	const char *equals = strchr(text, '=');
	struct config *config = draft->config;
	struct camera_config *camera;

	if (!equals) {
		return error_set(err, -EINVAL, "must be NAME=SPEC, as in cam0=v4l2:/dev/video0");
	}
	int r = config_get_camera(config, text, (size_t)(equals - text), &camera, err);
	if (r < 0) {
		return r;
	}
	draft->lines.cameras[camera - config->cameras] = 0;
	return camera_spec_parse(equals + 1, &camera->spec, err);
}

/* SECTION.KEY=VALUE */
static int apply_option(struct config_draft *draft, const char *text, struct error *err)
{
	char name[96];
	const char *equals = strchr(text, '=');
	size_t length = equals ? (size_t)(equals - text) : 0;

	if (length == 0 || length >= sizeof(name) || !memchr(text, '.', length)) {
		return error_set(
			err, -EINVAL, "must be SECTION.KEY=VALUE, as in server.max_viewers=8");
	}
	memcpy(name, text, length);
	name[length] = '\0';
	char *dot = strrchr(name, '.');
	*dot = '\0';
	return set_by_name(draft, name, dot + 1, equals + 1, err);
}

static int apply_override(
	struct config_draft *draft, const struct config_override *override, struct error *err)
{
	struct error reason;
	const char *option = NULL;
	int r = -EINVAL;

	switch (override->kind) {
	case CONFIG_OVERRIDE_CAMERA:
		option = "--camera";
		r = apply_camera(draft, override->text, &reason);
		break;
	case CONFIG_OVERRIDE_OPTION:
		option = "-o";
		r = apply_option(draft, override->text, &reason);
		break;
	case CONFIG_OVERRIDE_LISTEN:
		option = "--listen";
		r = set_by_name(draft, "server", "listen", override->text, &reason);
		break;
	case CONFIG_OVERRIDE_MAX_VIEWERS:
		option = "--max-viewers";
		r = set_by_name(draft, "server", "max_viewers", override->text, &reason);
		break;
	}
	if (r < 0) {
		return error_set(err, r, "%s %.120s: %s", option, override->text, reason.text);
	}
	return 0;
}

/* -EINVAL with err that begins with file and line, if it is the file that says so. */
__attribute__((format(printf, 4, 5))) static int refuse(
	struct error *err, const char *path, unsigned line, const char *format, ...)
{
	char text[ERROR_TEXT_MAX];
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(text, sizeof(text), format, arguments);
	va_end(arguments);
	return line ? error_set(err, -EINVAL, "%s:%u: %s", path, line, text)
		    : error_set(err, -EINVAL, "%s", text);
}

static int check_source(
	const struct config_draft *draft, size_t index, const char *path, struct error *err)
{
	const struct config *config = draft->config;
	const struct camera_config *camera = &config->cameras[index];
	unsigned line = draft->lines.cameras[index];

	if (!camera_spec_is_set(&camera->spec)) {
		return refuse(err, path, line,
			"[camera:%s] source: must be given, as in v4l2:/dev/video0", camera->name);
	}
	for (size_t i = 0; i < index && camera->spec.kind == CAMERA_KIND_V4L2; i++) {
		const struct camera_config *other = &config->cameras[i];
		if (other->spec.kind == CAMERA_KIND_V4L2 &&
			strcmp(other->spec.target, camera->spec.target) == 0) {
			return refuse(err, path, line,
				"[camera:%s] source = v4l2:%s: camera %s has this device already",
				camera->name, camera->spec.target, other->name);
		}
	}
	return 0;
}

/* What can only be judged when everything is known. */
static int check_whole(const struct config_draft *draft, const char *path, struct error *err)
{
	const struct frames_config *frames = &draft->config->frames;

	if (frames->pool_blocks < frames->buffers) {
		return refuse(err, path, draft->lines.pool_blocks,
			"[frames] pool_blocks = %u: must not be less than buffers, which is %u",
			frames->pool_blocks, frames->buffers);
	}
	for (size_t i = 0; i < draft->config->n_cameras; i++) {
		int r = check_source(draft, i, path, err);
		if (r < 0) {
			return r;
		}
	}
	return 0;
}

int config_load(const char *path, const struct config_override *overrides, size_t n_overrides,
	struct config *ret_config, bool *ret_has_file, struct error *err)
{
	struct config config;
	struct config_draft draft = {.config = &config};

	config_init_defaults(&config);
	config.frames.pool_blocks = 0; /* until it is set: twice the buffers */
	const char *file = path ? path : CONFIG_DEFAULT_PATH;
	int r = load_file(file, &draft, err);
	if (r < 0 && !(r == -ENOENT && !path)) {
		return r;
	}
	bool has_file = r == 0;
	for (size_t i = 0; i < n_overrides; i++) {
		r = apply_override(&draft, &overrides[i], err);
		if (r < 0) {
			return r;
		}
	}
	if (config.frames.pool_blocks == 0) {
		config.frames.pool_blocks = 2 * config.frames.buffers;
	}
	r = check_whole(&draft, file, err);
	if (r < 0) {
		return r;
	}
	*ret_config = config;
	*ret_has_file = has_file;
	return 0;
}
