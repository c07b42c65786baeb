/* The text that valgrind's memcheck writes. Pure functions. */
#ifndef PROFILE_LEAKS_LEAK_TEXT_H
#define PROFILE_LEAKS_LEAK_TEXT_H

#include <stdbool.h>
#include <stdint.h>

#include "util/names.h"

/* What a search for leaks found, in bytes. */
struct leak_counts {
	uint64_t definite, indirect; /* nothing points to it */
	uint64_t possible;           /* only pointers into its middle */
	uint64_t reachable;
	uint64_t suppressed;
};

/*
 * The last search in text: a LEAK SUMMARY, or that all was freed. 0; -ENOENT when there is none;
 * -EINVAL when it is not complete.
 */
int leak_counts_parse(const char *text, struct leak_counts *ret_counts);

/* The last ERROR SUMMARY. 0 or -ENOENT. */
int leak_errors_parse(const char *text, uint64_t *ret_errors);

/* The names in a file of suppressions. 0 or -ENOMEM. */
int leak_suppressions_parse(const char *text, struct names *ret_names);

/* Whether the log says that the suppression of that name was used (valgrind -s). */
bool leak_suppression_is_used(const char *text, const char *name);

#endif
