/*
 * Writes samples and alerts to files, on a thread of its own: it may wait for a disk. What it could
 * not write it tries again each second, while samples wait in the recorder's ring.
 */
#ifndef WATCH_WRITER_H
#define WATCH_WRITER_H

#include <pthread.h>
#include <stdatomic.h>

#include "watch/alert/message.h"
#include "watch/record/recorder.h"
#include "watch/record/render.h"
#include "watch/settings.h"

#define WRITER_LINES 16

struct writer_line {
	char text[MESSAGE_SIZE]; /* with its newline */
};

/* Large: not for the stack. */
struct writer {
	const struct watch_settings *settings;
	struct recorder *recorder;
	struct log_file log, samples;
	struct ring lines; /* of alerts, for the log */
	struct writer_line line_slots[WRITER_LINES];
	int stop_fd;  /* set: write what there is, and end */
	int ended_fd; /* readable when the reader of standard output is gone; for poll(2) */
	atomic_uint active_alerts; /* a bit for each rule, for the textfile */
	atomic_bool is_reopening;
	pthread_t thread;

	/* Of the thread. */
	struct system_sample system;
	struct process_sample processes;
	bool has_system, has_processes;
	uint64_t deadline_ns; /* until then the sample waits for the one of the processes */
	bool is_log_written, is_samples_written;
	bool is_failing, is_textfile_failing;
	uint64_t retry_ns, textfile_ns;
	char buffer[RENDER_SIZE];
};

/* settings and recorder must outlive it. 0 or a negative errno with err. */
int writer_start(struct writer *writer, const struct watch_settings *settings,
	struct recorder *recorder, struct error *err);

/* Adds a line to the log, after the time. Any thread. Left out when too many wait. */
void writer_add_line(struct writer *writer, uint64_t unix_ms, const char *text);

/* Opens the files again before the next line. Any thread. */
void writer_reopen(struct writer *writer);

/* After recorder_stop. Gives it two seconds to write what is left. */
void writer_stop(struct writer *writer);

#endif
