/*
 * Takes samples at planned moments, on two threads: that of the system, which reads files of the
 * kernel only and is never late; and that of the processes, which may wait for one of them. Each
 * gives its samples to two rings, one for the writer and one for the alerts; nobody waits for who
 * takes.
 *
 * Between two samples that are more than a second apart available memory is looked at each second,
 * and when it falls fast the next sample comes earlier.
 */
#ifndef WATCH_RECORD_RECORDER_H
#define WATCH_RECORD_RECORDER_H

#include <pthread.h>
#include <stdatomic.h>

#include "util/error.h"
#include "watch/record/process.h"
#include "watch/record/ring.h"
#include "watch/record/server.h"
#include "watch/record/system.h"

#define RECORDER_BACKLOG         256 /* samples of the system that wait for a slow disk */
#define RECORDER_PROCESS_BACKLOG 32
#define RECORDER_ALERT_BACKLOG   16

/* Large: not for the stack. */
struct recorder {
	uint64_t interval_ns;
	struct system_reader system;
	struct process_reader processes;
	struct server_reader server;
	struct ring system_to_writer, system_to_alerts;
	struct ring processes_to_writer, processes_to_alerts;
	int wake_fd, tick_fd;
	atomic_bool is_stopping;
	pthread_mutex_t tick_lock;
	struct sample_time tick; /* of the last system sample; tick_lock */
	pthread_t system_thread, process_thread;
	bool is_running, has_rings;

	struct system_sample system_slots[RECORDER_BACKLOG];
	struct system_sample system_alert_slots[RECORDER_ALERT_BACKLOG];
	struct process_sample process_slots[RECORDER_PROCESS_BACKLOG];
	struct process_sample process_alert_slots[RECORDER_ALERT_BACKLOG];
};

/* root must outlive the recorder. 0 or a negative errno with err. */
int recorder_open(struct recorder *recorder, const struct sysroot *root, struct error *err);

/* Stops it, too. */
void recorder_close(struct recorder *recorder);

/*
 * Has the first process of the first target asked for the figures of the server, or a URL; see
 * server.h. Before the first sample. 0 or a negative errno.
 */
int recorder_ask_server(
	struct recorder *recorder, const char *program, const char *url, uint64_t interval_ns);

/* Targets of recorder->processes are added before. 0 or a negative errno with err. */
int recorder_start(struct recorder *recorder, uint64_t interval_ns, struct error *err);

/* Asks for a sample now. Any thread. */
void recorder_wake(struct recorder *recorder);

/*
 * Joins the threads; what they gave can still be taken. The one that waits for a process gets a
 * second, and is left behind then.
 */
void recorder_stop(struct recorder *recorder);

/* Without threads: a first sample, a pause, and the one that is returned. */
void recorder_sample_once(struct recorder *recorder, uint64_t pause_ns,
	struct system_sample *ret_system, struct process_sample *ret_processes);

#endif
