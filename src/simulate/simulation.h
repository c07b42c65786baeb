/*
 * A command that runs with less memory, from its start to the end: its cgroup, the memory taken
 * from the machine, the limit that follows zram, and what is measured. One thread; one at a time.
 */
#ifndef SIMULATE_SIMULATION_H
#define SIMULATE_SIMULATION_H

#include <stdbool.h>
#include <stdint.h>

#include "simulate/ballast.h"
#include "simulate/ram-plan.h"
#include "util/error.h"

struct simulation;

struct simulation_settings {
	uint64_t memory_bytes; /* the limit, or what the whole machine is to have */
	bool is_whole;
	bool is_quiet; /* the command's standard output is this process' standard error */
	char *const *argv;
};

enum simulation_psi {
	SIMULATION_PSI_NONE,
	SIMULATION_PSI_GROUP,
	SIMULATION_PSI_MACHINE, /* version 1 of cgroups has none of its own */
};

/* PROC_ABSENT for what the kernel does not report. */
struct simulation_report {
	int cgroup_version; /* 1 or 2 */
	bool is_scope;
	int status;      /* 0..255, or 128 and the signal that ended it */
	int signal;      /* 0 for none */
	unsigned n_left; /* processes that ran on when the command had ended, and were killed */
	uint64_t duration_ns;
	uint64_t peak_bytes;
	bool is_peak_sampled; /* the kernel keeps none, so it may have been more between two samples
			       */
	uint64_t limit_lowest_bytes; /* 0 for no limit */
	uint64_t swap_peak_bytes, charge_peak_bytes;
	bool was_full;     /* zram took all but what a limit cannot go below; see limit.h */
	double full_ratio; /* of what was in zram then: bytes compressed to one */
	uint64_t limit_hits, oom_kills;
	uint64_t machine_oom_kills; /* of all processes, those of the command included */
	enum simulation_psi psi;
	double some_percent, full_percent; /* NAN for none */
	/* Of the whole machine. */
	struct ram_plan plan;
	struct ballast ballast;
	uint64_t available_lowest_bytes;
};

/*
 * Starts the command. From then on SIGHUP, SIGINT, SIGQUIT, SIGTERM, SIGUSR1 and SIGUSR2 are passed
 * on to it. -EACCES, -EPERM, -ENOTSUP, -ENOENT: the machine lacks something; another negative
 * errno. Nothing is left behind on an error.
 */
int simulation_open(const struct simulation_settings *settings, struct simulation **ret_simulation,
	struct error *err);

/*
 * Waits for what happens, for timeout_ms at the most, and adjusts the limit: to be called every
 * LIMIT_INTERVAL_NS. 1 when the command has ended, with the report; 0; a negative errno.
 */
int simulation_turn(struct simulation *simulation, int timeout_ms,
	struct simulation_report *ret_report, struct error *err);

/* What there is now. PROC_ABSENT for what the kernel does not report. */
struct simulation_state {
	uint64_t limit_bytes; /* in force; in version 1 it may be that it cannot go down */
	uint64_t current_bytes;
	uint64_t charge_bytes; /* taken off the limit for zram */
	uint64_t oom_kills;
	bool was_signalled; /* SIGINT or another of the signals above came */
};

void simulation_read(const struct simulation *simulation, struct simulation_state *ret_state);

/* See shared.h. */
uint64_t simulation_read_shared(const struct simulation *simulation);

/*
 * Another limit: at once as far as nothing has to be reclaimed for it, and from there on in the
 * steps of limit_next. Not for the whole machine. 0 or a negative errno.
 */
int simulation_set_memory(struct simulation *simulation, uint64_t memory_bytes);

/*
 * Kills what still runs, gives everything back, and frees. false when something could not be given
 * back, which the process that cleans up has logged. NULL is allowed.
 */
bool simulation_close(struct simulation *simulation);

#endif
