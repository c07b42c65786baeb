/*
 * The names begin with twinlens_watch_: node_exporter refuses a textfile that repeats a metric of
 * its own collectors, such as node_memory_MemFree_bytes.
 */
#include <math.h>

#include "watch/record/render.h"

/* "twinlens_watch_memory_free_bytes" */
static void add_name(struct text *text, const char *group, const char *figure)
{
	text_add(text, "twinlens_watch_%s", group);
	size_t begin = text->used;
	text_add(text, "%s", figure);
	for (size_t i = begin; i < text->used; i++) {
		if (text->data[i] == '.') {
			text->data[i] = '_';
		}
	}
}

static void add_type(struct text *text, const char *group, const char *figure)
{
	text_add(text, "# HELP ");
	add_name(text, group, figure);
	text_add(text, " The figure %s of twinlens watch.\n# TYPE ", figure);
	add_name(text, group, figure);
	text_add(text, " gauge\n");
}

static void add_system(struct text *text, const struct system_sample *system)
{
	for (int i = 0; i < SYSTEM_FIGURE_COUNT; i++) {
		if (isnan(system->values[i])) {
			continue;
		}
		add_type(text, "", system_figure_names[i]);
		add_name(text, "", system_figure_names[i]);
		text_add(text, " %.15g\n", system->values[i]);
	}
}

static void add_zones(struct text *text, const struct system_sample *system, bool is_external)
{
	const char *name = is_external ? "external_ratio" : "unusable_ratio";

	if (system->n_zones > 0) {
		add_type(text, "fragmentation_", name);
	}
	for (size_t i = 0; i < system->n_zones; i++) {
		const struct zone_sample *zone = &system->zones[i];
		const float *values = is_external ? zone->external : zone->unusable;
		for (unsigned order = 0; order < zone->n_orders; order++) {
			add_name(text, "fragmentation_", name);
			text_add(text, "{node=\"%u\",zone=", zone->node);
			text_add_quoted(text, zone->name);
			text_add(text, ",order=\"%u\"} %.3f\n", order, (double)values[order]);
		}
	}
}

static void add_owned(struct text *text, const struct process_sample *processes, bool is_service,
	int figure, const char *name)
{
	const char *group = is_service ? "service_" : "process_";
	bool has_type = false;

	for (size_t i = 0; i < processes->n; i++) {
		const struct process_entry *entry = &processes->entries[i];
		double value = is_service ? entry->service_values[figure] : entry->values[figure];
		if (isnan(value) || (is_service && process_sample_repeats_service(processes, i))) {
			continue;
		}
		if (!has_type) {
			add_type(text, group, name);
			has_type = true;
		}
		add_name(text, group, name);
		text_add(text, "{name=");
		text_add_quoted(text, is_service ? entry->service : entry->name);
		text_add(text, "} %.15g\n", value);
	}
}

static void add_server(struct text *text, const struct server_sample *server)
{
	for (int i = 0; i < SERVER_FIGURE_COUNT; i++) {
		if (!isnan(server->values[i])) {
			add_type(text, "server_", server_figure_names[i]);
			add_name(text, "server_", server_figure_names[i]);
			text_add(text, " %.15g\n", server->values[i]);
		}
	}
	if (server->n_cameras > 0) {
		add_type(text, "camera_", camera_figure_names[CAMERA_FPS]);
	}
	for (size_t i = 0; i < server->n_cameras; i++) {
		const struct camera_entry *camera = &server->cameras[i];
		add_name(text, "camera_", camera_figure_names[CAMERA_FPS]);
		text_add(text, "{name=\"%s\"} %.15g\n", camera->name, camera->values[CAMERA_FPS]);
	}
	if (server->n_cameras > 0) {
		add_type(text, "camera_", camera_figure_names[CAMERA_STATE]);
	}
	for (size_t i = 0; i < server->n_cameras; i++) {
		const struct camera_entry *camera = &server->cameras[i];
		add_name(text, "camera_", camera_figure_names[CAMERA_STATE]);
		text_add(text, "{name=\"%s\",state=\"%s\"} 1\n", camera->name,
			figure_state_name(camera->values[CAMERA_STATE]));
	}
}

void render_prometheus(struct text *text, const struct system_sample *system,
	const struct process_sample *processes)
{
	add_type(text, "", "last_sample_timestamp_seconds");
	text_add(text, "twinlens_watch_last_sample_timestamp_seconds %.3f\n",
		(double)system->time.taken_unix_ms / 1000.0);
	add_system(text, system);
	add_zones(text, system, false);
	add_zones(text, system, true);
	for (int i = 0; processes && i < PROCESS_FIGURE_COUNT; i++) {
		add_owned(text, processes, false, i, process_figure_names[i]);
	}
	for (int i = 0; processes && i < SERVICE_FIGURE_COUNT; i++) {
		add_owned(text, processes, true, i, service_figure_names[i]);
	}
	if (processes) {
		add_server(text, &processes->server);
	}
}
