#include <math.h>
#include <string.h>

#include "util/clock.h"
#include "watch/record/render.h"

static void add_value(struct text *text, const char *name, double value)
{
	if (!isfinite(value)) {
		text_add(text, "null");
	} else if (figure_is_state(name)) {
		text_add(text, "\"%s\"", figure_state_name(value));
	} else {
		text_add(text, figure_is_whole(name) ? "%.0f" : "%.3f", value);
	}
}

static double late_ms(const struct sample_time *time)
{
	return (double)(time->taken_ns - time->planned_ns) / (double)NSEC_PER_MSEC;
}

static void add_time(struct text *text, const struct sample_time *time)
{
	char buffer[TEXT_TIME_SIZE];
	uint64_t late_ns = time->taken_ns - time->planned_ns;

	text_format_time(time->taken_unix_ms, buffer);
	text_add(text,
		"{\"time\":\"%s\",\"sample\":{\"sequence\":%llu,\"planned_unix_ms\":%llu,"
		"\"taken_unix_ms\":%llu,\"late_ms\":%.3f}",
		buffer, (unsigned long long)time->sequence,
		(unsigned long long)(time->taken_unix_ms - late_ns / NSEC_PER_MSEC),
		(unsigned long long)time->taken_unix_ms, late_ms(time));
}

/* The length up to the last dot: the group that a figure is in. */
static size_t group_length(const char *name)
{
	return (size_t)(strrchr(name, '.') - name);
}

/* Of "psi.memory", opens "psi" unless before is in it, and then "memory". */
static void open_group(struct text *text, const char *name, size_t length, const char *before)
{
	const char *dot = memchr(name, '.', length);
	size_t outer = dot ? (size_t)(dot - name) : length;

	if (!dot) {
		text_add(text, ",\"%.*s\":{", (int)outer, name);
		return;
	}
	bool is_in_outer = before && strncmp(before, name, outer + 1) == 0;
	if (is_in_outer) {
		text_add(text, ",");
	} else {
		text_add(text, ",\"%.*s\":{", (int)outer, name);
	}
	text_add(text, "\"%.*s\":{", (int)(length - outer - 1), dot + 1);
}

/* Closes the group of name, and its outer one unless next is in that. */
static void close_group(struct text *text, const char *name, size_t length, const char *next)
{
	const char *dot = memchr(name, '.', length);

	text_add(text, "}");
	if (dot && !(next && strncmp(next, name, (size_t)(dot - name) + 1) == 0)) {
		text_add(text, "}");
	}
}

static void add_cpus(struct text *text, const float cpus[CPU_MAX])
{
	for (int i = 0; i < CPU_MAX; i++) {
		if (!isnan(cpus[i])) {
			text_add(text, ",\"%d\":{\"used_percent\":%.3f}", i, (double)cpus[i]);
		}
	}
}

/* The figures of a group stand together in the table. */
static void add_system(struct text *text, const struct system_sample *system)
{
	const char *before = NULL;

	for (int i = 0; i < SYSTEM_FIGURE_COUNT; i++) {
		const char *name = system_figure_names[i];
		const char *next = i + 1 < SYSTEM_FIGURE_COUNT ? system_figure_names[i + 1] : NULL;
		size_t length = group_length(name);
		if (!before || strncmp(before, name, length + 1) != 0) {
			open_group(text, name, length, before);
		} else {
			text_add(text, ",");
		}
		text_add(text, "\"%s\":", name + length + 1);
		add_value(text, name, system->values[i]);
		if (!next || strncmp(next, name, length + 1) != 0) {
			if (strncmp(name, "cpu.", 4) == 0) {
				add_cpus(text, system->cpus);
			}
			close_group(text, name, length, next);
		}
		before = name;
	}
}

static void add_zone_values(struct text *text, const float *values, unsigned n)
{
	for (unsigned i = 0; i < n; i++) {
		text_add(text, "%s\"%u\":%.3f", i ? "," : "", i, (double)values[i]);
	}
}

