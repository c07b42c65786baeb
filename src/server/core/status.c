#include "server/core/status.h"

#include <unistd.h>

#include "kernel/meminfo.h"
#include "kernel/process/process.h"
#include "metrics/heap.h"
#include "server/core/viewer.h"
#include "util/clock.h"

/* Three decimals are enough for people, and keep the JSON short. */
static json_t *json_rounded(double value)
{
	return json_real((double)(long long)(value * 1000 + (value < 0 ? -0.5 : 0.5)) / 1000);
}

static uint64_t sum_dropped(const struct camera_counters *counters)
{
	uint64_t sum = 0;

	for (int i = 1; i < FRAME_DROP_COUNT; i++) {
		sum += counter_get(&counters->dropped[i]);
	}
	return sum;
}

static unsigned count_viewers(struct server *server, unsigned index)
{
	unsigned n = 0;

	for (struct viewer *viewer = server->viewers; viewer; viewer = viewer->next) {
		n += viewer->subscriptions[index].is_active &&
		     viewer->transport != VIEWER_TRANSPORT_SNAPSHOT;
	}
	return n;
}

/* Their quotient is the mean age of frames when they are sent; who asks twice has that of between.
 */
static json_t *delivery_json(const struct delivery_counters *counters)
{
	double seconds = (double)counter_get(&counters->capture_to_send.sum_ns) / NSEC_PER_SEC;

	return json_pack("{s:I, s:f}", "frames", (json_int_t)counter_get(&counters->sent),
		"seconds", seconds);
}

static json_t *camera_json(struct server *server, struct hub_slot *slot)
{
	const struct camera_counters *counters = hub_slot_counters(slot);
	unsigned index = hub_slot_index(slot);
	struct camera_info info;

	hub_slot_get_info(slot, &info);
	json_t *camera = json_pack(
		"{s:s, s:i, s:s, s:s, s:s?, s:i, s:i, s:o, s:o, s:I, s:I, s:i, s:I, s:s?, s:o}",
		"name", hub_slot_name(slot), "index", (int)index, "state",
		camera_state_name(info.state), "source", info.source, "format",
		info.is_negotiated ? pixel_format_name(info.format) : NULL, "width",
		(int)info.width, "height", (int)info.height, "fps_target",
		json_rounded(info.fps_target), "fps", json_rounded(info.fps), "frames",
		(json_int_t)counter_get(&counters->captured), "dropped",
		(json_int_t)sum_dropped(counters), "viewers", (int)count_viewers(server, index),
		"reconnects", (json_int_t)counter_get(&counters->reconnects), "error",
		info.error[0] ? info.error : NULL, "delivery",
		delivery_json(&server->deliveries[index]));
	return camera;
}

json_t *status_cameras_json(struct server *server)
{
	json_t *cameras = json_array();

	for (unsigned i = 0; i < HUB_SLOTS_MAX; i++) {
		struct hub_slot *slot = hub_get(server->hub, i);
		if (slot) {
			json_array_append_new(cameras, camera_json(server, slot));
		}
	}
	return cameras;
}

static json_t *viewer_json(struct server *server, const struct viewer *viewer)
{
	json_t *cameras = json_array();

	for (unsigned i = 0; i < HUB_SLOTS_MAX; i++) {
		if (viewer->subscriptions[i].is_active) {
			json_array_append_new(
				cameras, json_string(hub_slot_name(hub_get(server->hub, i))));
		}
	}
	return json_pack("{s:I, s:s, s:s, s:o, s:I, s:I}", "id", (json_int_t)viewer->id, "peer",
		viewer->peer, "transport", viewer_transport_name(viewer->transport), "cameras",
		cameras, "sent", (json_int_t)viewer->sent, "skipped",
		(json_int_t)viewer_skipped(viewer));
}

static json_t *viewers_json(struct server *server)
{
	json_t *viewers = json_array();

	for (const struct viewer *viewer = server->viewers; viewer; viewer = viewer->next) {
		if (viewer->transport != VIEWER_TRANSPORT_SNAPSHOT) {
			json_array_append_new(viewers, viewer_json(server, viewer));
		}
	}
	return viewers;
}

