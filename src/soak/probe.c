#include "soak/probe.h"

#include <arpa/inet.h>
#include <ifaddrs.h>
#include <math.h>
#include <netdb.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "client/status.h"
#include "kernel/process/process-stat.h"
#include "util/clock.h"
#include "util/json.h"

#define PROGRAM_NAME        "twinlens-serve" /* comm(5) */
#define FRAGMENTATION_ORDER 4                /* 64 KiB: above it the kernel compacts for long */

static bool is_same_address(const struct sockaddr *a, const struct sockaddr *b)
{
	if (!a || !b || a->sa_family != b->sa_family) {
		return false;
	}
	if (a->sa_family == AF_INET) {
		return ((const struct sockaddr_in *)a)->sin_addr.s_addr ==
		       ((const struct sockaddr_in *)b)->sin_addr.s_addr;
	}
	return a->sa_family == AF_INET6 &&
	       memcmp(&((const struct sockaddr_in6 *)a)->sin6_addr,
		       &((const struct sockaddr_in6 *)b)->sin6_addr, sizeof(struct in6_addr)) == 0;
}

/* Whether the host is an address of this machine. */
static bool is_own_host(const char *host)
{
	struct addrinfo *found = NULL;
	struct ifaddrs *own = NULL;
	bool is_own = false;

	if (getaddrinfo(host, NULL, NULL, &found) != 0) {
		return false;
	}
	if (getifaddrs(&own) == 0) {
		for (const struct ifaddrs *i = own; i && !is_own; i = i->ifa_next) {
			is_own = is_same_address(i->ifa_addr, found->ai_addr);
		}
		freeifaddrs(own);
	}
	freeaddrinfo(found);
	return is_own;
}

int probe_open(
	struct probe *probe, const struct sysroot *root, const struct url *url, struct error *err)
{
	*probe = (struct probe){.root = root, .url = *url, .is_local = is_own_host(url->host)};
	int r = sysroot_read(
		root, "/proc/sys/kernel/random/boot_id", probe->boot_id, sizeof(probe->boot_id));
	if (r < 0) {
		return error_set(err, r, "/proc/sys/kernel/random/boot_id: %s", error_name(r));
	}
	if (!probe->is_local) {
		return 0;
	}
	r = system_reader_open(&probe->system, root);
	if (r < 0) {
		return error_set(err, r, "/proc/meminfo: %s", error_name(r));
	}
	return 0;
}

static void forget_process(struct probe *probe)
{
	if (probe->pid > 0) {
		process_reader_close(&probe->processes);
		probe->pid = 0;
	}
}

void probe_close(struct probe *probe)
{
	forget_process(probe);
	if (probe->is_local) {
		system_reader_close(&probe->system);
	}
}

/* A server in a container has another number there: what has the number here is something else. */
static bool is_server(const struct probe *probe, pid_t pid)
{
	char path[64], name[32];

	snprintf(path, sizeof(path), "/proc/%d/comm", (int)pid);
	return sysroot_read(probe->root, path, name, sizeof(name)) == 0 &&
	       strcmp(name, PROGRAM_NAME) == 0;
}

static void watch_process(struct probe *probe, pid_t pid)
{
	const struct process_target target = {.name = "serve", .pid = pid};

	if (pid == probe->pid) {
		return;
	}
	forget_process(probe);
	if (pid > 0 && process_reader_open(&probe->processes, probe->root) == 0) {
		process_reader_add(&probe->processes, &target);
		probe->pid = pid;
	}
}

static void take_rates(struct probe *probe, const json_t *cameras)
{
	const json_t *camera;
	size_t i;

	json_array_foreach(cameras, i, camera) {
		double target = json_number_value(json_object_get(camera, "fps_target"));
		if (target > probe->fps_target) {
			probe->fps_target = target;
		}
	}
}

static void take_status(struct probe *probe, const json_t *status, struct soak_sample *sample)
{
	const json_t *memory = json_object_get(status, "memory");
	const json_t *heap = json_object_get(memory, "heap_bytes");
	pid_t pid = (pid_t)json_integer_value(json_object_get(status, "pid"));

	if (json_integer_value(heap) > 0) { /* 0: an allocator that does not count */
		sample->figures[SOAK_FIGURE_HEAP] = json_number_value(heap);
		sample->figures[SOAK_FIGURE_HEAP_FREE] =
			json_number_value(json_object_get(memory, "heap_free_bytes"));
	}
	take_rates(probe, json_object_get(status, "cameras"));
	sample->server_pid = pid > 0 ? (uint32_t)pid : 1;
	if (probe->is_local && is_server(probe, pid)) {
		struct process_stat stat;
		watch_process(probe, pid);
		if (process_stat_read(probe->root, pid, &stat) == 0) {
			sample->server_start_ticks = stat.start_ticks;
		}
		return;
	}
	watch_process(probe, 0);
	sample->figures[SOAK_FIGURE_PSS] = json_number_value(json_object_get(memory, "pss_bytes"));
}

