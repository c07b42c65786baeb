#include "kernel/meminfo.h"
#include "kernel/proc-text.h"
#include "simulate/charge.h"
#include "simulate/limit.h"
#include "simulate/simulation-impl.h"

/* It cannot be where the kernel does not count swap; then there is no charge either. */
static void set_full(struct simulation *simulation, bool is_full, double ratio)
{
	struct simulation_report *report = &simulation->report;

	if (is_full == simulation->is_full || group_allow_swap(&simulation->group, !is_full) < 0) {
		return; /* the next time */
	}
	simulation->is_full = is_full;
	if (is_full && !report->was_full) {
		report->was_full = true;
		report->full_ratio = ratio;
	}
}

static void adjust_limit(struct simulation *simulation, const struct cgroup_usage *usage)
{
	struct simulation_report *report = &simulation->report;
	uint64_t swap_bytes = usage->swap == PROC_ABSENT ? 0 : usage->swap;
	struct charge charge;
	bool is_full;

	if (charge_read(simulation->group.root, swap_bytes, &charge) < 0) {
		return; /* the next time */
	}
	const struct limit_reading reading = {
		.current_bytes = usage->current, .charge_bytes = charge.bytes};
	uint64_t limit = limit_next(simulation->settings.memory_bytes,
		simulation->state.limit_bytes, &reading, &is_full);
	set_full(simulation, is_full, charge.ratio);
	simulation->state.charge_bytes = charge.bytes;
	if (charge.bytes > report->charge_peak_bytes) {
		report->charge_peak_bytes = charge.bytes;
	}
	if (limit == simulation->state.limit_bytes ||
		group_set_limit(&simulation->group, limit) < 0) {
		return;
	}
	simulation->state.limit_bytes = limit;
	if (limit < report->limit_lowest_bytes) {
		report->limit_lowest_bytes = limit;
	}
}

static void measure_machine(struct simulation *simulation)
{
	struct simulation_report *report = &simulation->report;
	uint64_t available;

	if (meminfo_read_field(simulation->group.root, MEMINFO_AVAILABLE, &available) == 0 &&
		available < report->available_lowest_bytes) {
		report->available_lowest_bytes = available;
	}
}

/* The kernel's own peak where it keeps one. */
void simulation_measure(struct simulation *simulation)
{
	struct simulation_report *report = &simulation->report;
	struct cgroup_usage usage;

	if (simulation->settings.is_whole) {
		measure_machine(simulation);
	}
	if (cgroup_usage_read(simulation->group.root, &simulation->group.path, &usage) < 0) {
		return; /* removed by something else */
	}
	report->is_peak_sampled = usage.peak == PROC_ABSENT;
	uint64_t peak = report->is_peak_sampled ? usage.current : usage.peak;
	report->peak_bytes = peak > report->peak_bytes ? peak : report->peak_bytes;
	if (usage.swap != PROC_ABSENT && usage.swap > report->swap_peak_bytes) {
		report->swap_peak_bytes = usage.swap;
	}
	report->limit_hits = usage.limit_hits;
	report->oom_kills = usage.oom_kills;
	simulation->state.current_bytes = usage.current;
	simulation->state.oom_kills = usage.oom_kills;
	psi_note(&simulation->psi, &usage);
	if (!simulation->settings.is_whole) {
		adjust_limit(simulation, &usage);
	}
}
