/*
 * This machine with less memory, for as long as it is held: `twinlens simulate --whole-machine`
 * around a program that only waits for the end of its input, so that the memory is given back
 * however this process ends. One thread.
 */
#ifndef ACCEPT_SIMULATED_H
#define ACCEPT_SIMULATED_H

#include <stdbool.h>
#include <stdint.h>

#include "accept/sibling.h"
#include "report/report.h"
#include "util/sysroot.h"

#define SIMULATED_TEXTS_MAX 8

struct simulated {
	uint64_t memory_bytes; /* of the machine, before the kernel's share; 0: as an RK3588 */
	char booted[32];       /* the kernel was started with mem= for that; "": it was not */
	bool is_held;
	struct sibling sibling;
	unsigned n_held;                 /* how often it was taken and given back */
	double huge_bytes, locked_bytes; /* taken, the first time: for what is judged */
	double available_lowest_bytes;   /* of all times */
	unsigned oom_kills;              /* of the whole machine, in all times */

	/* what simulated_describe fills */
	struct report_simulation report;
	struct report_text reproduced[SIMULATED_TEXTS_MAX], missing[SIMULATED_TEXTS_MAX];
};

/*
 * Takes the memory. Where the kernel was started with mem= and has no more than is wanted, that is
 * the simulation and nothing is taken. 0 or a negative errno: -ECANCELED when cancel_fd could be
 * read; -ENOTSUP with what simulate says is missing.
 */
int simulated_take(
	struct simulated *simulated, const struct sysroot *root, int cancel_fd, struct error *err);

/* Gives it back. 0, also when nothing is held, or a negative errno: it had ended before. */
int simulated_give(struct simulated *simulated, struct error *err);

/* Fills report: what was taken, and what of a board is and is not reproduced by that. */
void simulated_describe(struct simulated *simulated);

#endif
