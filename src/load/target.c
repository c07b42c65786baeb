/*
 * A URL without a path is that of a twinlens server: it is asked what cameras there are, over the
 * WebSocket that load speaks anyway. One with a path is taken as it is, as it may be another
 * server's.
 */
#include "load/target.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "client/crowd.h"
#include "util/cleanup.h"
#include "util/clock.h"
#include "util/json.h"

#define ALL_TARGET     "/ws/video"
#define STREAM_TARGET  "/stream/"
#define STATUS_REQUEST "{\"action\":\"get_status\"}"
#define STATUS_MAX     262144
#define STATUS_NS      (2 * NSEC_PER_SEC) /* how long the answer may take, */
#define OPEN_NS        (5 * NSEC_PER_SEC) /* and getting connected */
#define LEAVE_NS       NSEC_PER_SEC       /* and getting disconnected */
#define TURN_MS        20
#define CHECK_EVERY    100 /* every n-th picture is checked from SOI to EOI */
#define STAMP          "X-Timestamp"

/* What the server answers: it is asked by one viewer, which leaves again. */
struct question {
	struct load_target *target;
	bool is_answered;
};

/* {"status":"success","action":"get_status","data":{"cameras":[{"name":..,"index":..},...]}} */
static void take_status(void *data, const char *text, uint64_t arrived_ns)
{
	struct question *question = data;
	_cleanup_json_ json_t *root = json_loads(text, 0, NULL);
	const json_t *list = json_object_get(json_object_get(root, "data"), "cameras"), *entry;
	size_t i;

	(void)arrived_ns;
	json_array_foreach(list, i, entry) {
		json_int_t index = json_integer_value(json_object_get(entry, "index"));
		const char *name = json_text(entry, "name");
		if (index >= 0 && index < VIEWER_CAMERAS_MAX && name[0] &&
			strlen(name) <= LOAD_NAME_MAX) {
			struct load_camera *camera = &question->target->cameras[index];
			snprintf(camera->name, sizeof(camera->name), "%s", name);
			camera->is_expected = true;
			question->is_answered = true;
		}
	}
}

/* Turns until the value is what is wanted, or a viewer is lost. Whether it became so in time. */
static bool turn_until(struct crowd *crowd, const unsigned *value, unsigned wanted, uint64_t ns)
{
	uint64_t end_ns = clock_now_ns() + ns;

	while (*value < wanted && crowd->n_lost == 0 && clock_now_ns() < end_ns) {
		if (crowd_turn(crowd, TURN_MS) < 0) {
			return false;
		}
	}
	return *value >= wanted;
}

/* Gives its place back: as long as the server counts it, another viewer may be one too many. */
static void leave(struct crowd *crowd)
{
	(void)viewer_say_goodbye(&crowd->viewers[0]);
	(void)turn_until(crowd, &crowd->n_lost, 1, LEAVE_NS);
}

static int ask_crowd(struct crowd *crowd, struct question *question, struct error *err)
{
	uint64_t end_ns;

	crowd->shared.on_text = take_status;
	crowd->shared.data = question;
	if (!turn_until(crowd, &crowd->n_open, 1, 2 * OPEN_NS)) {
		return crowd->n_lost > 0 ? error_set(err, crowd->err.code, "%s", crowd->err.text)
					 : error_set(err, -ETIMEDOUT, "the server does not answer");
	}
	int r = viewer_send_text(&crowd->viewers[0], STATUS_REQUEST);
	end_ns = clock_now_ns() + STATUS_NS;
	while (r >= 0 && !question->is_answered && crowd->n_lost == 0 && clock_now_ns() < end_ns) {
		r = crowd_turn(crowd, TURN_MS);
	}
	leave(crowd);
	return r < 0 ? error_set(err, r, "asking for the cameras: %s", error_name(r)) : 0;
}

/*
 * Asks what cameras there are. 0, also when the server does not answer that, as other servers may
 * not; a negative errno when it cannot be reached or refuses the WebSocket.
 */
static int ask(struct load_target *target, const struct url *url, struct error *err)
{
	struct question question = {.target = target};
	_cleanup_free_ char *text = malloc(STATUS_MAX);
	struct endpoint endpoint;
	struct crowd crowd;
	int r = text ? endpoint_init(&endpoint, url, STREAM_PROTOCOL, err)
		     : error_set(err, -ENOMEM, "%s", error_name(-ENOMEM));

	if (r < 0) {
		return r;
	}
	endpoint.stream.text = text;
	endpoint.stream.text_size = STATUS_MAX;
	const struct crowd_options options = {.endpoints = &endpoint,
		.n_endpoints = 1,
		.n_viewers = 1,
		.open_timeout_ns = OPEN_NS};
	r = crowd_init(&crowd, &options);
	if (r < 0) {
		return error_set(err, r, "%s", error_name(r));
	}
	r = ask_crowd(&crowd, &question, err);
	crowd_done(&crowd);
	target->is_twinlens = question.is_answered;
	return r;
}

