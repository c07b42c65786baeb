/*
 * How fast the processors ran: time_in_state of cpufreq, without which a share of busy time means
 * little on processors that change their clock.
 */
#ifndef KERNEL_CPU_CLOCK_H
#define KERNEL_CPU_CLOCK_H

#include "util/sysroot.h"

/* Sums over all processors since the start of the machine, in kHz times 10 ms. */
struct cpu_clock {
	double ran;  /* at the clock that they had */
	double most; /* what it were at the highest clock of each */
};

/* 0, or -ENOENT where cpufreq keeps no such statistics. */
int cpu_clock_read(const struct sysroot *root, struct cpu_clock *ret_clock);

/* The mean clock between two readings, idle time included, in percent of the highest; NAN. */
double cpu_clock_percent(const struct cpu_clock *before, const struct cpu_clock *after);

#endif
