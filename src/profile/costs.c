#include "profile/costs.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

void costs_add(struct costs *costs, double percent, const char *format, ...)
{
	size_t at = 0;
	va_list arguments;

	while (at < costs->n && costs->items[at].percent >= percent) {
		at++;
	}
	if (at == COSTS_MAX || !(percent > 0)) {
		return;
	}
	if (costs->n < COSTS_MAX) {
		costs->n++;
	}
	memmove(&costs->items[at + 1], &costs->items[at],
		(costs->n - 1 - at) * sizeof(costs->items[0]));
	costs->items[at].percent = percent;
	va_start(arguments, format);
	vsnprintf(costs->items[at].text, sizeof(costs->items[at].text), format, arguments);
	va_end(arguments);
}
