/*
 * The measuring: four viewers of every camera in this thread, and each second a sample of the
 * machine, of the server and of this process.
 */
#ifndef ACCEPT_MEASURE_H
#define ACCEPT_MEASURE_H

#include <jansson.h>
#include <stdio.h>

#include "accept/simulated.h"
#include "accept/tested-server.h"
#include "client/crowd.h"
#include "kernel/cpu-clock.h"
#include "prove/run.h"
#include "watch/record/process.h"
#include "watch/record/system.h"

enum measure_phase {
	MEASURE_PHASE_OPENING,
	MEASURE_PHASE_VIEWERS, /* the run proper */
	MEASURE_PHASE_STRESS,
	MEASURE_PHASE_RECOVERY,
	MEASURE_PHASE_TURNS, /* with all memory and with less */
	MEASURE_PHASE_COUNT
};

struct measure_options {
	struct tested_server *server;
	struct simulated *simulated; /* NULL: nothing is simulated */
	unsigned seconds;
	int signal_fd; /* readable when the run is to end */
	FILE *samples; /* one JSON document a line, as twinlens watch writes it */
	void (*on_progress)(enum measure_phase phase, unsigned done, unsigned total);
};

/* Large: not for the stack. */
struct measurement {
	struct prove_run run;
	bool is_interrupted;
	bool is_watched; /* twinlens watch runs beside it */
	double zram_table_bytes, memory_bytes;
	json_t *status; /* of the server, at the end of the run proper; NULL: it did not answer */

	/* inside */
	const struct measure_options *options;
	struct prove_second *seconds;
	struct equivalence_block *turns; /* those of both kinds */
	struct url url;                  /* of the stream */
	struct endpoint endpoint;
	struct crowd_options crowd_options;
	struct crowd crowd;
	uint64_t began_ns, second_ns;
	struct cpu_clock clock;                            /* when it began */
	unsigned frames[PROVE_VIEWERS][PROVE_CAMERAS_MAX]; /* until the last second */
	double age_sum_ms[PROVE_CAMERAS_MAX];
	unsigned n_ages[PROVE_CAMERAS_MAX];
	struct system_reader system;
	struct process_reader processes;
	struct system_sample system_sample;
	struct process_sample process_sample;
};

/*
 * Measures, and fills run but for stage, soak and start-up, zeroed before. options must outlive the
 * measurement, and its server is open. 0, also when it was interrupted or a viewer was refused, or
 * a negative errno when nothing can be measured. ret_measurement is freed with measurement_free.
 */
int measure(const struct measure_options *options, struct measurement **ret_measurement,
	struct error *err);

/* Takes that much off the memory in use: what a simulation has locked in memory. */
void measurement_discount(struct measurement *measurement, double bytes);

/* NULL is allowed. Returns NULL. */
struct measurement *measurement_free(struct measurement *measurement);

#endif
