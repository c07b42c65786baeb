/* What top shows: the machine, the processes of twinlens, and what the server says of itself. */
#ifndef TOP_MODEL_H
#define TOP_MODEL_H

#include <jansson.h>

#include "client/url.h"
#include "top/history.h"
#include "util/error.h"
#include "watch/record/process.h"
#include "watch/record/system.h"

#define MODEL_CAMERAS_MAX 16
#define MODEL_VIEWERS_MAX 64
#define MODEL_ALERTS_MAX  16
#define MODEL_TEXT_MAX    64

struct model_camera {
	char name[MODEL_TEXT_MAX], state[16], error[160];
	double fps, fps_target;
	double age_ms; /* from capture to sending, mean of the last interval; NAN */
	json_int_t viewers, dropped;
};

struct model_viewer {
	char peer[MODEL_TEXT_MAX], transport[16];
	json_int_t sent, skipped;
};

/* What watch has raised, as the server reports it. */
struct model_alert {
	char name[MODEL_TEXT_MAX], figure[96], op[4], value[32], limit[32], since[32];
};

/* Large: not for the stack. */
struct model {
	const struct sysroot *root;
	struct url url;
	bool has_samples; /* two were taken: differences are known */
	uint64_t taken_ns;
	struct system_sample system;
	struct process_sample processes;

	struct error trouble; /* why the server did not answer; "" when it did */
	size_t n_cameras, n_viewers, n_alerts;
	struct model_camera cameras[MODEL_CAMERAS_MAX];
	struct model_viewer viewers[MODEL_VIEWERS_MAX];
	struct model_alert alerts[MODEL_ALERTS_MAX];

	struct history used, stalled, cpu; /* percent */

	/* inside */
	struct system_reader system_reader;
	struct process_reader process_reader;
	struct {
		char name[MODEL_TEXT_MAX];
		double n, seconds;
	} deliveries[MODEL_CAMERAS_MAX]; /* as of the last status */
};

/* root must outlive it. 0 or a negative errno with err. */
int model_open(
	struct model *model, const struct sysroot *root, const struct url *url, struct error *err);
void model_close(struct model *model);

/* Takes a sample; the server has half a second to answer. */
void model_update(struct model *model);

/* What a status says, without asking for one. */
void model_take_status(struct model *model, const json_t *status);

#endif
