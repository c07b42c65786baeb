/*
 * The names of figures, the same everywhere: in JSON, where dots nest, in alert rules, in the
 * environment of actions and in Prometheus text. Units are part of a name. A figure that the
 * machine does not offer is NAN.
 */
#ifndef WATCH_RECORD_FIGURE_H
#define WATCH_RECORD_FIGURE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Of the machine, in the order of their groups. */
enum system_figure {
	FIGURE_MEMORY_TOTAL,
	FIGURE_MEMORY_AVAILABLE,
	FIGURE_MEMORY_FREE,
	FIGURE_MEMORY_BUFFERS,
	FIGURE_MEMORY_CACHED,
	FIGURE_MEMORY_SLAB,
	FIGURE_MEMORY_ANONYMOUS,
	FIGURE_MEMORY_CMA_TOTAL,
	FIGURE_MEMORY_CMA_FREE,
	FIGURE_MEMORY_USED_PERCENT,
	FIGURE_MEMORY_USED_WITHOUT_CACHE,
	FIGURE_MEMORY_UNACCOUNTED,
	FIGURE_SWAP_TOTAL,
	FIGURE_SWAP_USED,
	FIGURE_ZRAM_STORED,
	FIGURE_ZRAM_COMPRESSED,
	FIGURE_ZRAM_MEMORY,
	FIGURE_ZRAM_TABLE,
	FIGURE_ZRAM_RATIO,
	FIGURE_ZRAM_USED_PERCENT,
	FIGURE_PSI_MEMORY_SOME,
	FIGURE_PSI_MEMORY_FULL,
	FIGURE_PSI_MEMORY_FULL_AVG10,
	FIGURE_PSI_MEMORY_FULL_AVG60,
	FIGURE_PSI_MEMORY_FULL_CHANGE,
	FIGURE_PSI_CPU_SOME,
	FIGURE_PSI_CPU_FULL,
	FIGURE_PSI_IO_SOME,
	FIGURE_PSI_IO_FULL,
	FIGURE_VM_MAJOR_FAULTS,
	FIGURE_VM_REFAULTS,
	FIGURE_VM_OOM_KILLS,
	FIGURE_VM_ALLOCATION_STALLS,
	FIGURE_VM_COMPACTION_FAILURES,
	FIGURE_SOCKET_TCP,
	FIGURE_SOCKET_UDP,
	FIGURE_CPU_USED_PERCENT,
	FIGURE_CPU_TEMPERATURE,
	FIGURE_CPU_FREQUENCY,
	SYSTEM_FIGURE_COUNT,
};

enum process_figure {
	PROCESS_PSS,
	PROCESS_USS,
	PROCESS_ANONYMOUS,
	PROCESS_RSS,
	PROCESS_SWAP,
	PROCESS_CPU_PERCENT,
	PROCESS_THREADS,
	PROCESS_DESCRIPTORS,
	PROCESS_RESTARTS,
	PROCESS_FIGURE_COUNT,
};

enum service_figure {
	SERVICE_CURRENT,
	SERVICE_ANONYMOUS,
	SERVICE_KERNEL,
	SERVICE_SOCKET,
	SERVICE_OOM_KILLS,
	SERVICE_PSI_SOME,
	SERVICE_FIGURE_COUNT,
};

enum server_figure {
	SERVER_VIEWERS,
	SERVER_HEAP,
	SERVER_FIGURE_COUNT,
};

enum camera_figure {
	CAMERA_FPS,
	CAMERA_STATE, /* a number for its word, the worse the larger: see figure_state_name */
	CAMERA_FIGURE_COUNT,
};

/* "memory.used_percent"; of all but the system what follows its name, "pss_bytes". */
extern const char *const system_figure_names[SYSTEM_FIGURE_COUNT];
extern const char *const process_figure_names[PROCESS_FIGURE_COUNT];
extern const char *const service_figure_names[SERVICE_FIGURE_COUNT];
extern const char *const server_figure_names[SERVER_FIGURE_COUNT];
extern const char *const camera_figure_names[CAMERA_FIGURE_COUNT];

/* Whether values of a figure of this name are whole numbers: bytes, counts, hertz. */
bool figure_is_whole(const char *name);

/* Whether the values of a figure of this name are words: states of a camera. */
bool figure_is_state(const char *name);

/* "idle", "starting", "streaming", "lost", "error" for 0 to 4; "-" for any other value. */
const char *figure_state_name(double value);

/* The value of such a word. 0 or -ENOENT. */
int figure_state_find(const char *word, double *ret_value);

#define FIGURE_NAME_MAX  96
#define PROCESS_NAME_MAX 32

enum figure_kind {
	FIGURE_KIND_SYSTEM,
	FIGURE_KIND_CPU,      /* cpu.N.used_percent */
	FIGURE_KIND_UNUSABLE, /* fragmentation.unusable.NODE.ZONE.ORDER */
	FIGURE_KIND_EXTERNAL, /* fragmentation.external.NODE.ZONE.ORDER */
	FIGURE_KIND_PROCESS,  /* process.NAME.pss_bytes */
	FIGURE_KIND_SERVICE,  /* service.NAME.current_bytes */
	FIGURE_KIND_SERVER,   /* server.viewers */
	FIGURE_KIND_CAMERA,   /* camera.NAME.fps */
};

/* One figure, as a rule names it. */
struct figure {
	enum figure_kind kind;
	unsigned index; /* of the enum, the CPU or the order */
	unsigned node;
	char owner[PROCESS_NAME_MAX]; /* the process, service, camera or zone */
};

/* 0; -ENOENT when there is no figure of that name. */
int figure_find(const char *name, struct figure *ret_figure);

struct system_sample;
struct process_sample;

/* NAN when it is absent. Either sample may be NULL. */
double figure_value(const struct figure *figure, const struct system_sample *system,
	const struct process_sample *processes);

#endif
