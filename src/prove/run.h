/*
 * What accept has measured, as plain data: a second each, and what is known of the whole run. Pure
 * functions judge it; see criteria.h. Figures that the machine does not offer are NAN.
 */
#ifndef PROVE_RUN_H
#define PROVE_RUN_H

#include <stdbool.h>
#include <stddef.h>

#include "stats/equivalence.h"
#include "util/error.h"
#include "watch/record/figure.h"

#define PROVE_CAMERAS_MAX 16
#define PROVE_VIEWERS     4 /* MAX_CONCURRENT_CLIENTS of the guide */
#define PROVE_NAME_MAX    64

enum prove_stage {
	PROVE_STAGE_BASELINE,  /* the machine as it was, with all its memory */
	PROVE_STAGE_SIMULATED, /* the same machine with 4 GB taken as the limit */
	PROVE_STAGE_HARDWARE,  /* a board with 4 GB */
	PROVE_STAGE_COUNT
};

/* "baseline", ... */
extern const char *const prove_stage_names[PROVE_STAGE_COUNT];

/* 0, or -EINVAL when no stage has that name. */
int prove_stage_parse(const char *name, enum prove_stage *ret_stage);

struct prove_second {
	double time_s; /* since the beginning of the run */
	double system[SYSTEM_FIGURE_COUNT];
	double server[PROCESS_FIGURE_COUNT];
	double viewers_pss, viewers_cpu_percent; /* of the program that measures */
	/*
	 * The fragmentation index (buddyinfo.h) of the best zone, as an allocation may take any, at
	 * its worst order: up to 3, and 4 to 9. -1: no allocation would fail.
	 */
	double external_small, external_large;
	double fps[PROVE_CAMERAS_MAX];    /* pictures a viewer got, the mean of all viewers */
	double age_ms[PROVE_CAMERAS_MAX]; /* on screen, the mean over this second */
	struct equivalence_block ages;    /* the same of all cameras, in ms; weight: samples */
};

struct prove_camera {
	char name[PROVE_NAME_MAX];
	unsigned width, height;
	double gap_max_ms; /* the longest time without a new picture, at any viewer */
	unsigned freezes;  /* as browsers count them, of all viewers */
	double age_p50_ms, age_p99_ms;
};

struct prove_viewer {
	bool is_served; /* accepted, not lost, and sent pictures of every camera */
	double share; /* of the pictures that the cameras delivered, those that it got; the least */
};

/* Eight more viewers come and go while the four are there, more than a server may allow. */
struct prove_stress {
	bool is_run;
	unsigned n_rounds, n_extra; /* viewers that came, */
	unsigned n_refused;         /* and of them those that were sent away */
	double fps_before, fps;     /* of the four, the mean of all cameras */
	bool is_survived;           /* the same process, and none of the four lost */
};

/*
 * The server is killed and started again, as the service manager does; a camera is pulled out and
 * put back; and each is opened and closed many times, as drivers that keep memory do it then.
 */
struct prove_recovery {
	bool is_run;
	unsigned n_rounds;
	double seconds_max; /* from the kill until every viewer had pictures of every camera; NAN:
			       it did not come back */
	bool is_unplugged;
	double unplugged_s; /* from its being back until every viewer had new pictures of it; NAN:
			       it did not come back */
	char unplug_note[ERROR_TEXT_MAX]; /* why none was pulled out; "" */
	unsigned n_opened;                /* how often cameras were opened and closed */
	char open_error[ERROR_TEXT_MAX];  /* what ended that too early; "" */
	double cma_change_percent, unaccounted_change_percent; /* of all memory; NAN: not known */
};

/*
 * The ages on screen of all cameras with the memory of this machine and with less, in turns (A B A
 * B): what drifts meanwhile is in both. A block a second.
 */
struct prove_turns {
	const struct equivalence_block *full, *less;
	size_t n; /* of each; 0: there were none */
};

enum prove_leak {
	PROVE_LEAK_NONE,
	PROVE_LEAK_FOUND,
	PROVE_LEAK_UNDECIDED, /* or it rose, but not steadily */
};

/* What a soak reported. */
struct prove_soak {
	bool is_known;
	double measured_s;
	char faults[256]; /* bars of the run that were missed, by name; "" */
	enum prove_leak leak;
	double slope_kib_h, low_kib_h, high_kib_h; /* of the worst figure; NAN: not known */
	double needed_s;                           /* undecided: NAN when not known */
};

/* From the kernel's start to the end of the start-up. */
struct prove_startup {
	double seconds;             /* NAN: not known */
	char error[ERROR_TEXT_MAX]; /* why not */
};

struct prove_run {
	enum prove_stage stage;
	bool is_complete;
	const struct prove_second *seconds;
	size_t n;
	size_t n_cameras;
	struct prove_camera cameras[PROVE_CAMERAS_MAX];
	struct prove_viewer viewers[PROVE_VIEWERS];
	double viewer_lag_p99_ms; /* how late the viewers read what had arrived; NAN: not known */
	char viewer_error[ERROR_TEXT_MAX]; /* of the first viewer that was not served; "" */
	double clock_percent; /* of the processors' highest, the mean of the run; NAN: not known */
	struct prove_startup startup;
	struct prove_soak soak;
	struct prove_stress stress;
	struct prove_recovery recovery;
	struct prove_turns turns;
	bool is_own_server; /* started for this run, so that it may be killed */
};

/* What an earlier run in the stage "baseline" has left. */
struct prove_baseline {
	const struct equivalence_block *ages;
	size_t n;
};

#endif
