#include <math.h>
#include <string.h>

#include "kernel/proc-text.h"
#include "util/clock.h"
#include "watch/record/system.h"

static double number(uint64_t value)
{
	return value == PROC_ABSENT ? NAN : (double)value;
}

static double field(const struct meminfo *memory, enum meminfo_field field)
{
	return memory->has[field] ? (double)memory->bytes[field] : NAN;
}

/* The fields that a kernel does not list count as nothing. */
static double sum_fields(const struct meminfo *memory, const enum meminfo_field *fields, size_t n)
{
	double sum = 0.0;

	for (size_t i = 0; i < n; i++) {
		sum += (double)memory->bytes[fields[i]];
	}
	return sum;
}

/* procps 4 means total - available by "used", procps 3 what used_without_cache is. */
static void compute_memory(
	const struct system_raw *now, uint64_t page_bytes, double values[SYSTEM_FIGURE_COUNT])
{
	static const enum meminfo_field free_or_cache[] = {
		MEMINFO_FREE, MEMINFO_BUFFERS, MEMINFO_CACHED, MEMINFO_RECLAIMABLE};
	const struct meminfo *memory = &now->memory;

	values[FIGURE_MEMORY_TOTAL] = field(memory, MEMINFO_TOTAL);
	values[FIGURE_MEMORY_AVAILABLE] = field(memory, MEMINFO_AVAILABLE);
	values[FIGURE_MEMORY_FREE] = field(memory, MEMINFO_FREE);
	values[FIGURE_MEMORY_BUFFERS] = field(memory, MEMINFO_BUFFERS);
	values[FIGURE_MEMORY_CACHED] = field(memory, MEMINFO_CACHED);
	values[FIGURE_MEMORY_SLAB] = field(memory, MEMINFO_SLAB);
	values[FIGURE_MEMORY_ANONYMOUS] = field(memory, MEMINFO_ANONYMOUS);
	values[FIGURE_MEMORY_CMA_TOTAL] = field(memory, MEMINFO_CMA_TOTAL);
	values[FIGURE_MEMORY_CMA_FREE] = field(memory, MEMINFO_CMA_FREE);

	values[FIGURE_MEMORY_USED_PERCENT] = meminfo_used_percent(memory);
	values[FIGURE_MEMORY_USED_WITHOUT_CACHE] =
		values[FIGURE_MEMORY_TOTAL] -
		sum_fields(memory, free_or_cache, sizeof(free_or_cache) / sizeof(free_or_cache[0]));
	uint64_t zsmalloc_bytes = now->has_zram ? now->zram.memory_bytes : 0;
	if (now->has[SOURCE_VMSTAT] && now->vmstat.zspages != PROC_ABSENT) {
		zsmalloc_bytes = now->vmstat.zspages * page_bytes;
	}
	if (memory->has[MEMINFO_TOTAL]) {
		values[FIGURE_MEMORY_UNACCOUNTED] =
			(double)meminfo_unaccounted_bytes(memory, zsmalloc_bytes);
	}
}

static void compute_zram(const struct zram_stat *zram, double values[SYSTEM_FIGURE_COUNT])
{
	values[FIGURE_ZRAM_STORED] = (double)zram->stored_bytes;
	values[FIGURE_ZRAM_COMPRESSED] = (double)zram->compressed_bytes;
	values[FIGURE_ZRAM_MEMORY] = (double)zram->memory_bytes;
	values[FIGURE_ZRAM_TABLE] = (double)zram->table_bytes;
	values[FIGURE_ZRAM_RATIO] = zram_stat_ratio(zram);
	values[FIGURE_ZRAM_USED_PERCENT] =
		100.0 * (double)zram->stored_bytes / (double)zram->disk_bytes;
}

#define PRESSURE_RENEWED_NS (2 * NSEC_PER_SEC) /* PSI_FREQ of the kernel */

static double share(
	const struct pressure_line *before, const struct pressure_line *now, uint64_t elapsed_ns)
{
	return pressure_share_percent(before->total_us, now->total_us, elapsed_ns);
}

void system_keep_pressure(const struct system_raw *before, struct system_raw *now)
{
	now->older = before->older;
	now->newer = before->newer;
	bool is_due = now->newer.taken_ns == 0 ||
		      now->taken_ns - now->newer.taken_ns >= PRESSURE_RENEWED_NS;
	if (before->has[SOURCE_PSI_MEMORY] && is_due) {
		now->older = now->newer;
		now->newer =
			(struct pressure_past){.percent = before->psi_memory.full.avg10_percent,
				.taken_ns = before->taken_ns};
	}
}

/* Below 1 while pressure falls. From none it can only rise. */
static double compute_change(const struct system_raw *before, const struct system_raw *now)
{
	bool is_renewed = now->taken_ns - before->taken_ns >= PRESSURE_RENEWED_NS;
	double then = is_renewed || now->older.taken_ns == 0 ? before->psi_memory.full.avg10_percent
							     : now->older.percent;

	if (then > 0.0) {
		return now->psi_memory.full.avg10_percent / then;
	}
	return isnan(now->psi_memory.full.avg10_percent) ? NAN : 1.0;
}