/* Over at least a second, or since the start: a shorter time says nothing. */
static double read_cpu_percent(struct server *server)
{
	uint64_t now = clock_now_ns(), used = clock_process_cpu_ns();
	uint64_t elapsed = now - server->cpu_mark_ns;

	if (elapsed >= NSEC_PER_SEC) {
		server->cpu_percent =
			100.0 * (double)(used - server->cpu_mark_used_ns) / (double)elapsed;
		server->cpu_mark_ns = now;
		server->cpu_mark_used_ns = used;
	}
	return server->cpu_percent;
}

/* All pools together. */
static void sum_pools(struct server *server, struct frame_pool_stats *ret_sum)
{
	struct frame_pool_stats sum = {.block_bytes = server->config.frames.max_frame};

	for (unsigned i = 0; i < HUB_SLOTS_MAX; i++) {
		struct hub_slot *slot = hub_get(server->hub, i);
		struct camera_info info;
		if (!slot) {
			continue;
		}
		hub_slot_get_info(slot, &info);
		sum.blocks += info.pool.blocks;
		sum.in_use += info.pool.in_use;
		sum.peak += info.pool.peak;
		sum.exhausted +=
			counter_get(&hub_slot_counters(slot)->dropped[FRAME_DROP_EXHAUSTED]);
	}
	*ret_sum = sum;
}

static json_t *memory_json(struct server *server)
{
	struct process_stats process;
	struct meminfo memory;
	struct frame_pool_stats pool;

	process_stats_read(&sysroot_real, &process);
	if (meminfo_read(&sysroot_real, &memory) < 0) {
		memory = (struct meminfo){0};
	}
	uint64_t total = memory.bytes[MEMINFO_TOTAL];
	uint64_t available = memory.bytes[MEMINFO_AVAILABLE];
	double used = total > 0 ? 100.0 * ((double)total - (double)available) / (double)total : 0;
	sum_pools(server, &pool);
	return json_pack(
		"{s:I, s:I, s:I, s:I, s:I, s:I, s:{s:I, s:i, s:i, s:i, s:I}, s:{s:I, s:I, s:o}}",
		"rss_bytes", (json_int_t)process.rss_bytes, "pss_bytes",
		(json_int_t)process.pss_bytes, "private_bytes", (json_int_t)process.private_bytes,
		"heap_bytes", (json_int_t)heap_in_use_bytes(), "heap_free_bytes",
		(json_int_t)heap_free_bytes(), "budget_bytes",
		(json_int_t)server->config.memory_budget, "pool", "block_bytes",
		(json_int_t)pool.block_bytes, "blocks", (int)pool.blocks, "in_use",
		(int)pool.in_use, "peak", (int)pool.peak, "exhausted", (json_int_t)pool.exhausted,
		"system", "total_bytes", (json_int_t)total, "available_bytes",
		(json_int_t)available, "used_percent", json_rounded(used));
}

static json_t *alerts_json(struct server *server)
{
	alerts_update(&server->alerts, server->config.server.watch_state);
	return server->alerts.active ? json_incref(server->alerts.active) : json_array();
}

json_t *status_json(struct server *server)
{
	json_t *alerts = alerts_json(server);
	double uptime_s = (double)(clock_now_ns() - server->started_ns) / NSEC_PER_SEC;

	return json_pack("{s:s, s:i, s:o, s:i, s:o, s:o, s:o, s:o, s:b, s:o}", "version",
		TWINLENS_VERSION, "pid", (int)getpid(), "uptime_s", json_rounded(uptime_s),
		"max_viewers", (int)server->config.server.max_viewers, "cameras",
		status_cameras_json(server), "viewers", viewers_json(server), "memory",
		memory_json(server), "cpu_percent", json_rounded(read_cpu_percent(server)),
		"watch_running", (int)server->alerts.is_watching, "alerts", alerts);
}

bool status_is_healthy(struct server *server, char *text, size_t size)
{
	size_t used = 0;

	for (unsigned i = 0; i < HUB_SLOTS_MAX; i++) {
		struct hub_slot *slot = hub_get(server->hub, i);
		struct camera_info info;
		if (!slot || !hub_slot_is_watched(slot)) {
			continue;
		}
		hub_slot_get_info(slot, &info);
		if (info.state == CAMERA_STATE_STREAMING || used >= size) {
			continue;
		}
		used += (size_t)snprintf(text + used, size - used, "%s: %s%s%s\n",
			hub_slot_name(slot), camera_state_name(info.state),
			info.error[0] ? ": " : "", info.error);
	}
	if (used == 0) {
		snprintf(text, size, "ok\n");
	}
	return used == 0;
}
