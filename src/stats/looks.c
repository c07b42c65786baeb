#include "stats/looks.h"

#include <stddef.h>

#define TOLERANCE   0.01
#define FIRST_TAIL  0.005
#define N_SCHEDULED 4

static double look_s(size_t number)
{
	static const double scheduled_s[N_SCHEDULED] = {
		LOOKS_FIRST_S, 4 * 3600.0, 24 * 3600.0, 7 * 24 * 3600.0};

	if (number < N_SCHEDULED) {
		return scheduled_s[number];
	}
	double time_s = scheduled_s[N_SCHEDULED - 1];
	for (; number >= N_SCHEDULED; number--) {
		time_s *= 2;
	}
	return time_s;
}

double looks_tail(double duration_s)
{
	double tail = FIRST_TAIL;

	for (size_t i = 0; duration_s > look_s(i) * (1 + TOLERANCE); i++) {
		tail /= 2;
	}
	return tail;
}

double looks_next_s(double duration_s)
{
	size_t i = 0;

	while (look_s(i) * (1 - TOLERANCE) <= duration_s) {
		i++;
	}
	return look_s(i);
}

double looks_at_s(double duration_s)
{
	size_t i = 0;

	while (look_s(i) * (1 + TOLERANCE) < duration_s) {
		i++;
	}
	return look_s(i);
}
