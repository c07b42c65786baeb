/* The report of `twinlens simulate`. */
#ifndef CLI_SIMULATE_SIMULATE_PRINT_H
#define CLI_SIMULATE_SIMULATE_PRINT_H

#include "simulate/simulation.h"

/* To stderr, because stdout is the command's. */
void simulate_print_text(
	const struct simulation_settings *settings, const struct simulation_report *report);

/* One document, to stdout. 0, or -ENOMEM or -EIO. */
int simulate_print_json(
	const struct simulation_settings *settings, const struct simulation_report *report);

/* {"error": text}, to stdout. */
void simulate_print_json_error(const char *text);

#endif
