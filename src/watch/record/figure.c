#include "watch/record/figure.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "util/parse.h"
#include "watch/record/sample.h"

const char *const system_figure_names[SYSTEM_FIGURE_COUNT] = {
	[FIGURE_MEMORY_TOTAL] = "memory.total_bytes",
	[FIGURE_MEMORY_AVAILABLE] = "memory.available_bytes",
	[FIGURE_MEMORY_FREE] = "memory.free_bytes",
	[FIGURE_MEMORY_BUFFERS] = "memory.buffers_bytes",
	[FIGURE_MEMORY_CACHED] = "memory.cached_bytes",
	[FIGURE_MEMORY_SLAB] = "memory.slab_bytes",
	[FIGURE_MEMORY_ANONYMOUS] = "memory.anonymous_bytes",
	[FIGURE_MEMORY_CMA_TOTAL] = "memory.cma_total_bytes",
	[FIGURE_MEMORY_CMA_FREE] = "memory.cma_free_bytes",
	[FIGURE_MEMORY_USED_PERCENT] = "memory.used_percent",
	[FIGURE_MEMORY_USED_WITHOUT_CACHE] = "memory.used_without_cache_bytes",
	[FIGURE_MEMORY_UNACCOUNTED] = "memory.unaccounted_bytes",
	[FIGURE_SWAP_TOTAL] = "swap.total_bytes",
	[FIGURE_SWAP_USED] = "swap.used_bytes",
	[FIGURE_ZRAM_STORED] = "zram.stored_bytes",
	[FIGURE_ZRAM_COMPRESSED] = "zram.compressed_bytes",
	[FIGURE_ZRAM_MEMORY] = "zram.memory_bytes",
	[FIGURE_ZRAM_TABLE] = "zram.table_bytes",
	[FIGURE_ZRAM_RATIO] = "zram.ratio",
	[FIGURE_ZRAM_USED_PERCENT] = "zram.used_percent",
	[FIGURE_PSI_MEMORY_SOME] = "psi.memory.some_percent",
	[FIGURE_PSI_MEMORY_FULL] = "psi.memory.full_percent",
	[FIGURE_PSI_MEMORY_FULL_AVG10] = "psi.memory.full_avg10_percent",
	[FIGURE_PSI_MEMORY_FULL_AVG60] = "psi.memory.full_avg60_percent",
	[FIGURE_PSI_MEMORY_FULL_CHANGE] = "psi.memory.full_change_ratio",
	[FIGURE_PSI_CPU_SOME] = "psi.cpu.some_percent",
	[FIGURE_PSI_CPU_FULL] = "psi.cpu.full_percent",
	[FIGURE_PSI_IO_SOME] = "psi.io.some_percent",
	[FIGURE_PSI_IO_FULL] = "psi.io.full_percent",
	[FIGURE_VM_MAJOR_FAULTS] = "vm.major_faults",
	[FIGURE_VM_REFAULTS] = "vm.refaults",
	[FIGURE_VM_OOM_KILLS] = "vm.oom_kills",
	[FIGURE_VM_ALLOCATION_STALLS] = "vm.allocation_stalls",
	[FIGURE_VM_COMPACTION_FAILURES] = "vm.compaction_failures",
	[FIGURE_SOCKET_TCP] = "socket.tcp_bytes",
	[FIGURE_SOCKET_UDP] = "socket.udp_bytes",
	[FIGURE_CPU_USED_PERCENT] = "cpu.used_percent",
	[FIGURE_CPU_TEMPERATURE] = "cpu.temperature_celsius",
	[FIGURE_CPU_FREQUENCY] = "cpu.frequency_hz",
};

const char *const process_figure_names[PROCESS_FIGURE_COUNT] = {
	[PROCESS_PSS] = "pss_bytes",
	[PROCESS_USS] = "uss_bytes",
	[PROCESS_ANONYMOUS] = "anonymous_bytes",
	[PROCESS_RSS] = "rss_bytes",
	[PROCESS_SWAP] = "swap_bytes",
	[PROCESS_CPU_PERCENT] = "cpu_percent",
	[PROCESS_THREADS] = "threads",
	[PROCESS_DESCRIPTORS] = "descriptors",
	[PROCESS_RESTARTS] = "restarts",
};

const char *const service_figure_names[SERVICE_FIGURE_COUNT] = {
	[SERVICE_CURRENT] = "current_bytes",
	[SERVICE_ANONYMOUS] = "anonymous_bytes",
	[SERVICE_KERNEL] = "kernel_bytes",
	[SERVICE_SOCKET] = "socket_bytes",
	[SERVICE_OOM_KILLS] = "oom_kills",
	[SERVICE_PSI_SOME] = "psi_some_percent",
};

