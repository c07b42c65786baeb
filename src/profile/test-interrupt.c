#include "profile/interrupt.h"

#include <errno.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <unistd.h>

#include <cmocka.h>

#include "util/clock.h"

static uint64_t in_ms(uint64_t ms)
{
	return clock_now_ns() + ms * NSEC_PER_MSEC;
}

static void test_a_signal_ends_every_wait(void **state)
{
	(void)state;
	struct interrupt mine;
	struct child child = CHILD_NONE;
	const char *argv[] = {"sleep", "1000", NULL};
	const struct child_files files = {.in = -1, .out = -1, .err = -1};
	int status;

	assert_int_equal(interrupt_open(&mine), 0);
	assert_int_equal(child_start(&child, argv, &files), 0);
	assert_int_equal(interrupt_wait(&mine, -1, in_ms(10)), 0);
	kill(getpid(), SIGTERM);
	assert_int_equal(interrupt_wait_child(&mine, &child, in_ms(20000), &status), -EINTR);
	assert_int_equal(interrupt_wait(&mine, -1, in_ms(20000)), -EINTR);
	child_done(&child);
	interrupt_close(&mine);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_a_signal_ends_every_wait),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
