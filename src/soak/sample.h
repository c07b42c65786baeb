/*
 * What soak keeps of each interval: the figures of the server, its service, the machine and the
 * viewers. Their names are those of the other verbs.
 */
#ifndef SOAK_SAMPLE_H
#define SOAK_SAMPLE_H

#include <stdbool.h>
#include <stdint.h>

#define SOAK_BOOT_ID_SIZE 40 /* a UUID, a newline, and what follows */

/* The order is that of the state file: new ones go to the end, with a new SAMPLES_VERSION. */
enum soak_figure {
	SOAK_FIGURE_ANONYMOUS,      /* the process: Pss_Anon + SwapPss */
	SOAK_FIGURE_HEAP,           /* allocated and not freed, as the server reports it */
	SOAK_FIGURE_SERVICE_SOCKET, /* its cgroup */
	SOAK_FIGURE_SERVICE_KERNEL,
	SOAK_FIGURE_UNACCOUNTED, /* memory that drivers hold */
	SOAK_FIGURE_CMA_USED,
	SOAK_FIGURE_DESCRIPTORS,
	SOAK_FIGURE_THREADS,
	SOAK_FIGURE_PSS,
	SOAK_FIGURE_PROCESS_CPU, /* 100: one processor */
	SOAK_FIGURE_AVAILABLE,
	SOAK_FIGURE_USED_PERCENT,
	SOAK_FIGURE_PSI_SOME, /* share of the interval */
	SOAK_FIGURE_PSI_FULL,
	SOAK_FIGURE_MACHINE_CPU,   /* 100: all processors */
	SOAK_FIGURE_FRAGMENTATION, /* unusable index at order 4, of the best zone: 0..1 */
	SOAK_FIGURE_OOM_KILLS,     /* in the interval */
	SOAK_FIGURE_VIEWERS,       /* open now */
	SOAK_FIGURE_VIEWERS_LOST,  /* in the interval */
	SOAK_FIGURE_FPS_MIN,       /* of the viewer and camera with the fewest frames */
	SOAK_FIGURE_GAP_MAX_MS,    /* the longest time without a new picture */
	SOAK_FIGURE_FREEZES,       /* in the interval */
	SOAK_FIGURE_BROKEN,        /* pictures that were not whole, in the interval */
	SOAK_FIGURE_HEAP_FREE,     /* freed, and kept by the heap */
	SOAK_FIGURE_COUNT,
};

/* Samples of the same boot, process and start belong to one segment; others are never joined. */
struct soak_sample {
	uint64_t boot_ns; /* CLOCK_BOOTTIME */
	uint64_t real_ns; /* CLOCK_REALTIME, for people */
	char boot_id[SOAK_BOOT_ID_SIZE];
	uint32_t server_pid; /* 0: the server did not answer */
	uint64_t server_start_ticks;
	double figures[SOAK_FIGURE_COUNT]; /* NAN: not known */
};

struct soak_figure_info {
	const char *name; /* as interfaces and reports have it */
	const char *unit; /* "bytes", "percent", "" for a count */
	bool is_judged;   /* must not grow: a leak verdict is given on it */
};

extern const struct soak_figure_info soak_figures[SOAK_FIGURE_COUNT];

/* Whether b continues the run of the server that a belongs to. */
bool soak_sample_continues(const struct soak_sample *a, const struct soak_sample *b);

#endif
