/* Threads at work between two readings: where their time went. */
#ifndef PROFILE_WORK_H
#define PROFILE_WORK_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "kernel/process/tasks.h"
#include "profile/costs.h"

/* One reading. work_reading_done frees it. */
struct work_reading {
	uint64_t read_ns;                  /* CLOCK_MONOTONIC, at its beginning */
	uint64_t user_ticks, system_ticks; /* of the process, ended threads too */
	uint64_t
		stalled_us; /* for lack of memory; PROC_ABSENT where the kernel does not count it */
	char stalled_where[300]; /* the cgroup that counts it, or /proc/pressure */
	struct tasks tasks;
};

/* 0; -ESRCH when the process has ended, or is another one by now; another negative errno. */
int work_read(const struct sysroot *root, pid_t pid, uint64_t start_ticks,
	struct work_reading *ret_reading);
void work_reading_done(struct work_reading *reading);

/* Of the time between two readings. */
struct work_total {
	uint64_t elapsed_ns;
	double cpu_percent, user_percent, system_percent; /* 100 is one core */
	double stalled_percent;                           /* NAN when unknown */
};

/*
 * Prints the table of threads, and adds what is large to costs. A thread that began in between
 * counts from its beginning; of one that has ended only the process knows.
 */
void work_print(FILE *file, const struct work_reading *before, const struct work_reading *after,
	struct work_total *ret_total, struct costs *costs);

#define _cleanup_work_reading_ __attribute__((cleanup(work_reading_done)))

#endif
