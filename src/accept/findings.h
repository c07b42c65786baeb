/* What accept finds beside its own measuring: from other verbs and from the server's status. */
#ifndef ACCEPT_FINDINGS_H
#define ACCEPT_FINDINGS_H

#include "accept/measure.h"
#include "prove/checklist.h"

/*
 * Asks `twinlens boot`, unless the time is known: seconds is NAN before the first call. It may take
 * two minutes on a busy machine.
 */
void findings_read_startup(struct prove_startup *startup);

/* Asks `twinlens soak --report FOLDER`. 0, or a negative errno when it has no report. */
int findings_read_soak(const char *folder, struct prove_soak *ret_soak, struct error *err);

/* Asks `twinlens tune status`, and reads the server's status. */
void findings_read_checklist(
	const struct measurement *measurement, struct checklist_facts *ret_facts);

#endif
