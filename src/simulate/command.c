#include "simulate/command.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include "simulate/oom-score.h"
#include "util/cleanup.h"
#include "util/io.h"

static void run(char *const *argv, bool is_quiet, int oom_score, int go_fd, int end_fd)
{
	char byte;
	ssize_t n;

	do {
		n = read(go_fd, &byte, 1);
	} while (n < 0 && errno == EINTR);
	if (n != 1) {
		_exit(1); /* the process that was to say go has ended */
	}
	if (is_quiet && dup2(STDERR_FILENO, STDOUT_FILENO) < 0) {
		_exit(1);
	}
	oom_score_set(oom_score);
	execvp(argv[0], argv);
	int code = errno;
	(void)io_write_all(end_fd, (const char *)&code, sizeof(code));
	_exit(1);
}

int command_fork(
	struct command *command, char *const *argv, bool is_quiet, int oom_score, struct error *err)
{
	int go[2], end[2];

	if (pipe2(go, O_CLOEXEC) < 0) {
		return error_set(err, -errno, "pipe: %s", error_name(-errno));
	}
	if (pipe2(end, O_CLOEXEC) < 0) {
		int r = -errno;
		close_fd(go[0]);
		close_fd(go[1]);
		return error_set(err, r, "pipe: %s", error_name(r));
	}
	pid_t pid = fork();
	if (pid == 0) {
		close_fd(go[1]);
		run(argv, is_quiet, oom_score, go[0], end[1]);
	}
	int r = pid < 0 ? -errno : 0;
	close_fd(go[0]);
	close_fd(end[1]);
	if (r < 0) {
		close_fd(go[1]);
		close_fd(end[0]);
		return error_set(err, r, "fork: %s", error_name(r));
	}
	*command = (struct command){.pid = pid, .go_fd = go[1], .end_fd = end[0]};
	return 0;
}

int command_go(struct command *command, struct error *err)
{
	int code = 0;
	size_t used;
	int r = io_write_all(command->go_fd, "g", 1);

	if (r == 0) {
		r = io_read_all(command->end_fd, (char *)&code, sizeof(code) + 1, &used);
	}
	if (r < 0) {
		return error_set(err, r, "the process of the command: %s", error_name(r));
	}
	return -code;
}

int command_poll(struct command *command, int *ret_status)
{
	assert(command->pid > 0);
	pid_t pid = waitpid(command->pid, ret_status, WNOHANG);

	if (pid < 0) {
		return errno == EINTR ? 0 : -errno;
	}
	if (pid == 0) {
		return 0;
	}
	command->pid = 0;
	return 1;
}

void command_done(struct command *command)
{
	command->go_fd = close_fd(command->go_fd);
	command->end_fd = close_fd(command->end_fd);
}
