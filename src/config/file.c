/* The configuration file: which section a line of it stands in, and so what its keys are. */
#include "config/config-impl.h"

#include <errno.h>

#include "util/ini-text.h"

struct file {
	struct config_draft *draft;
	struct config_section section;
};

static int enter_section(void *user, unsigned line, const char *name, struct error *reason)
{
	struct file *file = user;
	const struct config *config = file->draft->config;
	size_t n_cameras = config->n_cameras;

	int r = config_find_section(file->draft, name, &file->section, reason);
	if (r < 0) {
		return r;
	}
	if (file->section.is_camera && config->n_cameras == n_cameras) {
		return error_set(reason, -EINVAL, "there is such a camera already");
	}
	if (file->section.is_camera) {
		*file->section.line = line;
	}
	return 0;
}

static int set_key(
	void *user, unsigned line, const char *key, const char *value, struct error *reason)
{
	const struct file *file = user;

	return config_section_set(&file->section, line, key, value, reason);
}

int config_draft_parse(const char *text, size_t size, const char *name, struct config_draft *draft,
	struct error *err)
{
	static const struct ini_text_handler handler = {.enter = enter_section, .set = set_key};
	struct file file = {.draft = draft};

	return ini_text_parse(text, size, name, &handler, &file, err);
}

int config_parse_text(
	const char *text, size_t size, const char *name, struct config *config, struct error *err)
{
	struct config_draft draft = {.config = config};

	return config_draft_parse(text, size, name, &draft, err);
}
