/*
 * The folder of a soak: run.json says what was asked for, samples has what was measured, soak.log
 * is for people. A run that ended early goes on there, after a kill as after a reboot.
 */
#ifndef SOAK_STATE_H
#define SOAK_STATE_H

#include <limits.h>
#include <stdbool.h>
#include <stdint.h>

#include "util/error.h"

#define SOAK_URL_MAX      1400
#define SOAK_LOG_NAME     "soak.log"
#define SOAK_SAMPLES_NAME "samples"

/* What makes a run that run: another value of any of them is another run. */
struct soak_plan {
	char url[SOAK_URL_MAX];
	unsigned viewers;
	uint64_t duration_ns, interval_ns;
};

struct soak_state {
	char folder[PATH_MAX];
	struct soak_plan plan;
	uint64_t begun_real_ns; /* when the run began first, CLOCK_REALTIME */
	double fps_target;      /* as the server reported it; 0: not yet known */
	bool is_continued;
};

/*
 * Makes the folder and begins a run there, or continues the one that it holds. 0; -EEXIST: it holds
 * a run with another plan; another negative errno.
 */
int soak_state_open(struct soak_state *state, const char *folder, const struct soak_plan *plan,
	struct error *err);

/* Reads a run without continuing it. 0; -ENOENT: there is none; another negative errno. */
int soak_state_read(struct soak_state *state, const char *folder, struct error *err);

/* Notes the rate, once it is known. 0 or a negative errno. */
int soak_state_set_fps(struct soak_state *state, double fps_target, struct error *err);

/* FOLDER/NAME. 0 or -ENAMETOOLONG. */
int soak_state_path(const struct soak_state *state, const char *name, char path[PATH_MAX]);

#endif
