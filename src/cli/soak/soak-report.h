/* The verdict of a soak, for people and for programs. */
#ifndef CLI_SOAK_SOAK_REPORT_H
#define CLI_SOAK_SOAK_REPORT_H

#include <stdio.h>

#include "soak/state.h"
#include "soak/verdict.h"

/* Tables of 80 columns. */
void soak_report_text(
	const struct soak_state *state, const struct soak_verdict *verdict, FILE *out);

/* One document on standard output. end: how the run ended, NULL when that is not known. 0, -ENOMEM
 * or -EIO. */
int soak_report_json(
	const struct soak_state *state, const struct soak_verdict *verdict, const char *end);

#endif
