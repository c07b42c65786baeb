#include "watch/record/server-sample.h"

#include <ctype.h>
#include <errno.h>
#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

void server_sample_clear(struct server_sample *sample, pid_t pid)
{
	sample->pid = pid;
	sample->n_cameras = 0;
	sample->trouble[0] = '\0';
	for (int i = 0; i < SERVER_FIGURE_COUNT; i++) {
		sample->values[i] = NAN;
	}
}

/* 0 or -EINVAL. watch keeps the locale "C", which strtod(3) goes by. */
static int parse_value(const char *text, double *ret_value)
{
	char *end;
	double value = strtod(text, &end);

	if (end == text || *end || !isfinite(value) || value < 0) {
		return -EINVAL;
	}
	*ret_value = value;
	return 0;
}

/* "viewers", "2" of "server.viewers 2": 0 or -EINVAL. */
static int parse_server(const char *name, const char *text, struct server_sample *sample)
{
	for (int i = 0; i < SERVER_FIGURE_COUNT; i++) {
		if (strcmp(server_figure_names[i], name) == 0) {
			return parse_value(text, &sample->values[i]);
		}
	}
	return -EINVAL;
}

/* Names of cameras are parts of names of figures. */
static bool is_camera_name(const char *name, size_t length)
{
	if (length == 0 || length >= PROCESS_NAME_MAX) {
		return false;
	}
	for (size_t i = 0; i < length; i++) {
		if (!isalnum((unsigned char)name[i]) && name[i] != '-' && name[i] != '_') {
			return false;
		}
	}
	return true;
}

static struct camera_entry *get_camera(
	struct server_sample *sample, const char *name, size_t length)
{
	for (size_t i = 0; i < sample->n_cameras; i++) {
		struct camera_entry *camera = &sample->cameras[i];
		if (strlen(camera->name) == length && memcmp(camera->name, name, length) == 0) {
			return camera;
		}
	}
	if (sample->n_cameras == WATCH_CAMERAS_MAX) {
		return NULL;
	}
	struct camera_entry *camera = &sample->cameras[sample->n_cameras++];
	memcpy(camera->name, name, length);
	camera->name[length] = '\0';
	for (int i = 0; i < CAMERA_FIGURE_COUNT; i++) {
		camera->values[i] = NAN;
	}
	return camera;
}

/* "cam0.state", "streaming" of "camera.cam0.state streaming": 0 or -EINVAL. */
static int parse_camera(const char *name, const char *text, struct server_sample *sample)
{
	const char *dot = strchr(name, '.');
	size_t length = dot ? (size_t)(dot - name) : 0;
	double value;

	if (!is_camera_name(name, length)) {
		return -EINVAL;
	}
	bool is_state = strcmp(dot + 1, camera_figure_names[CAMERA_STATE]) == 0;
	if (!is_state && strcmp(dot + 1, camera_figure_names[CAMERA_FPS]) != 0) {
		return -EINVAL;
	}
	int r = is_state ? figure_state_find(text, &value) : parse_value(text, &value);
	struct camera_entry *camera = r < 0 ? NULL : get_camera(sample, name, length);
	if (!camera) {
		return -EINVAL;
	}
	camera->values[is_state ? CAMERA_STATE : CAMERA_FPS] = value;
	return 0;
}

static int parse_line(char *line, struct server_sample *sample)
{
	char *value = strchr(line, ' ');

	if (!value) {
		return -EINVAL;
	}
	*value++ = '\0';
	if (strncmp(line, "server.", 7) == 0) {
		return parse_server(line + 7, value, sample);
	}
	return strncmp(line, "camera.", 7) == 0 ? parse_camera(line + 7, value, sample) : -EINVAL;
}

int server_sample_parse(const char *text, struct server_sample *ret_sample)
{
	struct server_sample sample;

	server_sample_clear(&sample, ret_sample->pid);
	while (*text) {
		char line[128];
		size_t length = strcspn(text, "\n");
		if (length >= sizeof(line) || text[length] != '\n') {
			return -EINVAL;
		}
		memcpy(line, text, length);
		line[length] = '\0';
		if (parse_line(line, &sample) < 0) {
			return -EINVAL;
		}
		text += length + 1;
	}
	*ret_sample = sample;
	return 0;
}
