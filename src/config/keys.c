/*
 * Every key that there is, in one table, with its bounds as users write them: the same words are
 * parsed for the check and printed in the message.
 */
#include "config/config-impl.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "util/parse.h"

_Static_assert(sizeof(size_t) >= sizeof(uint64_t), "sizes go up to 64G");

enum key_type {
	KEY_COUNT,    /* unsigned */
	KEY_SIZE,     /* size_t, bytes */
	KEY_DURATION, /* uint64_t, nanoseconds */
	KEY_LISTEN,   /* struct server_config */
	KEY_SPEC,     /* struct camera_spec */
	KEY_PATH,     /* char[CONFIG_PATH_MAX], absolute or empty */
};

struct config_key {
	const char *name;
	enum key_type type;
	size_t offset; /* within the section's object */
	const char *min, *max;
};

static const struct config_key server_keys[] = {
	{"listen", KEY_LISTEN, offsetof(struct config, server), NULL, NULL},
	{"max_viewers", KEY_COUNT, offsetof(struct config, server.max_viewers), "1", "10000"},
	{"send_buffer", KEY_SIZE, offsetof(struct config, server.send_buffer), "64K", "64M"},
	{"stall_timeout", KEY_DURATION, offsetof(struct config, server.stall_timeout_ns), "500ms",
		"1h"},
	{"watch_state", KEY_PATH, offsetof(struct config, server.watch_state), NULL, NULL},
	{0},
};

static const struct config_key frames_keys[] = {
	{"buffers", KEY_COUNT, offsetof(struct config, frames.buffers), "2", "32"},
	{"max_frame", KEY_SIZE, offsetof(struct config, frames.max_frame), "64K", "64M"},
	{"pool_blocks", KEY_COUNT, offsetof(struct config, frames.pool_blocks), "2", "64"},
	{0},
};

static const struct config_key memory_keys[] = {
	{"budget", KEY_SIZE, offsetof(struct config, memory_budget), "1M", "64G"},
	{0},
};

static const struct config_key camera_keys[] = {
	{"source", KEY_SPEC, offsetof(struct camera_config, spec), NULL, NULL},
	{"idle_stop", KEY_DURATION, offsetof(struct camera_config, idle_stop_ns), "0", "24h"},
	{0},
};

#define CAMERA_PREFIX "camera:"

int config_find_section(struct config_draft *draft, const char *name,
	struct config_section *ret_section, struct error *err)
{
	static const struct {
		const char *name;
		const struct config_key *keys;
	} sections[] = {{"server", server_keys}, {"frames", frames_keys}, {"memory", memory_keys}};

	struct config *config = draft->config;

	for (size_t i = 0; i < sizeof(sections) / sizeof(sections[0]); i++) {
		if (strcmp(name, sections[i].name) == 0) {
			bool is_frames = sections[i].keys == frames_keys;
			*ret_section = (struct config_section){.keys = sections[i].keys,
				.object = config,
				.line = is_frames ? &draft->lines.pool_blocks : NULL};
			return 0;
		}
	}
	if (strncmp(name, CAMERA_PREFIX, strlen(CAMERA_PREFIX)) != 0) {
		return error_set(err, -EINVAL,
			"unknown section, must be server, frames, memory or camera:NAME");
	}
	name += strlen(CAMERA_PREFIX);
	struct camera_config *camera;
	int r = config_get_camera(config, name, strlen(name), &camera, err);
	if (r < 0) {
		return r;
	}
	*ret_section = (struct config_section){.keys = camera_keys,
		.object = camera,
		.line = &draft->lines.cameras[camera - config->cameras],
		.is_camera = true};
	return 0;
}

static int unknown_key(const struct config_key *keys, struct error *err)
{
	char names[128] = "";
	size_t used = 0;

	for (const struct config_key *key = keys; key->name && used < sizeof(names); key++) {
		used += (size_t)snprintf(names + used, sizeof(names) - used, "%s%s",
			key == keys ? "" : ", ", key->name);
	}
	return error_set(err, -EINVAL, "unknown key, must be one of: %s", names);
}

