/* What is recorded at one moment. Plain values: samples are copied from thread to thread. */
#ifndef WATCH_RECORD_SAMPLE_H
#define WATCH_RECORD_SAMPLE_H

#include <sys/types.h>

#include "kernel/buddyinfo.h"
#include "kernel/cpu.h"
#include "watch/record/figure.h"

#define WATCH_PROCESSES_MAX 16
#define WATCH_CAMERAS_MAX   8 /* as many as a server has */

/* Sequence numbers count the moments that were planned: a gap is a sample that was lost. */
struct sample_time {
	uint64_t sequence;
	uint64_t planned_ns, taken_ns; /* CLOCK_MONOTONIC */
	uint64_t taken_unix_ms;
};

struct zone_sample {
	unsigned node, n_orders;
	char name[BUDDY_ZONE_NAME_MAX];
	float unusable[BUDDY_ORDERS_MAX], external[BUDDY_ORDERS_MAX];
};

struct system_sample {
	struct sample_time time;
	double values[SYSTEM_FIGURE_COUNT];
	float cpus[CPU_MAX]; /* percent; NAN for those that are offline or not there */
	size_t n_zones;
	struct zone_sample zones[BUDDY_ZONES_MAX];
};

struct process_entry {
	char name[PROCESS_NAME_MAX];
	pid_t pid;
	bool is_ended;
	int memory_error; /* why its memory is absent: a negative errno, else 0 */
	double values[PROCESS_FIGURE_COUNT];
	char service[PROCESS_NAME_MAX]; /* "" when it is in the root cgroup or in none */
	double service_values[SERVICE_FIGURE_COUNT];
};

struct camera_entry {
	char name[PROCESS_NAME_MAX];
	double values[CAMERA_FIGURE_COUNT];
};

/* What the server reported last; all absent when no server runs or it does not answer. */
struct server_sample {
	pid_t pid; /* of the server that was asked; 0 without one, or when asked by URL */
	double values[SERVER_FIGURE_COUNT];
	size_t n_cameras;
	struct camera_entry cameras[WATCH_CAMERAS_MAX];
	char trouble[128]; /* why it is absent; "" when it is not, or was not asked yet */
};

struct process_sample {
	struct sample_time time; /* sequence and planned_ns of the system sample it belongs to */
	struct server_sample server;
	size_t n;
	struct process_entry entries[WATCH_PROCESSES_MAX];
};

/* Whether an earlier entry is of a process in the same service. */
bool process_sample_repeats_service(const struct process_sample *sample, size_t i);

#endif