static void take_process(const struct process_sample *processes, struct soak_sample *sample)
{
	double *figures = sample->figures;

	if (processes->n == 0 || processes->entries[0].is_ended) {
		return;
	}
	const struct process_entry *entry = &processes->entries[0];
	figures[SOAK_FIGURE_ANONYMOUS] = entry->values[PROCESS_ANONYMOUS];
	figures[SOAK_FIGURE_PSS] = entry->values[PROCESS_PSS];
	figures[SOAK_FIGURE_DESCRIPTORS] = entry->values[PROCESS_DESCRIPTORS];
	figures[SOAK_FIGURE_THREADS] = entry->values[PROCESS_THREADS];
	figures[SOAK_FIGURE_PROCESS_CPU] = entry->values[PROCESS_CPU_PERCENT];
	figures[SOAK_FIGURE_SERVICE_SOCKET] = entry->service_values[SERVICE_SOCKET];
	figures[SOAK_FIGURE_SERVICE_KERNEL] = entry->service_values[SERVICE_KERNEL];
}

/* An allocation takes the block from any zone that has one. */
static double least_unusable(const struct system_sample *system)
{
	double least = NAN;

	for (size_t i = 0; i < system->n_zones; i++) {
		const struct zone_sample *zone = &system->zones[i];
		if (zone->n_orders > FRAGMENTATION_ORDER) {
			least = fmin(least, (double)zone->unusable[FRAGMENTATION_ORDER]);
		}
	}
	return least;
}

static void take_system(const struct system_sample *system, struct soak_sample *sample)
{
	const double *values = system->values;
	double *figures = sample->figures;

	figures[SOAK_FIGURE_UNACCOUNTED] = values[FIGURE_MEMORY_UNACCOUNTED];
	figures[SOAK_FIGURE_CMA_USED] =
		values[FIGURE_MEMORY_CMA_TOTAL] - values[FIGURE_MEMORY_CMA_FREE];
	figures[SOAK_FIGURE_AVAILABLE] = values[FIGURE_MEMORY_AVAILABLE];
	figures[SOAK_FIGURE_USED_PERCENT] = values[FIGURE_MEMORY_USED_PERCENT];
	figures[SOAK_FIGURE_PSI_SOME] = values[FIGURE_PSI_MEMORY_SOME];
	figures[SOAK_FIGURE_PSI_FULL] = values[FIGURE_PSI_MEMORY_FULL];
	figures[SOAK_FIGURE_MACHINE_CPU] = values[FIGURE_CPU_USED_PERCENT];
	figures[SOAK_FIGURE_OOM_KILLS] = values[FIGURE_VM_OOM_KILLS];
	figures[SOAK_FIGURE_FRAGMENTATION] = least_unusable(system);
}

void probe_read(struct probe *probe, uint64_t timeout_ns, struct soak_sample *ret_sample)
{
	_cleanup_json_ json_t *status = NULL;

	*ret_sample = (struct soak_sample){
		.boot_ns = clock_read_ns(CLOCK_BOOTTIME), .real_ns = clock_read_ns(CLOCK_REALTIME)};
	memcpy(ret_sample->boot_id, probe->boot_id, sizeof(ret_sample->boot_id));
	for (int i = 0; i < SOAK_FIGURE_COUNT; i++) {
		ret_sample->figures[i] = NAN;
	}
	probe->err = (struct error){0};
	if (status_fetch(&probe->url, timeout_ns, &status, &probe->err) == 0) {
		take_status(probe, status, ret_sample);
	}
	if (!probe->is_local) {
		return;
	}
	uint64_t now_ns = clock_now_ns();
	system_reader_sample(&probe->system, now_ns, &probe->system_sample);
	take_system(&probe->system_sample, ret_sample);
	if (probe->pid > 0) {
		process_reader_sample(&probe->processes, now_ns, &probe->process_sample);
		take_process(&probe->process_sample, ret_sample);
	}
}