const char *const server_figure_names[SERVER_FIGURE_COUNT] = {
	[SERVER_VIEWERS] = "viewers",
	[SERVER_HEAP] = "heap_bytes",
};

const char *const camera_figure_names[CAMERA_FIGURE_COUNT] = {
	[CAMERA_FPS] = "fps",
	[CAMERA_STATE] = "state",
};

/* As /api/status has them. */
static const char *const state_names[] = {"idle", "starting", "streaming", "lost", "error"};

#define N_STATES (int)(sizeof(state_names) / sizeof(state_names[0]))

static bool ends_with(const char *name, const char *end)
{
	size_t length = strlen(name), end_length = strlen(end);

	return length >= end_length && strcmp(name + length - end_length, end) == 0;
}

bool figure_is_whole(const char *name)
{
	return !ends_with(name, "_percent") && !ends_with(name, "ratio") &&
	       !ends_with(name, "_celsius") && !ends_with(name, "fps") &&
	       strncmp(name, "fragmentation.", 14) != 0;
}

/* -1 when it is not among the names. */
static int find_name(const char *const *names, int n, const char *name)
{
	for (int i = 0; i < n; i++) {
		if (strcmp(names[i], name) == 0) {
			return i;
		}
	}
	return -1;
}

bool figure_is_state(const char *name)
{
	return ends_with(name, "state");
}

const char *figure_state_name(double value)
{
	return value >= 0 && value < N_STATES ? state_names[(int)value] : "-";
}

int figure_state_find(const char *word, double *ret_value)
{
	int i = find_name(state_names, N_STATES, word);

	if (i < 0) {
		return -ENOENT;
	}
	*ret_value = i;
	return 0;
}

static int find_system(const char *name, struct figure *figure)
{
	int i = find_name(system_figure_names, SYSTEM_FIGURE_COUNT, name);

	if (i < 0) {
		return -ENOENT;
	}
	*figure = (struct figure){.kind = FIGURE_KIND_SYSTEM, .index = (unsigned)i};
	return 0;
}

static int parse_number(const char *text, size_t length, uint64_t max, unsigned *ret_value)
{
	char digits[8];
	uint64_t value;

	if (length == 0 || length >= sizeof(digits)) {
		return -ENOENT;
	}
	memcpy(digits, text, length);
	digits[length] = '\0';
	if (parse_u64(digits, 0, max, &value) < 0) {
		return -ENOENT;
	}
	*ret_value = (unsigned)value;
	return 0;
}

/* name is behind "cpu.": "3.used_percent" */
static int find_cpu(const char *name, struct figure *figure)
{
	size_t length = strcspn(name, ".");

	figure->kind = FIGURE_KIND_CPU;
	return strcmp(name + length, ".used_percent") == 0
		       ? parse_number(name, length, CPU_MAX - 1, &figure->index)
		       : -ENOENT;
}

static int copy_owner(const char *name, size_t length, struct figure *figure)
{
	if (length == 0 || length >= sizeof(figure->owner)) {
		return -ENOENT;
	}
	memcpy(figure->owner, name, length);
	figure->owner[length] = '\0';
	return 0;
}

/* name is behind "fragmentation.unusable.": "0.Normal.4" */
static int find_fragmentation(const char *name, enum figure_kind kind, struct figure *figure)
{
	size_t node_length = strcspn(name, ".");
	const char *zone = name + node_length + (name[node_length] == '.');
	size_t zone_length = strcspn(zone, ".");
	const char *order = zone + zone_length + (zone[zone_length] == '.');

	figure->kind = kind;
	int r = parse_number(name, node_length, 1023, &figure->node);
	if (r < 0) {
		return r;
	}
	r = parse_number(order, strlen(order), BUDDY_ORDERS_MAX - 1, &figure->index);
	return r < 0 ? r : copy_owner(zone, zone_length, figure);
}

/* name is behind "process.", "service." or "camera.": "serve.pss_bytes" */
static int find_owned(const char *name, enum figure_kind kind, const char *const *names, int n,
	struct figure *figure)
{
	const char *dot = strchr(name, '.');
	int i = dot ? find_name(names, n, dot + 1) : -1;

	if (i < 0) {
		return -ENOENT;
	}
	figure->kind = kind;
	figure->index = (unsigned)i;
	return copy_owner(name, (size_t)(dot - name), figure);
}

