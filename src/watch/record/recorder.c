#include "watch/record/recorder.h"

#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sys/eventfd.h>
#include <time.h>
#include <unistd.h>

#include "util/cleanup.h"
#include "util/clock.h"
#include "watch/record/interval.h"

#define GLANCE_NS   NSEC_PER_SEC
#define CATCH_UP_NS NSEC_PER_SEC
#define STACK_SIZE  (256 << 10) /* counts against RLIMIT_MEMLOCK; 4 to 20 KiB are touched */

static uint64_t now_unix_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_REALTIME, &now);
	return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / NSEC_PER_MSEC;
}

static void set_event(int fd)
{
	const uint64_t one = 1;
	ssize_t written = write(fd, &one, sizeof(one));

	(void)written; /* it fails only when it is set already, 2^64 times */
}

static void clear_event(int fd)
{
	uint64_t events;
	ssize_t n = read(fd, &events, sizeof(events));

	(void)n;
}

int recorder_open(struct recorder *recorder, const struct sysroot *root, struct error *err)
{
	recorder->is_running = false;
	recorder->has_rings = false;
	server_reader_init(&recorder->server);
	recorder->wake_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	recorder->tick_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (recorder->wake_fd < 0 || recorder->tick_fd < 0) {
		int r = -errno;
		close_fd(recorder->wake_fd);
		close_fd(recorder->tick_fd);
		return error_set(err, r, "eventfd: %s", error_name(r));
	}
	int r = system_reader_open(&recorder->system, root);
	if (r < 0) {
		close_fd(recorder->wake_fd);
		close_fd(recorder->tick_fd);
		return error_set(err, r, "/proc/meminfo: %s; is /proc mounted?", error_name(r));
	}
	r = process_reader_open(&recorder->processes, root);
	if (r < 0) {
		system_reader_close(&recorder->system);
		close_fd(recorder->wake_fd);
		close_fd(recorder->tick_fd);
		return error_set(err, r, "/proc: %s", error_name(r));
	}
	return 0;
}

static void done_rings(struct recorder *recorder)
{
	ring_done(&recorder->system_to_writer);
	ring_done(&recorder->system_to_alerts);
	ring_done(&recorder->processes_to_writer);
	ring_done(&recorder->processes_to_alerts);
}

void recorder_close(struct recorder *recorder)
{
	recorder_stop(recorder);
	if (recorder->has_rings) {
		done_rings(recorder);
		pthread_mutex_destroy(&recorder->tick_lock);
	}
	server_reader_close(&recorder->server);
	process_reader_close(&recorder->processes);
	system_reader_close(&recorder->system);
	recorder->wake_fd = close_fd(recorder->wake_fd);
	recorder->tick_fd = close_fd(recorder->tick_fd);
}

static void give_system(struct recorder *recorder, const struct system_sample *sample)
{
	ring_give(&recorder->system_to_writer, sample);
	ring_give(&recorder->system_to_alerts, sample);
	pthread_mutex_lock(&recorder->tick_lock);
	recorder->tick = sample->time;
	pthread_mutex_unlock(&recorder->tick_lock);
	set_event(recorder->tick_fd);
}

/* When the next sample is due, as far as that is known. */
struct schedule {
	uint64_t next_ns;
	double available_bytes; /* when it was last looked at */
	uint64_t looked_ns;
};

/* Brings the next sample forward when memory falls fast. */
static void look(struct schedule *schedule, uint64_t interval_ns, double available_bytes)
{
	uint64_t now_ns = clock_now_ns();
	uint64_t wait_ns = interval_shorten(interval_ns, schedule->available_bytes, available_bytes,
		now_ns - schedule->looked_ns);

	schedule->available_bytes = available_bytes;
	schedule->looked_ns = now_ns;
	if (wait_ns < interval_ns && now_ns + wait_ns < schedule->next_ns) {
		schedule->next_ns = now_ns + wait_ns;
	}
}