static int parse_number(enum key_type type, const char *text, uint64_t *ret_number)
{
	switch (type) {
	case KEY_COUNT:
		return parse_u64(text, 0, UINT32_MAX, ret_number);
	case KEY_SIZE:
		return parse_size(text, ret_number);
	case KEY_DURATION:
		return parse_duration(text, ret_number);
	default:
		return -EINVAL;
	}
}

static int set_number(
	const struct config_key *key, void *target, const char *value, struct error *err)
{
	uint64_t min = 0, max = 0, number;

	if (parse_number(key->type, key->min, &min) < 0 ||
		parse_number(key->type, key->max, &max) < 0 ||
		parse_number(key->type, value, &number) < 0 || number < min || number > max) {
		return error_set(err, -EINVAL, "must be %s..%s", key->min, key->max);
	}
	if (key->type == KEY_COUNT) {
		*(unsigned *)target = (unsigned)number;
	} else if (key->type == KEY_SIZE) {
		*(size_t *)target = number;
	} else {
		*(uint64_t *)target = number;
	}
	return 0;
}

static int set_path(char *path, const char *value, struct error *err)
{
	size_t length = strlen(value);

	if ((length > 0 && value[0] != '/') || length >= CONFIG_PATH_MAX) {
		return error_set(err, -EINVAL,
			"must be an absolute path of at most %d bytes, or empty",
			CONFIG_PATH_MAX - 1);
	}
	memcpy(path, value, length + 1);
	return 0;
}

static int set_key(const struct config_section *section, const struct config_key *key,
	const char *value, struct error *err)
{
	void *target = (char *)section->object + key->offset;

	switch (key->type) {
	case KEY_LISTEN:
		return config_parse_listen(value, target, err);
	case KEY_SPEC:
		return camera_spec_parse(value, target, err);
	case KEY_PATH:
		return set_path(target, value, err);
	default:
		return set_number(key, target, value, err);
	}
}

/* Whether a value cannot be judged until everything is known. */
static bool is_judged_later(const struct config_key *key)
{
	return key->type == KEY_SPEC || strcmp(key->name, "pool_blocks") == 0;
}

int config_section_set(const struct config_section *section, unsigned line, const char *name,
	const char *value, struct error *err)
{
	for (const struct config_key *key = section->keys; key->name; key++) {
		if (strcmp(key->name, name) != 0) {
			continue;
		}
		int r = set_key(section, key, value, err);
		if (r == 0 && is_judged_later(key)) {
			*section->line = line;
		}
		return r;
	}
	return unknown_key(section->keys, err);
}

static bool is_address(const char *text, size_t length)
{
	for (size_t i = 0; i < length; i++) {
		if (!isalnum((unsigned char)text[i]) && !strchr(".:-_%", text[i])) {
			return false;
		}
	}
	return true;
}

int config_parse_listen(const char *text, struct server_config *server, struct error *err)
{
	const char *address = text;
	const char *colon = strrchr(text, ':');
	uint64_t port;

	if (!colon || parse_u64(colon + 1, 0, UINT16_MAX, &port) < 0) {
		goto invalid;
	}
	size_t length = (size_t)(colon - text);
	if (*text == '[') {
		if (length < 3 || colon[-1] != ']') {
			goto invalid;
		}
		address++;
		length -= 2;
	} else if (memchr(text, ':', length)) {
		goto invalid; /* where does an IPv6 address end without brackets? */
	}
	if (length >= sizeof(server->listen_address) || !is_address(address, length)) {
		goto invalid;
	}
	memcpy(server->listen_address, address, length);
	server->listen_address[length] = '\0';
	server->listen_port = (uint16_t)port;
	return 0;
invalid:
	return error_set(err, -EINVAL, "must be ADDRESS:PORT, [IPV6]:PORT or :PORT, port 0..65535");
}
