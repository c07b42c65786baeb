#include <math.h>

#include "watch/record/render.h"

static void add_bytes(struct text *text, const char *label, double bytes)
{
	char buffer[TEXT_BYTES_SIZE];

	text_format_bytes(bytes, buffer);
	text_add(text, "%s%s", label, buffer);
}

static void add_whole(struct text *text, const char *label, double value)
{
	text_add(text, isnan(value) ? "%s-" : "%s%.0f", label, value);
}

static void add_tenths(struct text *text, const char *label, double value)
{
	text_add(text, isnan(value) ? "%s-" : "%s%.1f", label, value);
}

static void add_memory(struct text *text, const double *values)
{
	add_tenths(text, " used ", values[FIGURE_MEMORY_USED_PERCENT]);
	add_bytes(text, "% of ", values[FIGURE_MEMORY_TOTAL]);
	add_bytes(text, ", available ", values[FIGURE_MEMORY_AVAILABLE]);
	add_bytes(text, ", anonymous ", values[FIGURE_MEMORY_ANONYMOUS]);
	add_bytes(text, ", unaccounted ", values[FIGURE_MEMORY_UNACCOUNTED]);
	add_bytes(text, "; swap ", values[FIGURE_SWAP_USED]);
	add_bytes(text, "/", values[FIGURE_SWAP_TOTAL]);
	add_bytes(text, ", zram ", values[FIGURE_ZRAM_STORED]);
	add_bytes(text, " in ", values[FIGURE_ZRAM_MEMORY] + values[FIGURE_ZRAM_TABLE]);
}

static void add_load(struct text *text, const double *values)
{
	add_tenths(text, "; stalled by memory ", values[FIGURE_PSI_MEMORY_SOME]);
	add_tenths(text, "/", values[FIGURE_PSI_MEMORY_FULL]);
	add_tenths(text, "% io ", values[FIGURE_PSI_IO_SOME]);
	add_tenths(text, "% cpu ", values[FIGURE_PSI_CPU_SOME]);
	add_tenths(text, "%; cpu ", values[FIGURE_CPU_USED_PERCENT]);
	add_tenths(text, "% ", values[FIGURE_CPU_TEMPERATURE]);
	add_whole(text, " C, major faults ", values[FIGURE_VM_MAJOR_FAULTS]);
	add_whole(text, ", oom kills ", values[FIGURE_VM_OOM_KILLS]);
}

static void add_process(struct text *text, const struct process_entry *entry)
{
	const double *values = entry->values;

	text_add(text, " | %s", entry->name);
	if (entry->is_ended) {
		text_add(text, " ended (%d)", (int)entry->pid);
		return;
	}
	text_add(text, " (%d)", (int)entry->pid);
	add_bytes(text, " anonymous ", values[PROCESS_ANONYMOUS]);
	add_bytes(text, ", pss ", values[PROCESS_PSS]);
	add_tenths(text, ", cpu ", values[PROCESS_CPU_PERCENT]);
	add_whole(text, "%, threads ", values[PROCESS_THREADS]);
	add_whole(text, ", descriptors ", values[PROCESS_DESCRIPTORS]);
	add_whole(text, ", restarts ", values[PROCESS_RESTARTS]);
}

static void add_server(struct text *text, const struct server_sample *server)
{
	if (isnan(server->values[SERVER_VIEWERS])) {
		return;
	}
	add_whole(text, " | server viewers ", server->values[SERVER_VIEWERS]);
	add_bytes(text, ", heap ", server->values[SERVER_HEAP]);
	for (size_t i = 0; i < server->n_cameras; i++) {
		const struct camera_entry *camera = &server->cameras[i];
		text_add(text, ", %s %s", camera->name,
			figure_state_name(camera->values[CAMERA_STATE]));
		add_tenths(text, " ", camera->values[CAMERA_FPS]);
		text_add(text, " fps");
	}
}

void render_line(struct text *text, const struct system_sample *system,
	const struct process_sample *processes)
{
	char time[TEXT_TIME_SIZE];

	text_format_time(system->time.taken_unix_ms, time);
	text_add(text, "%s", time);
	add_memory(text, system->values);
	add_load(text, system->values);
	for (size_t i = 0; processes && i < processes->n; i++) {
		add_process(text, &processes->entries[i]);
	}
	if (processes) {
		add_server(text, &processes->server);
	}
}
