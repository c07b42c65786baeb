/* A measurement. One thread. */
#ifndef LOAD_RUN_H
#define LOAD_RUN_H

#include <stdbool.h>
#include <stdint.h>

#include "client/crowd.h"
#include "client/offset.h"
#include "load/options.h"
#include "load/target.h"
#include "util/error.h"

struct load_run {
	struct crowd crowd; /* what was measured, after load_run_measure */
	struct others others;
	uint64_t begun_ns, ended_ns; /* CLOCK_MONOTONIC */
	uint64_t cpu_ns;             /* of this process, in between */
	bool has_clock;              /* the server answered pings */
	int64_t ahead_ns;            /* its clock is ahead of this machine's by so much, */
	uint64_t clock_error_ns;     /* plus or minus; 0 when it is the same clock */

	/* inside */
	const struct load_options *options;
	struct load_target *target;
	struct crowd_options crowd_options;
	struct offset offset;
	uint64_t pinged_ns;
};

/* options and target must outlive it. 0 or a negative errno with the reason. */
int load_run_init(struct load_run *run, const struct load_options *options,
	struct load_target *target, struct error *err);

/* A zeroed one is allowed. */
void load_run_done(struct load_run *run);

/*
 * Opens the viewers, waits until each of them sees what it watches, and measures for as long as the
 * options say, or until *stop is set by a signal. 0; -EAGAIN when it was stopped before there was
 * anything to measure; or another negative errno with the reason.
 */
int load_run_measure(struct load_run *run, const volatile int *stop, struct error *err);

#endif
