/* The share of the time that tasks were stalled for memory, and what the machine's OOM killer did.
 */
#ifndef SIMULATE_PSI_H
#define SIMULATE_PSI_H

#include "kernel/cgroup.h"
#include "simulate/simulation.h"
#include "util/sysroot.h"

struct psi {
	const struct sysroot *root;
	uint64_t some_us, full_us;                 /* of the cgroup, PROC_ABSENT for none */
	uint64_t machine_some_us, machine_full_us; /* of the machine, before */
	uint64_t machine_oom_kills;
};

/* Reads the counters of the machine, as they are before the command. */
void psi_begin(struct psi *psi, const struct sysroot *root);

/* Keeps the latest counters of the cgroup. */
void psi_note(struct psi *psi, const struct cgroup_usage *usage);

/* Writes psi, some_percent, full_percent and machine_oom_kills of the report. */
void psi_end(const struct psi *psi, uint64_t duration_ns, struct simulation_report *report);

#endif
