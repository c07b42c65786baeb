/* Processor time of /proc/stat, the clock of cpufreq, and the temperature of the processor. */
#ifndef KERNEL_CPU_H
#define KERNEL_CPU_H

#include <stddef.h>
#include <stdint.h>

#include "kernel/proc-file.h"

#define CPU_MAX       32 /* further ones count in the total only */
#define CPU_FILES_MAX 16

struct cpu_times {
	uint64_t busy, total; /* ticks; waiting for a disk is idle; total 0: the CPU is offline */
};

struct cpu_stat {
	struct cpu_times all;
	struct cpu_times cpus[CPU_MAX]; /* by the kernel's number */
};

/* 0, or -EINVAL when text has no line "cpu ". */
int cpu_stat_parse(const char *text, struct cpu_stat *ret_stat);

/* The busy share between two readings, in percent of this CPU or of all; NAN when none elapsed. */
double cpu_busy_percent(const struct cpu_times *before, const struct cpu_times *after);

/* scaling_cur_freq of each cluster; temp of each thermal zone of the processor. */
struct cpu_sensors {
	struct proc_file frequencies[CPU_FILES_MAX];
	size_t n_frequencies;
	struct proc_file temperatures[CPU_FILES_MAX];
	size_t n_temperatures;
};

/*
 * Opens what there is. A zone is the processor's when its type has "cpu", "core", "soc" or "pkg" in
 * it, as in "soc-thermal", "bigcore0-thermal" and "x86_pkg_temp"; with no such zone, all are taken.
 */
void cpu_sensors_open(struct cpu_sensors *sensors, const struct sysroot *root);

/* The highest of all clusters, and of all zones; NAN when there is none, or none can be read. */
double cpu_sensors_read_frequency_hz(const struct cpu_sensors *sensors);
double cpu_sensors_read_celsius(const struct cpu_sensors *sensors);

void cpu_sensors_close(struct cpu_sensors *sensors);

#endif
