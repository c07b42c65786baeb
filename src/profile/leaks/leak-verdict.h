/* Whether a server leaks, from what valgrind found after each round of viewers. Pure functions. */
#ifndef PROFILE_LEAKS_LEAK_VERDICT_H
#define PROFILE_LEAKS_LEAK_VERDICT_H

#include <stdbool.h>
#include <stddef.h>

#include "profile/leaks/leak-text.h"

/* Rises in a row that are no chance; so as many rounds and one before are needed to judge. */
#define LEAK_RISES_MAX  3
#define LEAK_ROUNDS_MIN (LEAK_RISES_MAX + 1)

enum leak_verdict {
	LEAK_VERDICT_NONE,
	LEAK_VERDICT_UNDECIDED, /* too few rounds */
	LEAK_VERDICT_LOST,      /* memory that nothing points to */
	LEAK_VERDICT_GROWS,     /* reachable memory that rose LEAK_RISES_MAX rounds in a row */
	LEAK_VERDICT_ERRORS,    /* invalid accesses, uninitialised values */
	LEAK_VERDICT_COUNT,
};

/* "no leak", "lost memory", ... */
const char *leak_verdict_name(enum leak_verdict verdict);

/* The rounds after the one that warms up. Does not know of errors. */
enum leak_verdict leak_verdict_of_rounds(const struct leak_counts *rounds, size_t n);

/* With what valgrind says at the end; at_exit is what is left then. */
enum leak_verdict leak_verdict_at_end(const struct leak_counts *rounds, size_t n,
	const struct leak_counts *at_exit, uint64_t errors);

#endif
