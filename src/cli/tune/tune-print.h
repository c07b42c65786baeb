/* What `twinlens tune` tells: tables for people, JSON for programs. */
#ifndef CLI_TUNE_TUNE_PRINT_H
#define CLI_TUNE_TUNE_PRINT_H

#include <jansson.h>
#include <stdbool.h>

#include "tune/tune.h"

/* A table. is_status: what is not in place differs, rather than is open. */
void tune_print_changes(const struct plan *plan, bool is_status);

/* One line for each value of the profile that the evidence contradicts, with its source. */
void tune_print_evidence(const struct profile *profile);

/* On stderr, one line for each thing that the machine lacks. is_error: else it is a warning. */
void tune_print_lacks(const struct plan *plan, bool is_error);

void tune_print_step(const struct tune_step *step);

/* NULL when there is no memory. */
json_t *tune_changes_to_json(const struct plan *plan);
json_t *tune_plan_to_json(const struct profile *profile, const struct plan *plan);
json_t *tune_step_to_json(const struct tune_step *step);

/* Prints and takes the reference; NULL stands for no memory. 0 or -1. */
int tune_print_json(json_t *root);

#endif
