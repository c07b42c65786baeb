/* A server with viewers on it, and one amount of memory after the other. */
#ifndef SIMULATE_FIND_TRIAL_H
#define SIMULATE_FIND_TRIAL_H

#include <stdbool.h>
#include <stdint.h>

#include "simulate/find/audience.h"
#include "simulate/find/find.h"
#include "simulate/simulation.h"

struct trial {
	const struct find_settings *settings;
	struct audience *audience; /* belongs to the caller */
	uint64_t total_bytes;      /* of the machine: no limit */
	double min_fps;            /* 0: no criterion; the same below */
	uint64_t max_age_ns;

	/* inside */
	struct simulation *simulation; /* NULL: the command does not run */
	uint64_t turned_ns;            /* the last turn of the simulation */
};

/*
 * Lowers the limit of the run that is under way to so much, or starts one, measures, and calls
 * on_step. is_from_start: a new run, which has no more from its start on. 0; -EINTR when a signal
 * came; errors as of simulation_open.
 */
int trial_run(struct trial *trial, uint64_t memory_bytes, bool is_from_start,
	struct find_step *ret_step, struct error *err);

/* Ends the run that is under way; none is allowed. */
void trial_stop(struct trial *trial);

#endif
