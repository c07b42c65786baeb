/* The largest of what a process spends its time on, or waits for. Pure functions. */
#ifndef PROFILE_COSTS_H
#define PROFILE_COSTS_H

#include <stddef.h>

#define COSTS_MAX     3
#define COST_TEXT_MAX 160

struct costs {
	size_t n;
	struct cost {
		double percent; /* of the time that was measured */
		char text[COST_TEXT_MAX];
	} items[COSTS_MAX]; /* the largest first */
};

/* Keeps it when it is among the largest. One of 0 is none. */
void costs_add(struct costs *costs, double percent, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

#endif
