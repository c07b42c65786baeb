#include "profile/rates.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "client/status.h"
#include "kernel/process/listeners.h"
#include "util/clock.h"

#define TIMEOUT_NS (2 * NSEC_PER_SEC)
#define SHARE_BACK 0.9

int rates_find_server(pid_t pid, struct url *ret_url, struct error *err)
{
	struct listeners listeners;
	struct rates rates;

	int r = listeners_read(&sysroot_real, pid, &listeners);
	if (r < 0) {
		return error_set(err, r, "process %d: its sockets: %s", (int)pid, error_name(r));
	}
	r = error_set(err, -ENOENT, "process %d listens nowhere", (int)pid);
	for (size_t i = 0; i < listeners.n; i++) {
		struct url url;
		url_set_address(&listeners.addresses[i], &url);
		r = rates_read(&url, &rates, err);
		if (r == 0) {
			*ret_url = url;
			return 0;
		}
	}
	return r;
}

int rates_read(const struct url *url, struct rates *ret_rates, struct error *err)
{
	json_t *status;
	int r = status_fetch(url, TIMEOUT_NS, &status, err);

	if (r < 0) {
		return r;
	}
	rates_parse(status, ret_rates);
	json_decref(status);
	return 0;
}

void rates_parse(const json_t *status, struct rates *ret_rates)
{
	const json_t *cameras = json_object_get(status, "cameras"), *camera;
	struct rates rates = {0};
	size_t i;

	json_array_foreach(cameras, i, camera) {
		const char *name = json_string_value(json_object_get(camera, "name"));
		const char *state = json_string_value(json_object_get(camera, "state"));
		if (!name || !state || rates.n == RATES_MAX) {
			continue;
		}
		struct rate *rate = &rates.cameras[rates.n++];
		snprintf(rate->name, sizeof(rate->name), "%s", name);
		rate->is_streaming = strcmp(state, "streaming") == 0;
		rate->fps = json_number_value(json_object_get(camera, "fps"));
	}
	*ret_rates = rates;
}

static const struct rate *find_rate(const struct rates *rates, const char *name)
{
	for (size_t i = 0; i < rates->n; i++) {
		if (strcmp(rates->cameras[i].name, name) == 0) {
			return &rates->cameras[i];
		}
	}
	return NULL;
}

bool rates_are_back(const struct rates *before, const struct rates *now)
{
	for (size_t i = 0; i < before->n; i++) {
		const struct rate *rate = find_rate(now, before->cameras[i].name);
		if (before->cameras[i].is_streaming &&
			(!rate || rate->fps < before->cameras[i].fps * SHARE_BACK)) {
			return false;
		}
	}
	return true;
}

void rates_describe(const struct rates *rates, char *text, size_t size)
{
	size_t used = 0;

	snprintf(text, size, "no camera is streaming");
	for (size_t i = 0; i < rates->n && used < size; i++) {
		if (rates->cameras[i].is_streaming) {
			used += (size_t)snprintf(text + used, size - used, "%s%s %.1f",
				used > 0 ? ", " : "", rates->cameras[i].name,
				rates->cameras[i].fps);
		}
	}
	if (used > 0 && used < size) {
		snprintf(text + used, size - used, " frames/s");
	}
}
