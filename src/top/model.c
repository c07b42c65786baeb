#include "top/model.h"

#include <math.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "client/status.h"
#include "util/clock.h"
#include "util/json.h"
#include "watch/record/text.h"

#define STATUS_TIMEOUT_NS (500 * NSEC_PER_MSEC)

static const char *const programs[] = {
	"twinlens-serve", "twinlens-watch", "twinlens-soak", "twinlens-load"};

int model_open(
	struct model *model, const struct sysroot *root, const struct url *url, struct error *err)
{
	*model = (struct model){.root = root, .url = *url};
	int r = system_reader_open(&model->system_reader, root);
	if (r < 0) {
		return error_set(err, r, "/proc/meminfo: %s", error_name(r));
	}
	r = process_reader_open(&model->process_reader, root);
	if (r < 0) {
		system_reader_close(&model->system_reader);
		return error_set(err, r, "/proc: %s", error_name(r));
	}
	for (size_t i = 0; i < sizeof(programs) / sizeof(programs[0]); i++) {
		struct process_target target = {0};
		snprintf(target.comm, sizeof(target.comm), "%s", programs[i]);
		process_reader_add(&model->process_reader, &target);
	}
	return 0;
}

void model_close(struct model *model)
{
	process_reader_close(&model->process_reader);
	system_reader_close(&model->system_reader);
}

static void copy(char *to, size_t size, const json_t *object, const char *key)
{
	snprintf(to, size, "%s", json_text(object, key));
}

/* The mean since the status before; sums begin anew with the server. */
static double take_age(struct model *model, const json_t *camera, const char *name)
{
	const json_t *delivery = json_object_get(camera, "delivery");
	double n = json_number_value(json_object_get(delivery, "frames"));
	double seconds = json_number_value(json_object_get(delivery, "seconds"));
	size_t i = 0;

	while (i < MODEL_CAMERAS_MAX - 1 && model->deliveries[i].name[0] &&
		strcmp(model->deliveries[i].name, name) != 0) {
		i++;
	}
	bool is_known = strcmp(model->deliveries[i].name, name) == 0;
	double frames = n - model->deliveries[i].n;
	double age_ms = is_known && frames > 0
				? 1000 * (seconds - model->deliveries[i].seconds) / frames
				: NAN;
	snprintf(model->deliveries[i].name, sizeof(model->deliveries[i].name), "%s", name);
	model->deliveries[i].n = n;
	model->deliveries[i].seconds = seconds;
	return delivery ? age_ms : NAN;
}

static void take_camera(struct model *model, const json_t *camera)
{
	struct model_camera *taken = &model->cameras[model->n_cameras++];

	copy(taken->name, sizeof(taken->name), camera, "name");
	copy(taken->state, sizeof(taken->state), camera, "state");
	copy(taken->error, sizeof(taken->error), camera, "error");
	taken->fps = json_number_value(json_object_get(camera, "fps"));
	taken->fps_target = json_number_value(json_object_get(camera, "fps_target"));
	taken->viewers = json_integer_value(json_object_get(camera, "viewers"));
	taken->dropped = json_integer_value(json_object_get(camera, "dropped"));
	taken->age_ms = take_age(model, camera, taken->name);
}

static void take_viewer(struct model *model, const json_t *viewer)
{
	struct model_viewer *taken = &model->viewers[model->n_viewers++];

	copy(taken->peer, sizeof(taken->peer), viewer, "peer");
	copy(taken->transport, sizeof(taken->transport), viewer, "transport");
	taken->sent = json_integer_value(json_object_get(viewer, "sent"));
	taken->skipped = json_integer_value(json_object_get(viewer, "skipped"));
}

/* A number in the unit of the figure; a word. */
static void copy_value(
	char *to, size_t size, const json_t *value, const char *figure, bool is_limit)
{
	char bytes[TEXT_BYTES_SIZE];

	if (json_is_string(value)) {
		snprintf(to, size, "%s", json_string_value(value));
	} else if (!json_is_number(value)) {
		snprintf(to, size, "-");
	} else if (strstr(figure, "_bytes")) {
		text_format_bytes(json_number_value(value), bytes);
		snprintf(to, size, "%s", bytes);
	} else {
		bool is_exact = is_limit || figure_is_whole(figure);
		snprintf(to, size, is_exact ? "%.15g" : "%.1f", json_number_value(value));
	}
}

/* The time of an alert on the clock of the wall; as it is when it is not of the form. */
static void copy_time(char *to, size_t size, const json_t *object, const char *key)
{
	struct tm utc = {0}, local;
	const char *end = strptime(json_text(object, key), "%Y-%m-%dT%H:%M:%SZ", &utc);
	time_t seconds = timegm(&utc);

	if (!end || *end || !localtime_r(&seconds, &local) ||
		strftime(to, size, "%F %H:%M", &local) == 0) {
		copy(to, size, object, key);
	}
}

static void take_alert(struct model *model, const json_t *alert)
{
	struct model_alert *taken = &model->alerts[model->n_alerts++];

	copy(taken->name, sizeof(taken->name), alert, "name");
	copy(taken->figure, sizeof(taken->figure), alert, "figure");
	copy(taken->op, sizeof(taken->op), alert, "op");
	copy_time(taken->since, sizeof(taken->since), alert, "since");
	copy_value(taken->value, sizeof(taken->value), json_object_get(alert, "value"),
		taken->figure, false);
	copy_value(taken->limit, sizeof(taken->limit), json_object_get(alert, "limit"),
		taken->figure, true);
}

void model_take_status(struct model *model, const json_t *status)
{
	const json_t *item;
	size_t i;

	model->n_cameras = model->n_viewers = model->n_alerts = 0;
	json_array_foreach(json_object_get(status, "cameras"), i, item) {
		if (model->n_cameras < MODEL_CAMERAS_MAX) {
			take_camera(model, item);
		}
	}
	json_array_foreach(json_object_get(status, "viewers"), i, item) {
		if (model->n_viewers < MODEL_VIEWERS_MAX) {
			take_viewer(model, item);
		}
	}
	json_array_foreach(json_object_get(status, "alerts"), i, item) {
		if (model->n_alerts < MODEL_ALERTS_MAX) {
			take_alert(model, item);
		}
	}
}

void model_update(struct model *model)
{
	_cleanup_json_ json_t *status = NULL;
	uint64_t now_ns = clock_now_ns();

	model->has_samples = model->taken_ns > 0;
	model->taken_ns = now_ns;
	system_reader_sample(&model->system_reader, now_ns, &model->system);
	process_reader_sample(&model->process_reader, now_ns, &model->processes);
	history_add(&model->used, model->system.values[FIGURE_MEMORY_USED_PERCENT]);
	history_add(&model->stalled, model->system.values[FIGURE_PSI_MEMORY_SOME]);
	history_add(&model->cpu, model->system.values[FIGURE_CPU_USED_PERCENT]);
	model->trouble = (struct error){0};
	if (status_fetch(&model->url, STATUS_TIMEOUT_NS, &status, &model->trouble) < 0) {
		model->n_cameras = model->n_viewers = model->n_alerts = 0;
	} else {
		model_take_status(model, status);
	}
}
