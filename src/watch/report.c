#include "watch/report.h"

#include <math.h>
#include <string.h>

#include "util/error.h"
#include "util/log.h"

void report_absent(const struct system_reader *reader)
{
	for (int i = 0; i < SOURCE_COUNT; i++) {
		if (reader->errors[i] < 0) {
			log_info("%s: absent: %s: %s", system_source_figures[i],
				system_source_paths[i], error_name(reader->errors[i]));
		}
	}
	if (reader->sensors.n_temperatures == 0) {
		log_info("cpu.temperature_celsius: absent: /sys/class/thermal has no zone");
	}
	if (reader->sensors.n_frequencies == 0) {
		log_info("cpu.frequency_hz: absent: /sys/devices/system/cpu/cpufreq has no policy");
	}
}

void report_absent_figures(const double values[SYSTEM_FIGURE_COUNT])
{
	if (isnan(values[FIGURE_ZRAM_STORED])) {
		log_info("zram: absent: no device is set up");
	}
	if (isnan(values[FIGURE_MEMORY_CMA_TOTAL])) {
		log_info("memory.cma_total_bytes, memory.cma_free_bytes: absent: the kernel has no "
			 "CMA");
	}
}

static const struct process_entry *find_before(
	const struct process_sample *before, const char *name)
{
	for (size_t i = 0; i < before->n; i++) {
		if (strcmp(before->entries[i].name, name) == 0) {
			return &before->entries[i];
		}
	}
	return NULL;
}

/* Not at the first time, when it may be just about to end; and once. */
static void report_memory(struct process_report *report, size_t i,
	const struct process_entry *entry, int error_before)
{
	if (entry->is_ended || entry->memory_error == 0 || entry->memory_error != error_before ||
		report->memory_reported[i] == entry->pid) {
		return;
	}
	report->memory_reported[i] = entry->pid;
	log_warning("process %s: memory is absent: /proc/%d/smaps_rollup: %s; run watch as its "
		    "user or with CAP_SYS_PTRACE",
		entry->name, (int)entry->pid, error_name(entry->memory_error));
}

static bool is_found(const struct process_sample *processes, pid_t pid)
{
	for (size_t i = 0; i < processes->n; i++) {
		if (processes->entries[i].pid == pid) {
			return true;
		}
	}
	return false;
}

void report_missing(const struct watch_settings *settings, const struct process_sample *processes)
{
	for (size_t i = 0; i < settings->n_targets; i++) {
		pid_t pid = settings->targets[i].pid;
		if (pid > 0 && !is_found(processes, pid)) {
			log_warning("--pid %d: there is no such process", (int)pid);
		}
	}
}

/* Once for a reason, until it is over. */
static void report_server(struct process_report *report, const struct server_sample *now)
{
	bool was_absent = report->before.server.trouble[0] != '\0';

	if (now->trouble[0] && !was_absent) {
		log_warning("camera, server: absent: %s", now->trouble);
	} else if (!isnan(now->values[SERVER_VIEWERS]) && was_absent) {
		log_info("camera, server: the server answers");
	}
}

void process_report_update(struct process_report *report, const struct process_sample *now)
{
	for (size_t i = 0; i < now->n; i++) {
		const struct process_entry *entry = &now->entries[i];
		const struct process_entry *before = find_before(&report->before, entry->name);
		bool is_new = !entry->is_ended &&
			      (!before || before->is_ended || before->pid != entry->pid);
		if (is_new) {
			log_info("process %s: pid %d%s", entry->name, (int)entry->pid,
				before ? ", restarted" : "");
		}
		if (entry->is_ended && (!before || !before->is_ended)) {
			log_info("process %s: pid %d ended", entry->name, (int)entry->pid);
		}
		if (before && before->pid == entry->pid) {
			report_memory(report, i, entry, before->memory_error);
		}
	}
	report_server(report, &now->server);
	report->before = *now;
}
