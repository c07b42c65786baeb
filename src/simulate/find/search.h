/*
 * The search for the least memory at which something holds. First down in steps of a tenth, until
 * it does not hold any more; then between the last two, until they are 3 % apart. Pure functions.
 */
#ifndef SIMULATE_FIND_SEARCH_H
#define SIMULATE_FIND_SEARCH_H

#include <stdbool.h>
#include <stdint.h>

struct search {
	uint64_t held_bytes;   /* the least at which it held */
	uint64_t failed_bytes; /* the most at which it did not; 0 for none yet */
};

/* begin_bytes is where it holds. */
void search_begin(struct search *search, uint64_t begin_bytes);

/* What to try now; 0 when held_bytes is the answer. */
uint64_t search_next(const struct search *search);

/* Whether it held there. */
void search_note(struct search *search, uint64_t bytes, bool has_held);

#endif
