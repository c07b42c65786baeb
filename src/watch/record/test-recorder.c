#include "watch/record/recorder.h"

#include <math.h>
#include <poll.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <unistd.h>

#include <cmocka.h>

#include "util/clock.h"

static struct recorder recorder;
static struct system_sample sample;
static struct process_sample processes;

static bool wait_for(struct ring *ring, void *ret_item)
{
	struct pollfd event = {.fd = ring->event_fd, .events = POLLIN};

	while (!ring_take(ring, ret_item)) {
		if (poll(&event, 1, 10000) != 1) {
			return false;
		}
	}
	return true;
}

static void start(uint64_t interval_ns)
{
	const struct process_target target = {.pid = getpid()};
	struct error err;

	assert_int_equal(recorder_open(&recorder, &sysroot_real, &err), 0);
	assert_int_equal(process_reader_add(&recorder.processes, &target), 0);
	assert_int_equal(recorder_start(&recorder, interval_ns, &err), 0);
}

static void test_takes_samples_in_sequence(void **state)
{
	(void)state;
	uint64_t last = 0;

	start(10 * NSEC_PER_MSEC);
	for (int i = 0; i < 50; i++) {
		assert_true(wait_for(&recorder.system_to_writer, &sample));
		assert_true(sample.time.taken_ns >= sample.time.planned_ns);
		assert_true(i == 0 || sample.time.sequence > last);
		last = sample.time.sequence;
	}
	assert_true(wait_for(&recorder.processes_to_writer, &processes));
	assert_int_equal(processes.n, 1);
	assert_true(processes.entries[0].values[PROCESS_PSS] > 0.0);
	recorder_close(&recorder);
}

static void test_takes_a_sample_when_asked(void **state)
{
	(void)state;

	start(3600 * NSEC_PER_SEC);
	assert_true(wait_for(&recorder.system_to_alerts, &sample));
	assert_int_equal(sample.time.sequence, 0);
	recorder_wake(&recorder);
	assert_true(wait_for(&recorder.system_to_alerts, &sample));
	assert_int_equal(sample.time.sequence, 1);
	assert_false(isnan(sample.values[FIGURE_CPU_USED_PERCENT]) &&
		     isnan(sample.values[FIGURE_VM_MAJOR_FAULTS]));
	recorder_close(&recorder);
}

static void test_samples_once(void **state)
{
	(void)state;
	struct error err;

	assert_int_equal(recorder_open(&recorder, &sysroot_real, &err), 0);
	recorder_sample_once(&recorder, 50 * NSEC_PER_MSEC, &sample, &processes);
	assert_false(isnan(sample.values[FIGURE_VM_MAJOR_FAULTS]));
	assert_int_equal(processes.n, 0);
	recorder_close(&recorder);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_takes_samples_in_sequence),
		cmocka_unit_test(test_takes_a_sample_when_asked),
		cmocka_unit_test(test_samples_once),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
