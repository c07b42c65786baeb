#include "watch/writer.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/eventfd.h>
#include <time.h>
#include <unistd.h>

#include "util/cleanup.h"
#include "util/clock.h"
#include "util/log.h"
#include "watch/replace.h"

#define STACK_SIZE      (256 << 10)
#define RETRY_NS        NSEC_PER_SEC
#define JOIN_MAX_NS     (50 * NSEC_PER_MSEC)
#define TEXTFILE_GAP_NS (500 * NSEC_PER_MSEC) /* it is not for more than a second's detail */

static void set_event(int fd)
{
	const uint64_t one = 1;
	ssize_t written = write(fd, &one, sizeof(one));

	(void)written;
}

/* Returns whether the line is dealt with. */
static bool write_line(struct writer *writer, struct log_file *file, const char *line, size_t size)
{
	int r = log_file_write(file, line, size, clock_now_ns());

	if (r == -EPIPE) {
		set_event(writer->ended_fd);
		return true;
	}
	if (r < 0 && !writer->is_failing) {
		writer->is_failing = true;
		log_warning("%s: cannot be written: %s; up to %d samples are kept meanwhile",
			file->settings->path, error_name(r), RECORDER_BACKLOG);
	}
	return r == 0;
}

static void write_lines(struct writer *writer)
{
	struct writer_line line;

	/* A line of an alert is not worth keeping samples back: the journal has it, too. */
	while (ring_take(&writer->lines, &line)) {
		write_line(writer, &writer->log, line.text, strlen(line.text));
	}
}

static void write_sample(struct writer *writer)
{
	const struct process_sample *processes = writer->has_processes ? &writer->processes : NULL;
	struct text text;

	if (!writer->is_samples_written && writer->samples.settings->path[0]) {
		text_init(&text, writer->buffer, sizeof(writer->buffer));
		render_json(&text, &writer->system, processes);
		text_add(&text, "\n");
		writer->is_samples_written =
			write_line(writer, &writer->samples, text.data, text.used);
	} else {
		writer->is_samples_written = true;
	}
	if (!writer->is_log_written && writer->log.settings->path[0]) {
		text_init(&text, writer->buffer, sizeof(writer->buffer));
		render_line(&text, &writer->system, processes);
		text_add(&text, "\n");
		writer->is_log_written = write_line(writer, &writer->log, text.data, text.used);
	} else {
		writer->is_log_written = true;
	}
}

static void add_alerts(struct writer *writer, struct text *text)
{
	unsigned active = writer->active_alerts;

	text_add(text, "# HELP twinlens_watch_alert_active 1 while the alert is raised.\n"
		       "# TYPE twinlens_watch_alert_active gauge\n");
	for (size_t i = 0; i < writer->settings->n_rules; i++) {
		text_add(text, "twinlens_watch_alert_active{name=");
		text_add_quoted(text, writer->settings->rules[i].name);
		text_add(text, "} %u\n", active >> i & 1);
	}
}

/* A failure does not hold samples back: the next write has newer figures. */
static void write_textfile(struct writer *writer, uint64_t now_ns)
{
	struct text text;

	if (!writer->settings->textfile[0] || now_ns < writer->textfile_ns) {
		return;
	}
	writer->textfile_ns = now_ns + TEXTFILE_GAP_NS;
	text_init(&text, writer->buffer, sizeof(writer->buffer));
	render_prometheus(
		&text, &writer->system, writer->has_processes ? &writer->processes : NULL);
	add_alerts(writer, &text);
	int r = replace_file(writer->settings->textfile, text.data, text.used);
	if (r < 0 && !writer->is_textfile_failing) {
		log_warning("%s: cannot be written: %s", writer->settings->textfile, error_name(r));
	}
	writer->is_textfile_failing = r < 0;
}

static void take_samples(struct writer *writer)
{
	uint64_t join_ns = writer->settings->interval_ns / 4;

	if (!writer->has_system &&
		ring_take(&writer->recorder->system_to_writer, &writer->system)) {
		writer->has_system = true;
		writer->is_log_written = false;
		writer->is_samples_written = false;
		writer->deadline_ns = writer->system.time.taken_ns +
				      (join_ns < JOIN_MAX_NS ? join_ns : JOIN_MAX_NS);
	}
	while (writer->has_system &&
		(!writer->has_processes ||
			writer->processes.time.sequence < writer->system.time.sequence) &&
		ring_take(&writer->recorder->processes_to_writer, &writer->processes)) {
		writer->has_processes = true;
	}
}

/* Whether the sample of the processes that belongs to it is there, or late. */
static bool is_ready(const struct writer *writer, uint64_t now_ns)
{
	return now_ns >= writer->deadline_ns ||
	       (writer->has_processes &&
		       writer->processes.time.sequence >= writer->system.time.sequence);
}

static void report_lost(struct writer *writer)
{
	uint64_t n = ring_take_lost(&writer->recorder->system_to_writer);

	if (n > 0) {
		log_warning("watch: %llu samples were lost, as they could not be written in time",
			(unsigned long long)n);
	}
}

