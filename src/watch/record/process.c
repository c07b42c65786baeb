#include "watch/record/process.h"

#include <errno.h>
#include <math.h>
#include <string.h>
#include <unistd.h>

#include "kernel/pressure.h"
#include "kernel/proc-text.h"
#include "kernel/process/process-stat.h"
#include "kernel/process/process.h"
#include "util/clock.h"
#include "watch/record/process-impl.h"

#define READINGS_MAX 4 /* of sums that are torn: the process may have become smaller, too */

int process_reader_open(struct process_reader *reader, const struct sysroot *root)
{
	reader->root = root;
	reader->n_targets = 0;
	reader->n = 0;
	reader->next_scan_ns = 0;
	reader->ticks_per_s = sysconf(_SC_CLK_TCK);
	reader->page_bytes = sysconf(_SC_PAGESIZE);
	return proc_file_open(&reader->folder, root, "/proc");
}

void process_reader_close(struct process_reader *reader)
{
	for (size_t i = 0; i < reader->n; i++) {
		watched_process_close(&reader->processes[i]);
	}
	reader->n = 0;
	proc_file_close(&reader->folder);
}

int process_reader_add(struct process_reader *reader, const struct process_target *target)
{
	if (reader->n_targets == WATCH_PROCESSES_MAX) {
		return -ENOSPC;
	}
	reader->targets[reader->n_targets++] = *target;
	return 0;
}

pid_t process_reader_find(const struct process_reader *reader, size_t target)
{
	for (size_t i = 0; i < reader->n; i++) {
		const struct watched_process *process = &reader->processes[i];
		if (process->target == target && !process->is_ended) {
			return process->pid;
		}
	}
	return 0;
}

static double number(uint64_t value)
{
	return value == PROC_ABSENT ? NAN : (double)value;
}

/* Returns false when it ended. */
static bool sample_stat(struct process_reader *reader, struct watched_process *process,
	uint64_t taken_ns, double values[PROCESS_FIGURE_COUNT])
{
	struct process_stat stat;

	if (proc_file_read(&process->stat, reader->text, sizeof(reader->text)) < 0 ||
		process_stat_parse(reader->text, &stat) < 0 || stat.state == 'Z' ||
		stat.state == 'X' || stat.start_ticks != process->start_ticks) {
		return false;
	}
	uint64_t ticks = stat.user_ticks + stat.system_ticks;
	uint64_t elapsed_ns = taken_ns - process->taken_ns;
	if (process->has_before && elapsed_ns > 0 && ticks >= process->cpu_ticks) {
		double seconds = (double)(ticks - process->cpu_ticks) / (double)reader->ticks_per_s;
		values[PROCESS_CPU_PERCENT] =
			100.0 * seconds * (double)NSEC_PER_SEC / (double)elapsed_ns;
	}
	values[PROCESS_THREADS] = (double)stat.threads;
	process->cpu_ticks = ticks;
	process->resident_bytes = stat.resident_pages * (uint64_t)reader->page_bytes;
	return true;
}

/* 0 or a negative errno. */
static int read_memory(struct process_reader *reader, const struct watched_process *process,
	struct process_memory *ret_memory)
{
	int r = 0;

	for (int i = 0; i < READINGS_MAX; i++) {
		r = proc_file_read(&process->memory, reader->text, sizeof(reader->text));
		if (r == 0) {
			r = process_memory_parse(reader->text, ret_memory);
		}
		if (r < 0 || !process_memory_is_torn(ret_memory, process->resident_bytes)) {
			break;
		}
	}
	return r;
}

static void sample_memory(struct process_reader *reader, struct watched_process *process,
	double values[PROCESS_FIGURE_COUNT])
{
	struct process_memory memory;
	int r = read_memory(reader, process, &memory);

	if (r < 0) {
		/* The file is of the memory before an execve(2), or was not allowed yet. */
		watched_process_open_memory(process, reader->root);
		r = process->memory_error < 0 ? process->memory_error
					      : read_memory(reader, process, &memory);
	}
	process->memory_error = r;
	if (r < 0) {
		return;
	}
	values[PROCESS_PSS] = number(memory.pss);
	values[PROCESS_USS] = number(memory.uss);
	values[PROCESS_ANONYMOUS] = number(memory.anonymous);
	values[PROCESS_RSS] = number(memory.rss);
	values[PROCESS_SWAP] = number(memory.swap);
}

static void sample_service(struct process_reader *reader, struct watched_process *process,
	uint64_t taken_ns, struct process_entry *entry)
{
	struct cgroup_memory memory;
	uint64_t stalled_us;

	if (!process->service[0] || cgroup_files_read(&process->cgroup, reader->text,
					    sizeof(reader->text), &memory, &stalled_us) < 0) {
		return;
	}
	memcpy(entry->service, process->service, sizeof(entry->service));
	entry->service_values[SERVICE_CURRENT] = number(memory.current);
	entry->service_values[SERVICE_ANONYMOUS] = number(memory.anonymous);
	entry->service_values[SERVICE_KERNEL] = number(memory.kernel);
	entry->service_values[SERVICE_SOCKET] = number(memory.socket);
	entry->service_values[SERVICE_OOM_KILLS] = number(memory.oom_kills);
	entry->service_values[SERVICE_PSI_SOME] = pressure_share_percent(
		process->stalled_us, stalled_us, taken_ns - process->taken_ns);
	process->stalled_us = stalled_us;
}

static void sample_one(struct process_reader *reader, struct watched_process *process,
	uint64_t taken_ns, struct process_entry *entry)
{
	for (int i = 0; i < PROCESS_FIGURE_COUNT; i++) {
		entry->values[i] = NAN;
	}
	for (int i = 0; i < SERVICE_FIGURE_COUNT; i++) {
		entry->service_values[i] = NAN;
	}
	memcpy(entry->name, process->name, sizeof(entry->name));
	entry->service[0] = '\0';
	entry->pid = process->pid;
	if (!process->is_ended && !sample_stat(reader, process, taken_ns, entry->values)) {
		process->is_ended = true;
		watched_process_close(process);
		reader->next_scan_ns = 0; /* for its successor */
	}
	entry->is_ended = process->is_ended;
	entry->memory_error = 0;
	entry->values[PROCESS_RESTARTS] = (double)process->restarts;
	if (process->is_ended) {
		return;
	}
	uint64_t n;
	if (process_descriptors_count(&process->descriptors, &n) == 0) {
		entry->values[PROCESS_DESCRIPTORS] = (double)n;
	}
	sample_memory(reader, process, entry->values);
	entry->memory_error = process->memory_error;
	sample_service(reader, process, taken_ns, entry);
	process->has_before = true;
	process->taken_ns = taken_ns;
}

/* Of several processes of one name, those that ended are shown once more, and then left out. */
static void drop_ended(struct process_reader *reader)
{
	size_t kept = 0;

	for (size_t i = 0; i < reader->n; i++) {
		const struct watched_process *process = &reader->processes[i];
		if (!process->is_ended || !process->is_extra) {
			reader->processes[kept++] = *process;
		}
	}
	reader->n = kept;
}

void process_reader_sample(
	struct process_reader *reader, uint64_t taken_ns, struct process_sample *ret_sample)
{
	if (taken_ns >= reader->next_scan_ns) {
		process_reader_scan(reader);
		reader->next_scan_ns = taken_ns + PROCESS_SCAN_NS;
	}
	ret_sample->n = reader->n;
	for (size_t i = 0; i < reader->n; i++) {
		sample_one(reader, &reader->processes[i], taken_ns, &ret_sample->entries[i]);
	}
	drop_ended(reader);
}
