/*
 * Pressure stall information: /proc/pressure/{cpu,io,memory} and the *.pressure files of cgroups.
 * The kernel's averages lag; a share of an interval is computed from two readings of total=.
 */
#ifndef KERNEL_PRESSURE_H
#define KERNEL_PRESSURE_H

#include <stdint.h>

struct pressure_line {
	uint64_t total_us; /* stalled since boot; PROC_ABSENT when the kernel has no such line */
	double avg10_percent, avg60_percent; /* NAN when absent */
};

struct pressure {
	struct pressure_line some, full; /* cpu has no full before Linux 5.13 */
};

/* 0, or -EINVAL when text has no line "some". */
int pressure_parse(const char *text, struct pressure *ret_pressure);

/*
 * The share of elapsed_ns that was stalled, in percent, at most 100. NAN when a reading is absent,
 * nothing elapsed, or the counter went back.
 */
double pressure_share_percent(uint64_t before_us, uint64_t after_us, uint64_t elapsed_ns);

#endif
