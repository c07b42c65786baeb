/* The configuration file: which section a line of it stands in, and so what its keys are. */
#include "config/config-impl.h"

#include <errno.h>

#include "util/ini-text.h"

struct file {
	struct config *config;
	struct config_section section;
};

static int enter_section(void *user, unsigned line, const char *name, struct error *reason)
{
	struct file *file = user;
	size_t n_cameras = file->config->n_cameras;

	int r = config_find_section(file->config, name, &file->section, reason);
	if (r < 0) {
		return r;
	}
	if (file->section.is_camera && file->config->n_cameras == n_cameras) {
		return error_set(reason, -EINVAL, "there is such a camera already");
	}
	if (file->section.is_camera) {
		file->config->cameras[n_cameras].line = line;
	}
	return 0;
}

static int set_key(
	void *user, unsigned line, const char *key, const char *value, struct error *reason)
{
	const struct file *file = user;

	return config_section_set(&file->section, line, key, value, reason);
}

int config_parse_text(
	const char *text, size_t size, const char *name, struct config *config, struct error *err)
{
	static const struct ini_text_handler handler = {.enter = enter_section, .set = set_key};
	struct file file = {.config = config};

	return ini_text_parse(text, size, name, &handler, &file, err);
}
