/* Messages that are logged once: what this machine lacks, and what becomes of processes. */
#ifndef WATCH_REPORT_H
#define WATCH_REPORT_H

#include "watch/record/system.h"
#include "watch/settings.h"

/* Which files could not be opened, and why. */
void report_absent(const struct system_reader *reader);

/* What the first sample shows, and no file that is missing. */
void report_absent_figures(const double values[SYSTEM_FIGURE_COUNT]);

/* The pids that were asked for and are not there. */
void report_missing(const struct watch_settings *settings, const struct process_sample *processes);

/* Starts as {0}. */
struct process_report {
	struct process_sample before;
	pid_t memory_reported[WATCH_PROCESSES_MAX]; /* the last one at each place */
};

/* Says which processes are new, restarted or ended since, and whose memory cannot be read. */
void process_report_update(struct process_report *report, const struct process_sample *now);

#endif
