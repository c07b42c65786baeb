/* What the files of a simulation share. */
#ifndef SIMULATE_SIMULATION_IMPL_H
#define SIMULATE_SIMULATION_IMPL_H

#include <signal.h>

#include "simulate/cleaner.h"
#include "simulate/command.h"
#include "simulate/group.h"
#include "simulate/psi.h"
#include "simulate/simulation.h"

struct simulation {
	struct simulation_settings settings;
	struct group group;
	struct cleaner cleaner;
	struct command command;
	int lock_fd, signal_fd;
	sigset_t old_signals;
	uint64_t begun_ns;
	struct simulation_state state;
	bool is_full; /* no more may be swapped out */
	struct psi psi;
	struct simulation_report report;
};

/* Reads what there is now, adjusts the limit, and brings report and state up to date. */
void simulation_measure(struct simulation *simulation);

#endif
