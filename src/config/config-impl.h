/* What the parts of config/ share. */
#ifndef CONFIG_CONFIG_IMPL_H
#define CONFIG_CONFIG_IMPL_H

#include "config/config.h"

struct config_key;

/* The lines of the file at which values stand that can only be judged when everything is known; 0
 * when the value comes from elsewhere. */
struct config_lines {
	unsigned pool_blocks;
	unsigned cameras[CONFIG_CAMERAS_MAX]; /* of the source, or else of the section */
};

/* A configuration while it is read. */
struct config_draft {
	struct config *config;
	struct config_lines lines;
};

/* A section of the configuration: the keys it takes and the struct that they are written to. */
struct config_section {
	const struct config_key *keys; /* ends with a key without a name */
	void *object;
	unsigned *line; /* in the draft's lines, of the key that is judged later; NULL: none is */
	bool is_camera;
};

/*
 * Finds "server", "frames", "memory" or "camera:NAME"; a camera that is not there yet is added
 * without a source. 0, or -EINVAL with err saying what is allowed.
 */
int config_find_section(struct config_draft *draft, const char *name,
	struct config_section *ret_section, struct error *err);

/* As config_parse_text. */
int config_draft_parse(const char *text, size_t size, const char *name, struct config_draft *draft,
	struct error *err);

/*
 * Sets one key. 0, or -EINVAL with err saying what is allowed; section and key are for the caller
 * to name. line: of the file, 0 on the command line.
 */
int config_section_set(const struct config_section *section, unsigned line, const char *key,
	const char *value, struct error *err);

/* The camera of that name, added without a source if need be. 0, or -EINVAL with err. */
int config_get_camera(struct config *config, const char *name, size_t name_length,
	struct camera_config **ret_camera, struct error *err);

/* Whether a source was given: a camera begins as a V4L2 one without a device, which no SPEC can
 * say. */
bool camera_spec_is_set(const struct camera_spec *spec);

/* ADDR:PORT, [ADDR]:PORT or :PORT. 0, or -EINVAL with err. */
int config_parse_listen(const char *text, struct server_config *server, struct error *err);

#endif