/* Returns whether it was written. */
static bool try_to_write(struct writer *writer, uint64_t now_ns)
{
	write_textfile(writer, now_ns);
	write_sample(writer);
	if (!writer->is_log_written || !writer->is_samples_written) {
		writer->retry_ns = now_ns + RETRY_NS;
		return false;
	}
	writer->has_system = false;
	writer->retry_ns = 0;
	if (writer->is_failing) {
		writer->is_failing = false;
		log_info("watch: samples are written again");
	}
	report_lost(writer);
	return true;
}

/* Until something is to be done. Returns false when the writer is to stop. */
static bool wait_for_work(struct writer *writer)
{
	uint64_t now_ns = clock_now_ns();
	struct pollfd events[] = {
		{.fd = writer->stop_fd, .events = POLLIN},
		{.fd = writer->lines.event_fd, .events = POLLIN},
		{.fd = writer->recorder->system_to_writer.event_fd, .events = POLLIN},
		{.fd = writer->recorder->processes_to_writer.event_fd, .events = POLLIN},
	};
	uint64_t until_ns = UINT64_MAX;

	if (writer->has_system) {
		events[2].fd = -1;
		until_ns = writer->deadline_ns;
	} else {
		events[3].fd = -1;
	}
	if (writer->retry_ns > 0) {
		events[1].fd = -1;
		events[3].fd = -1;
		until_ns = writer->retry_ns;
	}
	uint64_t wait_ns = until_ns > now_ns ? until_ns - now_ns : 0;
	const struct timespec timeout = {.tv_sec = (time_t)(wait_ns / NSEC_PER_SEC),
		.tv_nsec = (long)(wait_ns % NSEC_PER_SEC)};
	int n = ppoll(events, 4, until_ns == UINT64_MAX ? NULL : &timeout, NULL);
	return n <= 0 || !(events[0].revents & POLLIN);
}

/* What is left when it ends; what cannot be written at once is given up. */
static void write_rest(struct writer *writer)
{
	do {
		take_samples(writer);
		if (writer->has_system && !try_to_write(writer, 0)) {
			return;
		}
		take_samples(writer);
	} while (writer->has_system);
	write_lines(writer);
}

static void *run_writer(void *data)
{
	struct writer *writer = data;

	do {
		uint64_t now_ns = clock_now_ns();
		if (atomic_exchange(&writer->is_reopening, false)) {
			log_file_done(&writer->log);
			log_file_done(&writer->samples);
		}
		if (now_ns < writer->retry_ns) {
			continue;
		}
		write_lines(writer);
		take_samples(writer);
		if (writer->has_system && is_ready(writer, now_ns)) {
			try_to_write(writer, now_ns);
		}
	} while (wait_for_work(writer));
	write_rest(writer);
	return NULL;
}

static int start_thread(struct writer *writer)
{
	pthread_attr_t attributes;
	int r = pthread_attr_init(&attributes);

	if (r != 0) {
		return -r;
	}
	r = pthread_attr_setstacksize(&attributes, STACK_SIZE);
	if (r == 0) {
		r = pthread_create(&writer->thread, &attributes, run_writer, writer);
	}
	pthread_attr_destroy(&attributes);
	return -r;
}

int writer_start(struct writer *writer, const struct watch_settings *settings,
	struct recorder *recorder, struct error *err)
{
	writer->settings = settings;
	writer->recorder = recorder;
	log_file_init(&writer->log, &settings->log);
	log_file_init(&writer->samples, &settings->samples);
	writer->stop_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	writer->ended_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	int r = writer->stop_fd < 0 || writer->ended_fd < 0 ? -errno : 0;
	if (r == 0) {
		r = ring_init(&writer->lines, writer->line_slots, sizeof(struct writer_line),
			WRITER_LINES);
	}
	if (r == 0) {
		r = start_thread(writer);
		if (r < 0) {
			ring_done(&writer->lines);
		}
	}
	if (r < 0) {
		writer->stop_fd = close_fd(writer->stop_fd);
		writer->ended_fd = close_fd(writer->ended_fd);
		return error_set(err, r, "writer: %s", error_name(r));
	}
	return 0;
}

void writer_add_line(struct writer *writer, uint64_t unix_ms, const char *text)
{
	struct writer_line line;
	char time[TEXT_TIME_SIZE];

	text_format_time(unix_ms, time);
	snprintf(line.text, sizeof(line.text) - 1, "%s %s", time, text);
	strcat(line.text, "\n");
	ring_give(&writer->lines, &line);
}

void writer_reopen(struct writer *writer)
{
	writer->is_reopening = true;
}

void writer_stop(struct writer *writer)
{
	struct timespec deadline;

	set_event(writer->stop_fd);
	clock_gettime(CLOCK_REALTIME, &deadline);
	deadline.tv_sec += 2;
	if (pthread_timedjoin_np(writer->thread, NULL, &deadline) != 0) {
		log_warning("watch: the log cannot be written in time; what is left is given up");
		return; /* what it uses must stay; the program is about to end */
	}
	log_file_done(&writer->log);
	log_file_done(&writer->samples);
	ring_done(&writer->lines);
	writer->stop_fd = close_fd(writer->stop_fd);
	writer->ended_fd = close_fd(writer->ended_fd);
}
