#include "server/core/status.h"

#include "kernel/process/process.h"
#include "metrics/exposition.h"
#include "metrics/heap.h"
#include "server/core/viewer.h"
#include "util/json.h"

#define LABELS_MAX (HUB_NAME_MAX + 64)

typedef uint64_t (*read_counter_fn)(const struct server *server, const struct hub_slot *slot);

static uint64_t read_captured(const struct server *server, const struct hub_slot *slot)
{
	(void)server;
	return counter_get(&hub_slot_counters(slot)->captured);
}

static uint64_t read_encoded(const struct server *server, const struct hub_slot *slot)
{
	(void)server;
	return counter_get(&hub_slot_counters(slot)->encoded);
}

static uint64_t read_sent(const struct server *server, const struct hub_slot *slot)
{
	return counter_get(&server->deliveries[hub_slot_index(slot)].sent);
}

static uint64_t read_skipped(const struct server *server, const struct hub_slot *slot)
{
	return counter_get(&server->deliveries[hub_slot_index(slot)].skipped);
}

static uint64_t read_reconnects(const struct server *server, const struct hub_slot *slot)
{
	(void)server;
	return counter_get(&hub_slot_counters(slot)->reconnects);
}

static uint64_t read_exhausted(const struct server *server, const struct hub_slot *slot)
{
	(void)server;
	return counter_get(&hub_slot_counters(slot)->dropped[FRAME_DROP_EXHAUSTED]);
}

static const struct {
	const char *name, *help;
	read_counter_fn read;
} camera_metrics[] = {
	{"twinlens_frames_captured_total", "Frames that the camera delivered.", read_captured},
	{"twinlens_frames_encoded_total", "Frames encoded to JPEG.", read_encoded},
	{"twinlens_frames_sent_total", "Frames sent, over all viewers.", read_sent},
	{"twinlens_frames_skipped_total", "Frames that a viewer could not take, over all viewers.",
		read_skipped},
	{"twinlens_camera_reconnects_total", "How often a lost camera came back.", read_reconnects},
	{"twinlens_pool_exhausted_total", "Frames dropped because no pool block was free.",
		read_exhausted},
};

/* The next camera at or after *index, NULL at the end. */
static struct hub_slot *next_slot(struct server *server, unsigned *index)
{
	while (*index < HUB_SLOTS_MAX) {
		struct hub_slot *slot = hub_get(server->hub, (*index)++);
		if (slot) {
			return slot;
		}
	}
	return NULL;
}

static const char *camera_label(char *buffer, struct hub_slot *slot)
{
	snprintf(buffer, LABELS_MAX, "camera=\"%s\"", hub_slot_name(slot));
	return buffer;
}

static const char *camera_label_and(
	char *buffer, struct hub_slot *slot, const char *key, const char *value)
{
	snprintf(buffer, LABELS_MAX, "camera=\"%s\",%s=\"%s\"", hub_slot_name(slot), key, value);
	return buffer;
}

static void write_counters(FILE *out, struct server *server)
{
	char labels[LABELS_MAX];

	for (size_t i = 0; i < sizeof(camera_metrics) / sizeof(camera_metrics[0]); i++) {
		struct hub_slot *slot;
		exposition_begin(out, camera_metrics[i].name, "counter", camera_metrics[i].help);
		for (unsigned n = 0; (slot = next_slot(server, &n));) {
			exposition_count(out, camera_metrics[i].name, camera_label(labels, slot),
				camera_metrics[i].read(server, slot));
		}
	}
}

static void write_dropped(FILE *out, struct server *server)
{
	const char *name = "twinlens_frames_dropped_total";
	char labels[LABELS_MAX];
	struct hub_slot *slot;

	exposition_begin(out, name, "counter", "Frames that were not published, by reason.");
	for (unsigned n = 0; (slot = next_slot(server, &n));) {
		for (int drop = 1; drop < FRAME_DROP_COUNT; drop++) {
			camera_label_and(
				labels, slot, "reason", frame_drop_name((enum frame_drop)drop));
			exposition_count(out, name, labels,
				counter_get(&hub_slot_counters(slot)->dropped[drop]));
		}
	}
}

static void write_histograms(FILE *out, struct server *server)
{
	char labels[LABELS_MAX];
	struct hub_slot *slot;

	exposition_begin(out, "twinlens_encode_seconds", "histogram", "Time to encode a frame.");
	for (unsigned n = 0; (slot = next_slot(server, &n));) {
		exposition_histogram(out, "twinlens_encode_seconds", camera_label(labels, slot),
			&hub_slot_counters(slot)->encode);
	}
	exposition_begin(out, "twinlens_capture_to_send_seconds", "histogram",
		"Age of a frame when it was given to a viewer's socket.");
	for (unsigned n = 0; (slot = next_slot(server, &n));) {
		exposition_histogram(out, "twinlens_capture_to_send_seconds",
			camera_label(labels, slot),
			&server->deliveries[hub_slot_index(slot)].capture_to_send);
	}
}

static void write_states(FILE *out, struct server *server)
{
	const char *name = "twinlens_camera_state";
	char labels[LABELS_MAX];
	struct camera_info info;
	struct hub_slot *slot;

	exposition_begin(out, name, "gauge", "1 for the state that the camera is in.");
	for (unsigned n = 0; (slot = next_slot(server, &n));) {
		hub_slot_get_info(slot, &info);
		for (int state = 0; state < CAMERA_STATE_COUNT; state++) {
			camera_label_and(
				labels, slot, "state", camera_state_name((enum camera_state)state));
			exposition_count(out, name, labels, info.state == (enum camera_state)state);
		}
	}
}

