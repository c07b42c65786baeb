/*
 * Whether the server leaks: it runs under valgrind while viewers come, watch, change cameras and
 * leave, in rounds, and its configuration is read again; after each round, when nobody watches and
 * no camera runs, valgrind searches. What the server keeps then must not grow. One thread.
 */
#ifndef PROFILE_LEAKS_LEAKS_H
#define PROFILE_LEAKS_LEAKS_H

#include "profile/interrupt.h"
#include "profile/leaks/leak-verdict.h"
#include "util/error.h"

#define LEAKS_LOG        "valgrind_output.log"
#define LEAKS_ROUNDS_MAX 1000

struct leaks {
	size_t n; /* rounds after the one that warms up */
	struct leak_counts rounds[LEAKS_ROUNDS_MAX];
	struct leak_counts at_exit;
	uint64_t errors;
	struct names unused; /* suppressions that suppressed nothing; only when it did not leak */
	enum leak_verdict verdict;
	struct error cut; /* why the last round was not complete, with the time; code 0: it was */
};

struct leaks_options {
	const char *program;  /* twinlens-serve */
	const char *folder;   /* of the log; is there */
	uint64_t duration_ns; /* once there are enough rounds, none that would take longer is begun
			       */
	/* Called after each round, with what was seen. NULL is allowed. */
	void (*on_round)(void *user, const struct leaks *leaks);
	void *user;
};

/*
 * 0 with a verdict; -EINTR when a signal cut it short, the log is whole then; -ENOENT when valgrind
 * is not installed; another negative errno; the last two with the reason. leaks_done in any case.
 */
int leaks_run(struct leaks *leaks, const struct leaks_options *options, struct interrupt *interrupt,
	struct error *err);
void leaks_done(struct leaks *leaks);

#endif
