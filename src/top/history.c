#include "top/history.h"

#include <math.h>

void history_add(struct history *history, double value)
{
	history->values[history->next] = (float)value;
	history->next = (history->next + 1) % HISTORY_MAX;
	history->n += history->n < HISTORY_MAX;
}

double history_get(const struct history *history, size_t ago)
{
	if (ago >= history->n) {
		return NAN;
	}
	return (double)history->values[(history->next + HISTORY_MAX - 1 - ago) % HISTORY_MAX];
}
