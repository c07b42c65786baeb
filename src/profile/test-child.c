/* On real programs: sh and sleep. */
#include "profile/child.h"

#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "util/clock.h"

static struct interrupt interrupt;

static int start(struct child *child, int output_fd, const char *command)
{
	const char *argv[] = {"sh", "-c", command, NULL};

	return child_start(child, argv, output_fd);
}

static uint64_t in_ms(uint64_t ms)
{
	return clock_now_ns() + ms * NSEC_PER_MSEC;
}

static void test_runs_to_its_end(void **state)
{
	(void)state;
	struct child child = CHILD_NONE;
	char text[64] = "";
	int fds[2], status;

	assert_int_equal(pipe2(fds, O_CLOEXEC), 0);
	assert_int_equal(start(&child, fds[1], "echo out; echo err >&2; exit 3"), 0);
	assert_int_equal(child_wait(&child, &interrupt, in_ms(20000), &status), 0);
	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), 3);
	assert_int_equal(child.pid, 0);
	assert_int_equal(read(fds[0], text, sizeof(text) - 1), 8);
	assert_string_equal(text, "out\nerr\n");
	close(fds[0]);
	close(fds[1]);
	child_done(&child);
}

static void test_a_program_that_is_not_there(void **state)
{
	(void)state;
	struct child child = CHILD_NONE;
	const char *argv[] = {"twinlens-no-such-program", NULL};
	char path[PATH_MAX];

	assert_int_equal(child_start(&child, argv, STDERR_FILENO), -ENOENT);
	assert_int_equal(child_find("twinlens-no-such-program", path), -ENOENT);
	assert_int_equal(child_find("sh", path), 0);
	assert_int_equal(path[0], '/');
}

/* The grandchild would hold the pipe open. */
static void test_ends_the_whole_group(void **state)
{
	(void)state;
	struct child child = CHILD_NONE;
	char byte;
	int fds[2], status;

	assert_int_equal(pipe2(fds, O_CLOEXEC), 0);
	assert_int_equal(start(&child, fds[1], "trap '' INT; sleep 1000 & echo; wait"), 0);
	close(fds[1]);
	assert_int_equal(read(fds[0], &byte, 1), 1);
	assert_int_equal(child_wait(&child, &interrupt, in_ms(50), &status), -ETIMEDOUT);
	status = child_end(&child, SIGINT, NSEC_PER_SEC / 10);
	assert_true(WIFSIGNALED(status));
	assert_int_equal(WTERMSIG(status), SIGKILL);
	assert_int_equal(read(fds[0], &byte, 1), 0);
	close(fds[0]);
	assert_int_equal(child_end(&child, SIGINT, 0), -1);
}

/* Signals that this process blocks or ignores are those of an ordinary program there. */
static void test_can_be_ended_softly(void **state)
{
	(void)state;
	struct child child = CHILD_NONE;
	const char *argv[] = {"sleep", "1000", NULL};

	signal(SIGINT, SIG_IGN);
	assert_int_equal(child_start(&child, argv, STDERR_FILENO), 0);
	int status = child_end(&child, SIGINT, 20 * NSEC_PER_SEC);
	signal(SIGINT, SIG_DFL);
	assert_true(WIFSIGNALED(status));
	assert_int_equal(WTERMSIG(status), SIGINT);
}

static void test_dies_with_its_parent(void **state)
{
	(void)state;
	char path[PATH_MAX], byte;
	int fds[2];

	if (child_find("setpriv", path) < 0) {
		skip(); /* there is no setpriv */
	}
	assert_int_equal(pipe2(fds, O_CLOEXEC), 0);
	pid_t parent = fork();
	assert_true(parent >= 0);
	if (parent == 0) {
		struct child child = CHILD_NONE;
		int r = start(&child, fds[1], "echo; exec sleep 1000");
		close(fds[1]);
		pause();
		_exit(r < 0);
	}
	close(fds[1]);
	assert_int_equal(read(fds[0], &byte, 1), 1);
	kill(parent, SIGKILL);
	waitpid(parent, NULL, 0);
	assert_int_equal(read(fds[0], &byte, 1), 0);
	close(fds[0]);
}

static void test_a_signal_ends_every_wait(void **state)
{
	(void)state;
	struct interrupt mine;
	struct child child = CHILD_NONE;
	const char *argv[] = {"sleep", "1000", NULL};
	int status;

	assert_int_equal(interrupt_open(&mine), 0);
	assert_int_equal(child_start(&child, argv, STDERR_FILENO), 0);
	assert_int_equal(interrupt_wait(&mine, -1, in_ms(10)), 0);
	kill(getpid(), SIGTERM);
	assert_int_equal(child_wait(&child, &mine, in_ms(20000), &status), -EINTR);
	assert_int_equal(interrupt_wait(&mine, -1, in_ms(20000)), -EINTR);
	child_done(&child);
	interrupt_close(&mine);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_runs_to_its_end),
		cmocka_unit_test(test_a_program_that_is_not_there),
		cmocka_unit_test(test_ends_the_whole_group),
		cmocka_unit_test(test_can_be_ended_softly),
		cmocka_unit_test(test_dies_with_its_parent),
		cmocka_unit_test(test_a_signal_ends_every_wait),
	};

	if (interrupt_open(&interrupt) < 0) {
		return 1;
	}
	return cmocka_run_group_tests(tests, NULL, NULL);
}