static void add_zones(struct text *text, const struct system_sample *system, bool is_external)
{
	for (size_t i = 0; i < system->n_zones; i++) {
		const struct zone_sample *zone = &system->zones[i];
		bool is_new_node = i == 0 || system->zones[i - 1].node != zone->node;
		if (is_new_node) {
			text_add(text, "%s\"%u\":{", i ? "}," : "", zone->node);
		} else {
			text_add(text, ",");
		}
		text_add_quoted(text, zone->name);
		text_add(text, ":{");
		add_zone_values(
			text, is_external ? zone->external : zone->unusable, zone->n_orders);
		text_add(text, "}");
	}
	text_add(text, "%s", system->n_zones ? "}" : "");
}

static void add_fragmentation(struct text *text, const struct system_sample *system)
{
	if (system->n_zones == 0) {
		text_add(text, ",\"fragmentation\":{\"unusable\":null,\"external\":null}");
		return;
	}
	text_add(text, ",\"fragmentation\":{\"unusable\":{");
	add_zones(text, system, false);
	text_add(text, "},\"external\":{");
	add_zones(text, system, true);
	text_add(text, "}}");
}

static void add_values(
	struct text *text, const char *const *names, const double *values, int n, const char *first)
{
	for (int i = 0; i < n; i++) {
		text_add(text, "%s\"%s\":", i ? "," : first, names[i]);
		add_value(text, names[i], values[i]);
	}
}

static void add_processes(struct text *text, const struct process_sample *processes)
{
	text_add(text, ",\"process\":{");
	for (size_t i = 0; i < processes->n; i++) {
		const struct process_entry *entry = &processes->entries[i];
		text_add(text, "%s", i ? "," : "");
		text_add_quoted(text, entry->name);
		text_add(text, ":{\"pid\":%d,\"state\":\"%s\"", (int)entry->pid,
			entry->is_ended ? "ended" : "running");
		add_values(text, process_figure_names, entry->values, PROCESS_FIGURE_COUNT, ",");
		text_add(text, "}");
	}
	text_add(text, "}");
}

static void add_services(struct text *text, const struct process_sample *processes)
{
	bool is_first = true;

	text_add(text, ",\"service\":{");
	for (size_t i = 0; i < processes->n; i++) {
		const struct process_entry *entry = &processes->entries[i];
		if (!entry->service[0] || process_sample_repeats_service(processes, i)) {
			continue;
		}
		text_add(text, "%s", is_first ? "" : ",");
		text_add_quoted(text, entry->service);
		text_add(text, ":{");
		add_values(text, service_figure_names, entry->service_values, SERVICE_FIGURE_COUNT,
			"");
		text_add(text, "}");
		is_first = false;
	}
	text_add(text, "}");
}

static void add_server(struct text *text, const struct server_sample *server)
{
	text_add(text, ",\"camera\":{");
	for (size_t i = 0; i < server->n_cameras; i++) {
		text_add(text, "%s\"%s\":{", i ? "," : "", server->cameras[i].name);
		add_values(text, camera_figure_names, server->cameras[i].values,
			CAMERA_FIGURE_COUNT, "");
		text_add(text, "}");
	}
	text_add(text, "},\"server\":{");
	add_values(text, server_figure_names, server->values, SERVER_FIGURE_COUNT, "");
	text_add(text, "}");
}

void render_json(struct text *text, const struct system_sample *system,
	const struct process_sample *processes)
{
	add_time(text, &system->time);
	add_system(text, system);
	add_fragmentation(text, system);
	if (processes) {
		text_add(text, ",\"processes\":{\"sequence\":%llu,\"late_ms\":%.3f}",
			(unsigned long long)processes->time.sequence, late_ms(&processes->time));
		add_processes(text, processes);
		add_services(text, processes);
		add_server(text, &processes->server);
	}
	text_add(text, "}");
}
