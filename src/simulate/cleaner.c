#include "simulate/cleaner.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "simulate/oom-score.h"
#include "util/cleanup.h"

static void detach(void)
{
	sigset_t all;

	sigfillset(&all);
	sigprocmask(SIG_SETMASK, &all, NULL);
	setsid();
	prctl(PR_SET_NAME, "twinlens-clean");
	oom_score_protect();
	/* Whoever reads the command's output is not to wait for this process. */
	int null = open("/dev/null", O_RDWR | O_CLOEXEC);
	if (null >= 0) {
		dup2(null, STDIN_FILENO);
		dup2(null, STDOUT_FILENO);
		close_fd(null);
	}
}

static void wait_end(int fd)
{
	char byte;

	while (read(fd, &byte, 1) < 0 && errno == EINTR) {
	}
}

int cleaner_start(struct cleaner *cleaner, int (*clean)(void *data), void *data, struct error *err)
{
	int ends[2];

	if (pipe2(ends, O_CLOEXEC) < 0) {
		return error_set(err, -errno, "pipe: %s", error_name(-errno));
	}
	pid_t pid = fork();
	if (pid == 0) {
		close_fd(ends[1]);
		detach();
		wait_end(ends[0]);
		_exit(clean(data));
	}
	int r = pid < 0 ? -errno : 0;
	close_fd(ends[0]);
	if (r < 0) {
		close_fd(ends[1]);
		return error_set(err, r, "fork: %s", error_name(r));
	}
	*cleaner = (struct cleaner){.pid = pid, .fd = ends[1]};
	return 0;
}

int cleaner_finish(struct cleaner *cleaner)
{
	int status;

	if (cleaner->pid == 0) {
		return 0;
	}
	cleaner->fd = close_fd(cleaner->fd);
	while (waitpid(cleaner->pid, &status, 0) < 0) {
		if (errno != EINTR) {
			return -errno;
		}
	}
	cleaner->pid = 0;
	return WIFEXITED(status) ? WEXITSTATUS(status) : -ECHILD;
}
