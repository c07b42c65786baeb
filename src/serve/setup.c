#include "serve/setup.h"

#include <string.h>

#include "serve/budget.h"
#include "serve/choice.h"

static void choose_cameras(struct setup *setup, const struct setup *before)
{
	struct config *config = &setup->config;

	setup->is_picked = config->n_cameras == 0;
	if (!setup->is_picked) {
		return;
	}
	if (before && before->is_picked) {
		memcpy(config->cameras, before->config.cameras, sizeof(config->cameras));
		config->n_cameras = before->config.n_cameras;
		return;
	}
	choice_pick_cameras(config);
}

int setup_load(const struct setup_origin *origin, const struct setup *before,
	struct setup *ret_setup, struct error *err)
{
	struct setup setup = {0};
	const char *path = origin->path;

	if (!path && before && before->has_file) {
		path = CONFIG_DEFAULT_PATH;
	}
	int r = config_load(
		path, origin->overrides, origin->n_overrides, &setup.config, &setup.has_file, err);
	if (r < 0) {
		return r;
	}
	choose_cameras(&setup, before);
	r = budget_check(&setup.config, &setup.spare_bytes, err);
	if (r < 0) {
		return r;
	}
	*ret_setup = setup;
	return 0;
}
