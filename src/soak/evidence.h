/* What there is to look at when a server leaks: kept while it runs. */
#ifndef SOAK_EVIDENCE_H
#define SOAK_EVIDENCE_H

#include <sys/types.h>

#include "soak/state.h"

/*
 * Writes into the folder of the run: smaps of the process, status.json as the server answers, and
 * profile/ from `twinlens profile` for ten seconds, where it is installed. Each is left out when it
 * cannot be had. 0, or the negative errno of the first that could not, with err.
 */
int soak_evidence_save(const struct soak_state *state, pid_t pid, struct error *err);

#endif
