/* What the parts of the measuring share. */
#ifndef ACCEPT_MEASURE_IMPL_H
#define ACCEPT_MEASURE_IMPL_H

#include "accept/measure.h"

#define MEASURE_OPEN_NS (10 * NSEC_PER_SEC) /* for connecting and the first pictures */

/*
 * Lets the viewers run until end_ns; with is_settled, ends as soon as each has pictures of every
 * camera or is lost. Samples the ages on screen. 1 when interrupted, 0, or a negative errno.
 */
int measure_turn(struct measurement *measurement, uint64_t end_ns, bool is_settled);

/*
 * Opens the viewers, and waits until each has pictures of every camera, is lost, or takes too long.
 * 1 when interrupted, 0, or a negative errno with err; a viewer that is refused is not an error.
 */
int measure_open_viewers(struct measurement *measurement, struct error *err);

/* As measure_open_viewers, and lets the cameras set their exposure. */
int measure_open_warm(struct measurement *measurement, struct error *err);

/* Whether a viewer has pictures of every camera. */
bool measure_has_pictures(const struct measurement *measurement, const struct viewer *viewer);

/* Fills what the run has of viewers and cameras. */
void measure_finish(struct measurement *measurement);

/* How many viewers have pictures of every camera. */
unsigned measure_count_watching(const struct measurement *measurement);

/* Samples the machine and the processes into system_sample and process_sample. */
void measure_sample(struct measurement *measurement);

/* The second that has just ended. */
void measure_second(struct measurement *measurement, struct prove_second *ret_second);

/* The phases after the run proper. 1 when interrupted, 0, or a negative errno with err. */
int measure_stress(struct measurement *measurement, struct error *err);
int measure_recovery(struct measurement *measurement, struct error *err);
int measure_unplug(struct measurement *measurement, struct error *err); /* within recovery */
int measure_reopen(struct measurement *measurement, struct error *err);
int measure_turns(struct measurement *measurement, struct error *err);

#endif