static void write_pools(FILE *out, struct server *server)
{
	const char *name = "twinlens_pool_blocks";
	char labels[LABELS_MAX];
	struct camera_info info;
	struct hub_slot *slot;

	exposition_begin(out, name, "gauge", "Blocks of the camera's frame pool.");
	for (unsigned n = 0; (slot = next_slot(server, &n));) {
		hub_slot_get_info(slot, &info);
		camera_label_and(labels, slot, "state", "free");
		exposition_count(out, name, labels, info.pool.blocks - info.pool.in_use);
		camera_label_and(labels, slot, "state", "in_use");
		exposition_count(out, name, labels, info.pool.in_use);
	}
}

static void write_viewers(FILE *out, struct server *server)
{
	unsigned n_websocket = 0, n_multipart = 0;

	for (const struct viewer *viewer = server->viewers; viewer; viewer = viewer->next) {
		n_multipart += viewer->transport == VIEWER_TRANSPORT_MULTIPART;
		n_websocket += viewer->transport == VIEWER_TRANSPORT_WEBSOCKET ||
			       viewer->transport == VIEWER_TRANSPORT_WEBSOCKET_V1;
	}
	exposition_begin(out, "twinlens_viewers", "gauge", "Open viewers.");
	exposition_count(out, "twinlens_viewers", "transport=\"websocket\"", n_websocket);
	exposition_count(out, "twinlens_viewers", "transport=\"multipart\"", n_multipart);
	exposition_begin(out, "twinlens_viewers_refused_total", "counter",
		"Viewers turned away because max_viewers were there.");
	exposition_count(
		out, "twinlens_viewers_refused_total", NULL, counter_get(&server->refused));
	exposition_begin(out, "twinlens_viewers_evicted_total", "counter",
		"Viewers cut off because they took nothing for stall_timeout.");
	exposition_count(
		out, "twinlens_viewers_evicted_total", NULL, counter_get(&server->evicted));
	exposition_begin(out, "twinlens_sent_bytes_total", "counter",
		"Bytes of frames and their headers given to viewers' sockets.");
	exposition_count(out, "twinlens_sent_bytes_total", NULL, counter_get(&server->sent_bytes));
}

static void write_gauge(FILE *out, const char *name, const char *help, double value)
{
	exposition_begin(out, name, "gauge", help);
	exposition_sample(out, name, NULL, value);
}

/* The file holds printable text only. */
static void write_label(FILE *out, const char *text)
{
	fputc('"', out);
	for (; *text; text++) {
		fprintf(out, *text == '"' || *text == '\\' ? "\\%c" : "%c", *text);
	}
	fputc('"', out);
}

static void write_alerts(FILE *out, struct server *server)
{
	const char *name = "twinlens_alert_active";
	const json_t *alert;
	size_t i;

	alerts_update(&server->alerts, server->config.server.watch_state);
	exposition_begin(out, "twinlens_watch_running", "gauge",
		"1 while twinlens watch keeps its state file up to date.");
	exposition_count(out, "twinlens_watch_running", NULL, server->alerts.is_watching);
	exposition_begin(out, name, "gauge", "1 for each alert that twinlens watch has raised.");
	json_array_foreach(server->alerts.active, i, alert) {
		fprintf(out, "%s{name=", name);
		write_label(out, json_text(alert, "name"));
		fprintf(out, ",figure=");
		write_label(out, json_text(alert, "figure"));
		fprintf(out, "} 1\n");
	}
}

static void write_process(FILE *out)
{
	struct process_stats process;

	process_stats_read(&sysroot_real, &process);
	exposition_begin(out, "process_cpu_seconds_total", "counter", "User and system CPU time.");
	exposition_sample(out, "process_cpu_seconds_total", NULL, process.cpu_seconds);
	write_gauge(out, "process_resident_memory_bytes", "Resident memory.",
		(double)process.rss_bytes);
	write_gauge(out, "process_virtual_memory_bytes", "Address space.",
		(double)process.virtual_bytes);
	write_gauge(out, "process_start_time_seconds", "Start of the process since the epoch.",
		(double)process.start_time_s);
	write_gauge(out, "process_open_fds", "Open file descriptors.", process.open_fds);
	write_gauge(
		out, "process_max_fds", "Limit of open file descriptors.", (double)process.max_fds);
	write_gauge(out, "process_threads", "Threads.", process.threads);
	write_gauge(out, "twinlens_pss_bytes",
		"Resident memory, shared pages divided by their users.", (double)process.pss_bytes);
	write_gauge(out, "twinlens_private_bytes",
		"Private dirty memory: nobody shares it, and it cannot be dropped.",
		(double)process.private_bytes);
	write_gauge(out, "twinlens_heap_bytes", "Allocated on the heap and not freed.",
		(double)heap_in_use_bytes());
}

char *status_metrics(struct server *server, size_t *ret_size)
{
	char *text = NULL;
	FILE *out = open_memstream(&text, ret_size);

	if (!out) {
		return NULL;
	}
	write_counters(out, server);
	write_dropped(out, server);
	write_histograms(out, server);
	write_states(out, server);
	write_pools(out, server);
	write_viewers(out, server);
	write_alerts(out, server);
	write_process(out);
	if (fclose(out) != 0) {
		free(text);
		return NULL;
	}
	return text;
}