static void compute_pressure(const struct system_raw *before, const struct system_raw *now,
	double values[SYSTEM_FIGURE_COUNT])
{
	uint64_t elapsed_ns = now->taken_ns - before->taken_ns;

	if (before->has[SOURCE_PSI_MEMORY] && now->has[SOURCE_PSI_MEMORY]) {
		const struct pressure *b = &before->psi_memory, *n = &now->psi_memory;
		values[FIGURE_PSI_MEMORY_SOME] = share(&b->some, &n->some, elapsed_ns);
		values[FIGURE_PSI_MEMORY_FULL] = share(&b->full, &n->full, elapsed_ns);
		values[FIGURE_PSI_MEMORY_FULL_CHANGE] = compute_change(before, now);
	}
	if (before->has[SOURCE_PSI_CPU] && now->has[SOURCE_PSI_CPU]) {
		const struct pressure *b = &before->psi_cpu, *n = &now->psi_cpu;
		values[FIGURE_PSI_CPU_SOME] = share(&b->some, &n->some, elapsed_ns);
		values[FIGURE_PSI_CPU_FULL] = share(&b->full, &n->full, elapsed_ns);
	}
	if (before->has[SOURCE_PSI_IO] && now->has[SOURCE_PSI_IO]) {
		const struct pressure *b = &before->psi_io, *n = &now->psi_io;
		values[FIGURE_PSI_IO_SOME] = share(&b->some, &n->some, elapsed_ns);
		values[FIGURE_PSI_IO_FULL] = share(&b->full, &n->full, elapsed_ns);
	}
}

static double difference(uint64_t before, uint64_t now)
{
	return before == PROC_ABSENT || now == PROC_ABSENT || now < before ? NAN
									   : (double)(now - before);
}

static void compute_vm(
	const struct vmstat *before, const struct vmstat *now, double values[SYSTEM_FIGURE_COUNT])
{
	values[FIGURE_VM_MAJOR_FAULTS] = difference(before->major_faults, now->major_faults);
	values[FIGURE_VM_REFAULTS] = difference(before->refaults, now->refaults);
	values[FIGURE_VM_OOM_KILLS] = difference(before->oom_kills, now->oom_kills);
	values[FIGURE_VM_ALLOCATION_STALLS] =
		difference(before->allocation_stalls, now->allocation_stalls);
	values[FIGURE_VM_COMPACTION_FAILURES] =
		difference(before->compaction_failures, now->compaction_failures);
}

static void compute_zones(const struct buddyinfo *buddy, struct system_sample *sample)
{
	sample->n_zones = buddy->n_zones;
	for (size_t i = 0; i < buddy->n_zones; i++) {
		const struct buddy_zone *from = &buddy->zones[i];
		struct zone_sample *to = &sample->zones[i];
		to->node = from->node;
		to->n_orders = from->n_orders;
		memcpy(to->name, from->name, sizeof(to->name));
		for (unsigned order = 0; order < from->n_orders; order++) {
			to->unusable[order] = (float)buddy_zone_unusable(from, order);
			to->external[order] = (float)buddy_zone_external(from, order);
		}
	}
}

static void compute_cpus(
	const struct cpu_stat *before, const struct cpu_stat *now, struct system_sample *sample)
{
	sample->values[FIGURE_CPU_USED_PERCENT] = cpu_busy_percent(&before->all, &now->all);
	for (int i = 0; i < CPU_MAX; i++) {
		sample->cpus[i] = (float)cpu_busy_percent(&before->cpus[i], &now->cpus[i]);
	}
}

static void compute_differences(
	const struct system_raw *before, const struct system_raw *now, struct system_sample *sample)
{
	compute_pressure(before, now, sample->values);
	if (before->has[SOURCE_VMSTAT] && now->has[SOURCE_VMSTAT]) {
		compute_vm(&before->vmstat, &now->vmstat, sample->values);
	}
	if (before->has[SOURCE_STAT] && now->has[SOURCE_STAT]) {
		compute_cpus(&before->cpu, &now->cpu, sample);
	}
}

static void compute_momentary(
	const struct system_raw *now, uint64_t page_bytes, struct system_sample *sample)
{
	double *values = sample->values;

	if (now->has[SOURCE_MEMINFO]) {
		compute_memory(now, page_bytes, values);
	}
	if (now->has[SOURCE_SWAPS]) {
		values[FIGURE_SWAP_TOTAL] = (double)now->swap.size_bytes;
		values[FIGURE_SWAP_USED] = (double)now->swap.used_bytes;
	}
	if (now->has_zram) {
		compute_zram(&now->zram, values);
	}
	if (now->has[SOURCE_PSI_MEMORY]) {
		values[FIGURE_PSI_MEMORY_FULL_AVG10] = now->psi_memory.full.avg10_percent;
		values[FIGURE_PSI_MEMORY_FULL_AVG60] = now->psi_memory.full.avg60_percent;
	}
	if (now->has[SOURCE_SOCKSTAT]) {
		values[FIGURE_SOCKET_TCP] = number(now->sockets.tcp_pages) * (double)page_bytes;
		values[FIGURE_SOCKET_UDP] = number(now->sockets.udp_pages) * (double)page_bytes;
	}
	values[FIGURE_CPU_TEMPERATURE] = now->celsius;
	values[FIGURE_CPU_FREQUENCY] = now->frequency_hz;
	if (now->has[SOURCE_BUDDYINFO]) {
		compute_zones(&now->buddy, sample);
	}
}

void system_compute(const struct system_raw *before, const struct system_raw *now,
	uint64_t page_bytes, struct system_sample *ret_sample)
{
	for (int i = 0; i < SYSTEM_FIGURE_COUNT; i++) {
		ret_sample->values[i] = NAN;
	}
	for (int i = 0; i < CPU_MAX; i++) {
		ret_sample->cpus[i] = NAN;
	}
	ret_sample->n_zones = 0;
	compute_momentary(now, page_bytes, ret_sample);
	if (before) {
		compute_differences(before, now, ret_sample);
	}
}
