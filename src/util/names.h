/* A list of texts that grows. */
#ifndef UTIL_NAMES_H
#define UTIL_NAMES_H

#include <stdbool.h>
#include <stddef.h>

/* Starts as {0}. Owns its texts. */
struct names {
	char **items;
	size_t n;
};

/* Appends a copy. 0, or -ENOMEM. */
int names_add(struct names *names, const char *name);

/* Appends a copy unless it is there. 0, or -ENOMEM. */
int names_add_once(struct names *names, const char *name);

bool names_contain(const struct names *names, const char *name);

/* Byte order, as strcmp has it. */
void names_sort(struct names *names);

void names_done(struct names *names);

#define _cleanup_names_ __attribute__((cleanup(names_done)))

#endif
