#include "client/freeze.h"

#include "util/clock.h"

#define LEAST_INTERVALS 5
#define LEAST_EXCESS_US 150000

bool freeze_window_add(struct freeze_window *window, uint64_t interval_ns)
{
	uint64_t us = interval_ns / NSEC_PER_USEC;
	uint32_t interval_us = us < UINT32_MAX ? (uint32_t)us : UINT32_MAX;

	window->sum_us += interval_us;
	window->sum_us -= window->intervals_us[window->next];
	window->intervals_us[window->next] = interval_us;
	window->next = (uint8_t)((window->next + 1) % FREEZE_WINDOW);
	if (window->count < FREEZE_WINDOW) {
		window->count++;
	}
	uint64_t average_us = window->sum_us / window->count;
	return window->count >= LEAST_INTERVALS && interval_us >= 3 * average_us &&
	       interval_us >= average_us + LEAST_EXCESS_US;
}

bool freeze_window_judge(const struct freeze_window *window, uint64_t interval_ns)
{
	struct freeze_window copy = *window;

	return freeze_window_add(&copy, interval_ns);
}
