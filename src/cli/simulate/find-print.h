/* The report of `twinlens simulate --find`. */
#ifndef CLI_SIMULATE_FIND_PRINT_H
#define CLI_SIMULATE_FIND_PRINT_H

#include "simulate/find/find.h"

/* One line to stderr, as soon as the step is over. data is not used. */
void find_print_step(const struct find_step *step, void *data);

/* To stderr. */
void find_print_text(const struct find_settings *settings, const struct find_report *report);

/* One document, to stdout; error is NULL when it was found. 0, or -ENOMEM or -EIO. */
int find_print_json(
	const struct find_settings *settings, const struct find_report *report, const char *error);

#endif