/* Leaves only those of the names expected. */
static int choose(struct load_target *target, const char *names, struct error *err)
{
	if (strcmp(names, "all") == 0) {
		return 0;
	}
	struct load_camera *cameras = target->cameras;
	bool is_wanted[VIEWER_CAMERAS_MAX] = {false};
	for (const char *name = names; *name;) {
		size_t length = strcspn(name, ",");
		unsigned i = 0;
		while (i < VIEWER_CAMERAS_MAX &&
			!(cameras[i].is_expected && strlen(cameras[i].name) == length &&
				strncmp(cameras[i].name, name, length) == 0)) {
			i++;
		}
		if (i == VIEWER_CAMERAS_MAX) {
			return error_set(err, -EINVAL,
				"--cameras %s: the server has no camera %.*s", names, (int)length,
				name);
		}
		is_wanted[i] = true;
		name += length + (name[length] == ',');
	}
	for (unsigned i = 0; i < VIEWER_CAMERAS_MAX; i++) {
		cameras[i].is_expected = is_wanted[i];
	}
	return 0;
}

static int add_endpoint(
	struct load_target *target, const struct url *url, unsigned camera, struct error *err)
{
	struct endpoint *endpoint = &target->endpoints[target->n_endpoints];
	int r = endpoint_init(endpoint, url, STREAM_PROTOCOL, err);

	if (r < 0) {
		return r;
	}
	endpoint->camera = camera;
	endpoint->has_stamps = true;
	endpoint->stream.stamp = STAMP;
	endpoint->stream.check_every = CHECK_EVERY;
	target->n_endpoints++;
	return 0;
}

/* A stream of each camera. */
static int add_streams(struct load_target *target, struct url *url, struct error *err)
{
	int r = 0;

	for (unsigned i = 0; i < VIEWER_CAMERAS_MAX && r == 0; i++) {
		if (target->cameras[i].is_expected) {
			snprintf(url->target, sizeof(url->target), STREAM_TARGET "%s",
				target->cameras[i].name);
			r = add_endpoint(target, url, i, err);
		}
	}
	return r;
}

/* The one WebSocket for all that is expected. */
static int add_websocket(
	struct load_target *target, struct url *url, const char *names, struct error *err)
{
	size_t size = sizeof(url->target);

	if ((size_t)snprintf(url->target, size, ALL_TARGET "?camera=%s", names) >= size) {
		return error_set(err, -EINVAL, "--cameras: the names are too long");
	}
	return add_endpoint(target, url, 0, err);
}

static int add_server(struct load_target *target, struct url *url,
	const struct load_options *options, struct error *err)
{
	url->is_websocket = true;
	snprintf(url->target, sizeof(url->target), ALL_TARGET);
	int r = ask(target, url, err);
	if (r < 0) {
		return r;
	}
	if (!target->is_twinlens) {
		return error_set(err, -EPROTO,
			"the server does not say what cameras it has: give the URL of a stream");
	}
	r = choose(target, options->cameras, err);
	if (r < 0) {
		return r;
	}
	url->is_websocket = options->transport != LOAD_TRANSPORT_MULTIPART;
	return url->is_websocket ? add_websocket(target, url, options->cameras, err)
				 : add_streams(target, url, err);
}

/* A path that was given; of /stream/NAME the camera is known. */
static int add_path(struct load_target *target, struct url *url, const struct load_options *options,
	struct error *err)
{
	size_t prefix = strlen(STREAM_TARGET);
	bool has_name = strncmp(url->target, STREAM_TARGET, prefix) == 0;

	if (strcmp(options->cameras, "all") != 0) {
		return error_set(err, -EINVAL,
			"--cameras %s: needs a URL without a path; this one says what to watch: "
			"%.100s",
			options->cameras, options->url);
	}
	if (options->transport != LOAD_TRANSPORT_AUTO) {
		url->is_websocket = options->transport == LOAD_TRANSPORT_WEBSOCKET;
	}
	if (url->is_websocket) {
		int r = ask(target, url, err);
		if (r < 0) {
			return r;
		}
		/* Which of the cameras such a path is about is seen when they come. */
		for (unsigned i = 0; i < VIEWER_CAMERAS_MAX && strcmp(url->target, ALL_TARGET) != 0;
			i++) {
			target->cameras[i].is_expected = false;
		}
	} else {
		const char *name = has_name ? url->target + prefix : "";
		snprintf(target->cameras[0].name, sizeof(target->cameras[0].name), "%.*s",
			(int)strcspn(name, "?/"), name);
		target->cameras[0].is_expected = true;
	}
	return add_endpoint(target, url, 0, err);
}

int load_target_init(
	struct load_target *target, const struct load_options *options, struct error *err)
{
	struct url url;
	int r = url_parse(options->url, &url, err);

	if (r < 0) {
		return r;
	}
	*target = (struct load_target){0};
	bool has_names = strcmp(options->cameras, "all") != 0;
	bool has_path = strcmp(url.target, "") != 0 && strcmp(url.target, "/") != 0 &&
			!(has_names && strcmp(url.target, ALL_TARGET) == 0);
	r = has_path ? add_path(target, &url, options, err)
		     : add_server(target, &url, options, err);
	for (unsigned i = 0; i < VIEWER_CAMERAS_MAX && r == 0; i++) {
		struct load_camera *camera = &target->cameras[i];
		if (!camera->name[0]) {
			snprintf(camera->name, sizeof(camera->name), "cam%u", i);
		}
	}
	return r;
}