static int find_server(const char *name, struct figure *figure)
{
	int i = find_name(server_figure_names, SERVER_FIGURE_COUNT, name);

	figure->kind = FIGURE_KIND_SERVER;
	figure->index = (unsigned)i;
	return i < 0 ? -ENOENT : 0;
}

/* What follows prefix, or NULL. */
static const char *behind(const char *name, const char *prefix)
{
	size_t length = strlen(prefix);

	return strncmp(name, prefix, length) == 0 ? name + length : NULL;
}

int figure_find(const char *name, struct figure *ret_figure)
{
	struct figure figure = {0};
	const char *rest;
	int r = find_system(name, &figure);

	if (r == 0) {
		*ret_figure = figure;
		return 0;
	}
	if ((rest = behind(name, "cpu."))) {
		r = find_cpu(rest, &figure);
	} else if ((rest = behind(name, "fragmentation.unusable."))) {
		r = find_fragmentation(rest, FIGURE_KIND_UNUSABLE, &figure);
	} else if ((rest = behind(name, "fragmentation.external."))) {
		r = find_fragmentation(rest, FIGURE_KIND_EXTERNAL, &figure);
	} else if ((rest = behind(name, "process."))) {
		r = find_owned(rest, FIGURE_KIND_PROCESS, process_figure_names,
			PROCESS_FIGURE_COUNT, &figure);
	} else if ((rest = behind(name, "service."))) {
		r = find_owned(rest, FIGURE_KIND_SERVICE, service_figure_names,
			SERVICE_FIGURE_COUNT, &figure);
	} else if ((rest = behind(name, "camera."))) {
		r = find_owned(rest, FIGURE_KIND_CAMERA, camera_figure_names, CAMERA_FIGURE_COUNT,
			&figure);
	} else if ((rest = behind(name, "server."))) {
		r = find_server(rest, &figure);
	}
	if (r == 0) {
		*ret_figure = figure;
	}
	return r;
}

static double find_zone_value(const struct figure *figure, const struct system_sample *system)
{
	for (size_t i = 0; i < system->n_zones; i++) {
		const struct zone_sample *zone = &system->zones[i];
		if (zone->node == figure->node && strcmp(zone->name, figure->owner) == 0) {
			const float *values = figure->kind == FIGURE_KIND_UNUSABLE ? zone->unusable
										   : zone->external;
			return figure->index < zone->n_orders ? (double)values[figure->index] : NAN;
		}
	}
	return NAN;
}

static double find_entry_value(const struct figure *figure, const struct process_sample *processes)
{
	for (size_t i = 0; i < processes->n; i++) {
		const struct process_entry *entry = &processes->entries[i];
		if (figure->kind == FIGURE_KIND_PROCESS &&
			strcmp(entry->name, figure->owner) == 0) {
			return entry->values[figure->index];
		}
		if (figure->kind == FIGURE_KIND_SERVICE && !entry->is_ended &&
			strcmp(entry->service, figure->owner) == 0) {
			return entry->service_values[figure->index];
		}
	}
	return NAN;
}

static double find_server_value(const struct figure *figure, const struct server_sample *server)
{
	if (figure->kind == FIGURE_KIND_SERVER) {
		return server->values[figure->index];
	}
	for (size_t i = 0; i < server->n_cameras; i++) {
		if (strcmp(server->cameras[i].name, figure->owner) == 0) {
			return server->cameras[i].values[figure->index];
		}
	}
	return NAN;
}

double figure_value(const struct figure *figure, const struct system_sample *system,
	const struct process_sample *processes)
{
	if (figure->kind == FIGURE_KIND_PROCESS || figure->kind == FIGURE_KIND_SERVICE) {
		return processes ? find_entry_value(figure, processes) : NAN;
	}
	if (figure->kind == FIGURE_KIND_SERVER || figure->kind == FIGURE_KIND_CAMERA) {
		return processes ? find_server_value(figure, &processes->server) : NAN;
	}
	if (!system) {
		return NAN;
	}
	if (figure->kind == FIGURE_KIND_SYSTEM) {
		return system->values[figure->index];
	}
	if (figure->kind == FIGURE_KIND_CPU) {
		return (double)system->cpus[figure->index];
	}
	return find_zone_value(figure, system);
}

bool process_sample_repeats_service(const struct process_sample *sample, size_t i)
{
	for (size_t j = 0; j < i; j++) {
		if (strcmp(sample->entries[j].service, sample->entries[i].service) == 0) {
			return true;
		}
	}
	return false;
}
