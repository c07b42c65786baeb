/* On real programs: sh and sleep. */
#include "util/child.h"

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

static const struct child_files none = {.in = -1, .out = -1, .err = -1};

static int start(struct child *child, int output_fd, const char *command)
{
	const char *argv[] = {"sh", "-c", command, NULL};
	const struct child_files files = {.in = -1, .out = output_fd, .err = output_fd};

	return child_start(child, argv, &files);
}

/* Returns where its output can be read, until all that has it has ended. */
static int start_to_read(struct child *child, const char *command)
{
	int fds[2];

	assert_int_equal(pipe2(fds, O_CLOEXEC), 0);
	assert_int_equal(start(child, fds[1], command), 0);
	close(fds[1]);
	return fds[0];
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
	assert_int_equal(child_wait(&child, in_ms(20000), &status), 0);
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

	assert_int_equal(child_start(&child, argv, &none), -ENOENT);
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
	int status;

	int fd = start_to_read(&child, "trap '' INT; sleep 1000 & echo; wait");
	assert_int_equal(read(fd, &byte, 1), 1);
	assert_int_equal(child_wait(&child, in_ms(50), &status), -ETIMEDOUT);
	status = child_end(&child, SIGINT, NSEC_PER_SEC / 10);
	assert_true(WIFSIGNALED(status));
	assert_int_equal(WTERMSIG(status), SIGKILL);
	assert_int_equal(read(fd, &byte, 1), 0);
	close(fd);
	assert_int_equal(child_end(&child, SIGINT, 0), -1);
}

/* Signals that this process blocks or ignores are those of an ordinary program there. */
static void test_can_be_ended_softly(void **state)
{
	(void)state;
	struct child child = CHILD_NONE;
	const char *argv[] = {"sleep", "1000", NULL};

	signal(SIGINT, SIG_IGN);
	assert_int_equal(child_start(&child, argv, &none), 0);
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

/* A program may leave children behind when it ends. */
static void test_what_is_left_of_the_group_is_killed(void **state)
{
	(void)state;
	struct child child = CHILD_NONE;
	char byte;
	int status;

	int fd = start_to_read(&child, "sleep 1000 &");
	assert_int_equal(child_wait(&child, in_ms(20000), &status), 0);
	assert_int_equal(status, 0);
	assert_int_equal(read(fd, &byte, 1), 0);
	close(fd);
}

static void test_its_environment_and_its_input(void **state)
{
	(void)state;
	const char *argv[] = {"sh", "-c", "read -r line; echo \"$line $WORD\"", NULL};
	char word[] = "WORD=two", *environment[] = {word, NULL}, text[16] = "";
	int in[2], out[2], status;
	pid_t pid;

	assert_int_equal(pipe2(in, O_CLOEXEC), 0);
	assert_int_equal(pipe2(out, O_CLOEXEC), 0);
	assert_int_equal(write(in[1], "one\n", 4), 4);
	const struct child_files files = {.in = in[0], .out = out[1], .err = -1};
	assert_int_equal(child_spawn("/bin/sh", argv, environment, &files, &pid), 0);
	assert_int_equal(getpgid(pid), pid);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
	assert_int_equal(read(out[0], text, sizeof(text) - 1), 8);
	assert_string_equal(text, "one two\n");
	for (int i = 0; i < 2; i++) {
		close(in[i]);
		close(out[i]);
	}
}

static int run(const char *command, uint64_t timeout_ms, struct child_text *out,
	struct child_text *err, int *ret_status)
{
	const char *argv[] = {"sh", "-c", command, NULL};

	return child_run(argv, timeout_ms * NSEC_PER_MSEC, out, err, ret_status);
}

static void test_what_it_writes_is_kept_up_to_a_limit(void **state)
{
	(void)state;
	char out_text[8], err_text[8];
	struct child_text out = {.text = out_text, .size = sizeof(out_text)};
	struct child_text err = {.text = err_text, .size = sizeof(err_text)};
	int status;

	assert_int_equal(run("echo out; echo err >&2; exit 3", 20000, &out, &err, &status), 0);
	assert_int_equal(WEXITSTATUS(status), 3);
	assert_string_equal(out.text, "out\n");
	assert_string_equal(err.text, "err\n");
	assert_int_equal(run("echo 123456; sleep 1000", 20000, &out, &err, &status), -EMSGSIZE);
	assert_string_equal(out.text, "123456\n");
	assert_int_equal(run("sleep 1000", 50, &out, &err, &status), -ETIMEDOUT);
	assert_int_equal(run("exec >&- 2>&-; sleep 1000", 50, &out, &err, &status), -ETIMEDOUT);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_runs_to_its_end),
		cmocka_unit_test(test_a_program_that_is_not_there),
		cmocka_unit_test(test_ends_the_whole_group),
		cmocka_unit_test(test_can_be_ended_softly),
		cmocka_unit_test(test_dies_with_its_parent),
		cmocka_unit_test(test_what_is_left_of_the_group_is_killed),
		cmocka_unit_test(test_its_environment_and_its_input),
		cmocka_unit_test(test_what_it_writes_is_kept_up_to_a_limit),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
