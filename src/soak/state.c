#include "soak/state.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "util/cleanup.h"
#include "util/clock.h"
#include "util/file/folder.h"
#include "util/json.h"

#define RUN_NAME    "run.json"
#define RUN_VERSION 1

int soak_state_path(const struct soak_state *state, const char *name, char path[PATH_MAX])
{
	int length = snprintf(path, PATH_MAX, "%s/%s", state->folder, name);

	return length < 0 || length >= PATH_MAX ? -ENAMETOOLONG : 0;
}

static json_t *to_json(const struct soak_state *state)
{
	return json_pack("{s:i,s:s,s:i,s:I,s:I,s:I,s:f}", "version", RUN_VERSION, "url",
		state->plan.url, "viewers", (int)state->plan.viewers, "duration_ns",
		(json_int_t)state->plan.duration_ns, "interval_ns",
		(json_int_t)state->plan.interval_ns, "begun_unix_ns",
		(json_int_t)state->begun_real_ns, "fps_target", state->fps_target);
}

static int write_run(const struct soak_state *state, struct error *err)
{
	_cleanup_json_ json_t *run = to_json(state);
	_cleanup_free_ char *text = run ? json_dumps(run, JSON_INDENT(2)) : NULL;
	char path[PATH_MAX];

	if (!text) {
		return error_set(err, -ENOMEM, "%s: %s", state->folder, error_name(-ENOMEM));
	}
	int r = soak_state_path(state, RUN_NAME, path);
	if (r == 0) {
		r = folder_replace_file(path, text, strlen(text));
	}
	return r < 0 ? error_set(err, r, "%s/" RUN_NAME ": %s", state->folder, error_name(r)) : 0;
}

/* A positive number in the file, else 0. */
static uint64_t number(const json_t *run, const char *name)
{
	json_int_t value = json_integer_value(json_object_get(run, name));

	return value > 0 ? (uint64_t)value : 0;
}

static int take_run(struct soak_state *state, const json_t *run)
{
	const char *url = json_text(run, "url");

	if (number(run, "version") != RUN_VERSION || !url[0] || strlen(url) >= SOAK_URL_MAX ||
		number(run, "viewers") == 0 || number(run, "viewers") > UINT32_MAX ||
		number(run, "duration_ns") == 0 || number(run, "interval_ns") == 0) {
		return -EBADMSG;
	}
	snprintf(state->plan.url, sizeof(state->plan.url), "%s", url);
	state->plan.viewers = (unsigned)number(run, "viewers");
	state->plan.duration_ns = number(run, "duration_ns");
	state->plan.interval_ns = number(run, "interval_ns");
	state->begun_real_ns = number(run, "begun_unix_ns");
	state->fps_target = json_number_value(json_object_get(run, "fps_target"));
	return 0;
}

int soak_state_read(struct soak_state *state, const char *folder, struct error *err)
{
	char path[PATH_MAX];
	json_error_t reason;

	*state = (struct soak_state){0};
	if ((size_t)snprintf(state->folder, sizeof(state->folder), "%s", folder) >=
			sizeof(state->folder) ||
		soak_state_path(state, RUN_NAME, path) < 0) {
		return error_set(err, -ENAMETOOLONG, "%.100s...: the path is too long", folder);
	}
	_cleanup_file_ FILE *file = fopen(path, "re");
	if (!file) {
		return error_set(err, -errno, "%s: %s", path, error_name(-errno));
	}
	_cleanup_json_ json_t *run = json_loadf(file, 0, &reason);
	if (!run) {
		return error_set(err, -EBADMSG, "%s: line %d: %s", path, reason.line, reason.text);
	}
	int r = take_run(state, run);
	return r < 0 ? error_set(err, r, "%s: not a run of this version of twinlens", path) : 0;
}

static bool is_same(const struct soak_plan *a, const struct soak_plan *b)
{
	return strcmp(a->url, b->url) == 0 && a->viewers == b->viewers &&
	       a->duration_ns == b->duration_ns && a->interval_ns == b->interval_ns;
}

static int begin(struct soak_state *state, const struct soak_plan *plan, struct error *err)
{
	int r = folder_make(state->folder);
	if (r < 0) {
		return error_set(err, r, "%s: %s", state->folder, error_name(r));
	}
	state->plan = *plan;
	state->begun_real_ns = clock_read_ns(CLOCK_REALTIME);
	return write_run(state, err);
}

int soak_state_open(struct soak_state *state, const char *folder, const struct soak_plan *plan,
	struct error *err)
{
	int r = soak_state_read(state, folder, err);
	if (r == -ENOENT) {
		return begin(state, plan, err);
	}
	if (r < 0) {
		return r;
	}
	if (!is_same(&state->plan, plan)) {
		return error_set(err, -EEXIST,
			"%s: holds another run: %.200s with %u viewers for %.0f s; continue it "
			"with the "
			"same options, or choose another --state",
			folder, state->plan.url, state->plan.viewers,
			clock_to_seconds(state->plan.duration_ns));
	}
	state->is_continued = true;
	return 0;
}

int soak_state_set_fps(struct soak_state *state, double fps_target, struct error *err)
{
	state->fps_target = fps_target;
	return write_run(state, err);
}
