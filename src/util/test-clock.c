#include "util/clock.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <time.h>

#include <cmocka.h>

static void counts_nanoseconds(void **state)
{
	(void)state;
	const struct timespec pause = {.tv_nsec = 20 * NSEC_PER_MSEC};
	uint64_t start = clock_now_ns();
	assert_int_equal(nanosleep(&pause, NULL), 0);
	uint64_t elapsed = clock_now_ns() - start;
	assert_in_range(elapsed, 20 * NSEC_PER_MSEC, 10 * NSEC_PER_SEC);
}

/* The time of V4L2's buffers and of the page's pictures. */
static void is_monotonic_time(void **state)
{
	(void)state;
	struct timespec now;
	uint64_t before = clock_now_ns();
	assert_int_equal(clock_gettime(CLOCK_MONOTONIC, &now), 0);
	uint64_t after = clock_now_ns();
	assert_in_range((uint64_t)now.tv_sec * NSEC_PER_SEC + (uint64_t)now.tv_nsec, before, after);
}

static void counts_cpu_time(void **state)
{
	(void)state;
	uint64_t start = clock_process_cpu_ns(), deadline = clock_now_ns() + 10 * NSEC_PER_SEC;
	while (clock_process_cpu_ns() - start < 5 * NSEC_PER_MSEC) {
		assert_true(clock_now_ns() < deadline);
	}
	const struct timespec pause = {.tv_nsec = 50 * NSEC_PER_MSEC};
	start = clock_process_cpu_ns();
	assert_int_equal(nanosleep(&pause, NULL), 0);
	assert_in_range(clock_process_cpu_ns() - start, 0, 25 * NSEC_PER_MSEC);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(counts_nanoseconds),
		cmocka_unit_test(is_monotonic_time),
		cmocka_unit_test(counts_cpu_time),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