/* Returns the planned moment of the next sample: now, when somebody asked for one. */
static uint64_t wait_for_next(struct recorder *recorder, struct schedule *schedule)
{
	for (;;) {
		uint64_t now_ns = clock_now_ns();
		if (now_ns >= schedule->next_ns || recorder->is_stopping) {
			return schedule->next_ns;
		}
		uint64_t wait_ns = schedule->next_ns - now_ns;
		if (wait_ns > GLANCE_NS) {
			wait_ns = GLANCE_NS;
		}
		struct pollfd wake = {.fd = recorder->wake_fd, .events = POLLIN};
		const struct timespec timeout = {.tv_sec = (time_t)(wait_ns / NSEC_PER_SEC),
			.tv_nsec = (long)(wait_ns % NSEC_PER_SEC)};
		if (ppoll(&wake, 1, &timeout, NULL) > 0) {
			clear_event(recorder->wake_fd);
			return clock_now_ns();
		}
		if (clock_now_ns() < schedule->next_ns) {
			look(schedule, recorder->interval_ns,
				system_reader_glance(&recorder->system));
		}
	}
}

static void *run_system(void *data)
{
	struct recorder *recorder = data;
	struct system_sample sample = {.time.planned_ns = clock_now_ns()};
	struct schedule schedule = {.next_ns = sample.time.planned_ns};

	while (!recorder->is_stopping) {
		sample.time.taken_ns = clock_now_ns();
		sample.time.taken_unix_ms = now_unix_ms();
		system_reader_sample(&recorder->system, sample.time.taken_ns, &sample);
		give_system(recorder, &sample);

		while (schedule.next_ns <= sample.time.planned_ns) {
			schedule.next_ns += recorder->interval_ns;
		}
		/* A short delay is made up for; after a long one, the sequence shows what is lost.
		 */
		uint64_t now_ns = clock_now_ns();
		while (schedule.next_ns + recorder->interval_ns + CATCH_UP_NS <= now_ns) {
			schedule.next_ns += recorder->interval_ns;
			sample.time.sequence++;
		}
		look(&schedule, recorder->interval_ns, sample.values[FIGURE_MEMORY_AVAILABLE]);
		sample.time.planned_ns = wait_for_next(recorder, &schedule);
		sample.time.sequence++;
	}
	return NULL;
}

int recorder_ask_server(
	struct recorder *recorder, const char *program, const char *url, uint64_t interval_ns)
{
	return server_reader_open(&recorder->server, program, url, interval_ns);
}

static void sample_processes(struct recorder *recorder, struct process_sample *sample)
{
	sample->time.taken_ns = clock_now_ns();
	sample->time.taken_unix_ms = now_unix_ms();
	process_reader_sample(&recorder->processes, sample->time.taken_ns, sample);
	server_reader_sample(&recorder->server, process_reader_find(&recorder->processes, 0),
		clock_now_ns(), &sample->server);
}

/* Looks after the server's figures meanwhile. */
static void wait_for_tick(struct recorder *recorder)
{
	for (;;) {
		struct pollfd tick = {.fd = recorder->tick_fd, .events = POLLIN};
		uint64_t next_ns = server_reader_next_ns(&recorder->server);
		const struct timespec left = clock_left_until(next_ns);
		if (ppoll(&tick, 1, next_ns == UINT64_MAX ? NULL : &left, NULL) > 0) {
			clear_event(recorder->tick_fd);
			return;
		}
		server_reader_run(&recorder->server, clock_now_ns());
	}
}

static void *run_processes(void *data)
{
	struct recorder *recorder = data;
	struct process_sample sample;

	while (!recorder->is_stopping) {
		wait_for_tick(recorder);
		if (recorder->is_stopping) {
			break;
		}
		pthread_mutex_lock(&recorder->tick_lock);
		sample.time = recorder->tick;
		pthread_mutex_unlock(&recorder->tick_lock);
		sample_processes(recorder, &sample);
		ring_give(&recorder->processes_to_writer, &sample);
		ring_give(&recorder->processes_to_alerts, &sample);
	}
	return NULL;
}

