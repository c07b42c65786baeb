/* The latest values of a figure, one an interval. */
#ifndef TOP_HISTORY_H
#define TOP_HISTORY_H

#include <stddef.h>

#define HISTORY_MAX 400

struct history {
	float values[HISTORY_MAX]; /* a ring; NAN: not known */
	size_t n, next;
};

void history_add(struct history *history, double value);

/* The value that was added so many before the last one; NAN when there is none. */
double history_get(const struct history *history, size_t ago);

#endif
