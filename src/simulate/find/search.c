#include "simulate/find/search.h"

#define BYTES_MIN (UINT64_C(1) << 20) /* no command runs with less */
#define APART     33                  /* 1 / 3 % */

void search_begin(struct search *search, uint64_t begin_bytes)
{
	*search = (struct search){.held_bytes = begin_bytes};
}

uint64_t search_next(const struct search *search)
{
	if (search->failed_bytes == 0) {
		uint64_t next = search->held_bytes / 10 * 9;
		return next < BYTES_MIN ? 0 : next;
	}
	uint64_t apart = search->held_bytes - search->failed_bytes;
	return apart <= search->held_bytes / APART ? 0 : search->failed_bytes + apart / 2;
}

/*
 * Above the least at which it held, or below the most at which it did not, nothing new is learnt: a
 * load is not the same twice.
 */
void search_note(struct search *search, uint64_t bytes, bool has_held)
{
	if (has_held && bytes < search->held_bytes) {
		search->held_bytes = bytes;
	}
	if (!has_held && bytes > search->failed_bytes && bytes < search->held_bytes) {
		search->failed_bytes = bytes;
	}
}