static int init_rings(struct recorder *recorder)
{
	const struct {
		struct ring *ring;
		void *slots;
		size_t item_size, n_slots;
	} rings[] = {
		{&recorder->system_to_writer, recorder->system_slots, sizeof(struct system_sample),
			RECORDER_BACKLOG},
		{&recorder->system_to_alerts, recorder->system_alert_slots,
			sizeof(struct system_sample), RECORDER_ALERT_BACKLOG},
		{&recorder->processes_to_writer, recorder->process_slots,
			sizeof(struct process_sample), RECORDER_PROCESS_BACKLOG},
		{&recorder->processes_to_alerts, recorder->process_alert_slots,
			sizeof(struct process_sample), RECORDER_ALERT_BACKLOG},
	};

	for (size_t i = 0; i < sizeof(rings) / sizeof(rings[0]); i++) {
		int r = ring_init(
			rings[i].ring, rings[i].slots, rings[i].item_size, rings[i].n_slots);
		if (r < 0) {
			while (i > 0) {
				ring_done(rings[--i].ring);
			}
			return r;
		}
	}
	return 0;
}

static int start_threads(struct recorder *recorder)
{
	pthread_attr_t attributes;
	int r = pthread_attr_init(&attributes);

	if (r != 0) {
		return -r;
	}
	r = pthread_attr_setstacksize(&attributes, STACK_SIZE);
	if (r == 0) {
		r = pthread_create(&recorder->system_thread, &attributes, run_system, recorder);
	}
	if (r == 0) {
		r = pthread_create(&recorder->process_thread, &attributes, run_processes, recorder);
		if (r != 0) {
			recorder->is_stopping = true;
			recorder_wake(recorder);
			pthread_join(recorder->system_thread, NULL);
		}
	}
	pthread_attr_destroy(&attributes);
	return -r;
}

int recorder_start(struct recorder *recorder, uint64_t interval_ns, struct error *err)
{
	recorder->interval_ns = interval_ns;
	recorder->is_stopping = false;
	int r = -pthread_mutex_init(&recorder->tick_lock, NULL);
	if (r < 0) {
		return error_set(err, r, "recorder: %s", error_name(r));
	}
	r = init_rings(recorder);
	if (r < 0) {
		pthread_mutex_destroy(&recorder->tick_lock);
		return error_set(err, r, "recorder: %s", error_name(r));
	}
	r = start_threads(recorder);
	if (r < 0) {
		done_rings(recorder);
		pthread_mutex_destroy(&recorder->tick_lock);
		return error_set(err, r, "recorder: cannot start a thread: %s", error_name(r));
	}
	recorder->is_running = true;
	recorder->has_rings = true;
	return 0;
}

void recorder_wake(struct recorder *recorder)
{
	set_event(recorder->wake_fd);
}

void recorder_stop(struct recorder *recorder)
{
	struct timespec deadline;

	if (!recorder->is_running) {
		return;
	}
	recorder->is_running = false;
	recorder->is_stopping = true;
	recorder_wake(recorder);
	set_event(recorder->tick_fd);
	pthread_join(recorder->system_thread, NULL);
	clock_gettime(CLOCK_REALTIME, &deadline);
	deadline.tv_sec++;
	if (pthread_timedjoin_np(recorder->process_thread, NULL, &deadline) != 0) {
		recorder->has_rings = false; /* what it uses stays; the program is about to end */
	}
}

void recorder_sample_once(struct recorder *recorder, uint64_t pause_ns,
	struct system_sample *ret_system, struct process_sample *ret_processes)
{
	struct timespec pause = {.tv_sec = (time_t)(pause_ns / NSEC_PER_SEC),
		.tv_nsec = (long)(pause_ns % NSEC_PER_SEC)};

	for (int i = 0; i < 2; i++) {
		if (i > 0) {
			while (clock_nanosleep(CLOCK_MONOTONIC, 0, &pause, &pause) == EINTR) {
			}
			server_reader_wait(&recorder->server);
		}
		ret_system->time = (struct sample_time){.planned_ns = clock_now_ns(),
			.taken_ns = clock_now_ns(),
			.taken_unix_ms = now_unix_ms()};
		system_reader_sample(&recorder->system, ret_system->time.taken_ns, ret_system);
		ret_processes->time = ret_system->time;
		sample_processes(recorder, ret_processes);
	}
}
