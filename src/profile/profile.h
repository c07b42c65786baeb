/*
 * Looks at a running process, writes what it saw to logs in a folder, and sums it up. What disturbs
 * it most comes last: first its counters and mappings are read, then perf samples its functions,
 * then its system calls are counted. One thread.
 */
#ifndef PROFILE_PROFILE_H
#define PROFILE_PROFILE_H

#include <stdbool.h>

#include "profile/costs.h"
#include "profile/interrupt.h"
#include "profile/memory-map.h"
#include "profile/rates.h"
#include "profile/scratch.h"
#include "profile/target.h"
#include "profile/work.h"
#include "util/names.h"

#define PROFILE_LOG_WORK      "performance.log"
#define PROFILE_LOG_MEMORY    "memory_mapping.log"
#define PROFILE_LOG_FUNCTIONS "functions.log"
#define PROFILE_LOG_CALLS     "syscall_analysis.log"

struct profile_options {
	const struct target *target;
	uint64_t duration_ns; /* of all that is measured together */
	const char *folder;   /* is there */
	const char *command;  /* that is written in the logs */
};

struct profile {
	const struct profile_options *options;
	struct interrupt *interrupt;
	struct scratch scratch;

	/* What was seen, as far as it went. */
	struct names logs;  /* that were written */
	struct names notes; /* what is lacking, or went wrong, one line each */
	struct work_total work;
	struct costs costs;
	struct memory_sums memory;
	struct url url; /* where it answers as a server; see has_rates */
	bool has_rates; /* it does; rates are those at the beginning */
	struct rates rates;
	bool has_calls;       /* system calls were counted */
	bool has_lost_frames; /* the frame rate did not recover */
};

/*
 * 0; -EINTR when a signal cut it short: the logs that are there are whole; -ESRCH when the process
 * has ended meanwhile; another negative errno; the last two with the reason. profile_done in any
 * case.
 */
int profile_run(struct profile *profile, const struct profile_options *options,
	struct interrupt *interrupt, struct error *err);
void profile_done(struct profile *profile);

#endif
