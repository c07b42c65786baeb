#include "util/child.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/pidfd.h>
#include <sys/wait.h>
#include <unistd.h>

#include "util/cleanup.h"
#include "util/clock.h"

int child_find(const char *name, char ret_path[PATH_MAX])
{
	const char *folders = getenv("PATH");

	if (strchr(name, '/')) {
		folders = "";
	} else if (!folders) {
		folders = "/usr/bin:/bin";
	}
	for (const char *at = folders;; at++) {
		int length = (int)strcspn(at, ":");
		int n = snprintf(
			ret_path, PATH_MAX, "%.*s%s%s", length, at, length > 0 ? "/" : "", name);
		if (n >= 0 && n < PATH_MAX && access(ret_path, X_OK) == 0) {
			return 0;
		}
		at += length;
		if (*at == '\0') {
			return -ENOENT;
		}
	}
}

int child_attributes_init(posix_spawnattr_t *ret_attributes)
{
	sigset_t none, defaults;
	int r = -posix_spawnattr_init(ret_attributes);

	if (r < 0) {
		return r;
	}
	sigemptyset(&none);
	sigfillset(&defaults);
	posix_spawnattr_setsigmask(ret_attributes, &none);
	posix_spawnattr_setsigdefault(ret_attributes, &defaults);
	posix_spawnattr_setpgroup(ret_attributes, 0);
	r = -posix_spawnattr_setflags(ret_attributes,
		POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETPGROUP);
	if (r < 0) {
		posix_spawnattr_destroy(ret_attributes);
	}
	return r;
}

static int set_file(posix_spawn_file_actions_t *actions, int from, int to)
{
	return from >= 0 ? -posix_spawn_file_actions_adddup2(actions, from, to)
			 : -posix_spawn_file_actions_addopen(actions, to, "/dev/null", O_RDWR, 0);
}

static int set_files(posix_spawn_file_actions_t *actions, const struct child_files *files)
{
	int r = set_file(actions, files->in, STDIN_FILENO);

	if (r == 0) {
		r = set_file(actions, files->out, STDOUT_FILENO);
	}
	return r < 0 ? r : set_file(actions, files->err, STDERR_FILENO);
}

int child_spawn(const char *path, const char *const argv[], char *const environment[],
	const struct child_files *files, pid_t *ret_pid)
{
	posix_spawnattr_t attributes;
	posix_spawn_file_actions_t actions;

	int r = child_attributes_init(&attributes);
	if (r < 0) {
		return r;
	}
	r = -posix_spawn_file_actions_init(&actions);
	if (r < 0) {
		posix_spawnattr_destroy(&attributes);
		return r;
	}
	r = set_files(&actions, files);
	if (r == 0) {
		r = -posix_spawn(ret_pid, path, &actions, &attributes, (char **)argv, environment);
	}
	posix_spawn_file_actions_destroy(&actions);
	posix_spawnattr_destroy(&attributes);
	return r;
}

/* With setpriv the program keeps the number of the process: it is executed in its place. */
int child_start(struct child *child, const char *const argv[], const struct child_files *files)
{
	const char *arguments[CHILD_ARGUMENTS_MAX + 5];
	char path[PATH_MAX], setpriv[PATH_MAX];
	size_t n = 0;

	int r = child_find(argv[0], path);
	if (r < 0) {
		return r;
	}
	bool has_setpriv = child_find("setpriv", setpriv) == 0;
	if (has_setpriv) {
		arguments[n++] = "setpriv";
		arguments[n++] = "--pdeathsig=TERM";
		arguments[n++] = "--";
	}
	arguments[n++] = path;
	for (size_t i = 1; argv[i]; i++) {
		if (i >= CHILD_ARGUMENTS_MAX) {
			return -E2BIG;
		}
		arguments[n++] = argv[i];
	}
	arguments[n] = NULL;
	r = child_spawn(has_setpriv ? setpriv : path, arguments, environ, files, &child->pid);
	if (r < 0) {
		child->pid = 0;
		return r;
	}
	child->fd = pidfd_open(child->pid, 0);
	if (child->fd < 0) {
		r = -errno;
		child_done(child);
	}
	return r;
}

/* Kills what is left of the group first, as long as no other one can have its number. */
static int reap(struct child *child)
{
	int status = -1;

	child_signal(child, SIGKILL);
	while (waitpid(child->pid, &status, 0) < 0 && errno == EINTR) {
	}
	child->pid = 0;
	child->fd = close_fd(child->fd);
	return status;
}

/* Waits until one of them can be read. Their number, 0 at the deadline, or a negative errno. */
static int poll_until(struct pollfd *polled, nfds_t n, uint64_t deadline_ns)
{
	int ready;

	do {
		struct timespec left = clock_left_until(deadline_ns);
		ready = ppoll(polled, n, &left, NULL);
	} while (ready < 0 && errno == EINTR);
	return ready < 0 ? -errno : ready;
}

int child_wait(struct child *child, uint64_t deadline_ns, int *ret_status)
{
	struct pollfd polled = {.fd = child->fd, .events = POLLIN};
	int r = poll_until(&polled, 1, deadline_ns);

	if (r <= 0) {
		return r < 0 ? r : -ETIMEDOUT;
	}
	*ret_status = reap(child);
	return 0;
}

void child_signal(const struct child *child, int signo)
{
	if (child->pid > 0) {
		kill(-child->pid, signo);
	}
}

int child_end(struct child *child, int signo, uint64_t grace_ns)
{
	int status;

	if (child->pid == 0) {
		return -1;
	}
	child_signal(child, signo);
	return child_wait(child, clock_now_ns() + grace_ns, &status) == 0 ? status : reap(child);
}

void child_done(struct child *child)
{
	child_end(child, SIGKILL, 0);
}

/* 1 while there may be more. */
static int take(int fd, struct child_text *into)
{
	ssize_t n = read(fd, into->text + into->used, into->size - 1 - into->used);

	if (n < 0) {
		return errno == EINTR ? 1 : -errno;
	}
	into->used += (size_t)n;
	into->text[into->used] = '\0';
	if (into->used == into->size - 1) {
		return -EMSGSIZE;
	}
	return n > 0;
}

int child_collect(int out_fd, int err_fd, uint64_t deadline_ns, struct child_text *out,
	struct child_text *err)
{
	struct pollfd polled[] = {{out_fd, POLLIN, 0}, {err_fd, POLLIN, 0}};

	out->text[0] = err->text[0] = '\0';
	out->used = err->used = 0;
	while (polled[0].fd >= 0 || polled[1].fd >= 0) {
		int r = poll_until(polled, 2, deadline_ns);
		if (r <= 0) {
			return r < 0 ? r : -ETIMEDOUT;
		}
		for (int i = 0; i < 2; i++) {
			if (polled[i].fd < 0 || polled[i].revents == 0) {
				continue;
			}
			r = take(polled[i].fd, i == 0 ? out : err);
			if (r < 0) {
				return r;
			}
			polled[i].fd = r > 0 ? polled[i].fd : -1;
		}
	}
	return 0;
}

int child_run(const char *const argv[], uint64_t timeout_ns, struct child_text *out,
	struct child_text *err, int *ret_status)
{
	_cleanup_child_ struct child child = CHILD_NONE;
	_cleanup_close_ int out_fd = -1, err_fd = -1;
	uint64_t deadline_ns = clock_now_ns() + timeout_ns;
	int out_pipe[2], err_pipe[2];

	if (pipe2(out_pipe, O_CLOEXEC) < 0) {
		return -errno;
	}
	out_fd = out_pipe[0];
	if (pipe2(err_pipe, O_CLOEXEC) < 0) {
		int r = -errno;
		close_fd(out_pipe[1]);
		return r;
	}
	err_fd = err_pipe[0];
	const struct child_files files = {.in = -1, .out = out_pipe[1], .err = err_pipe[1]};
	int r = child_start(&child, argv, &files);
	close_fd(out_pipe[1]);
	close_fd(err_pipe[1]);
	if (r == 0) {
		r = child_collect(out_fd, err_fd, deadline_ns, out, err);
	}
	return r == 0 ? child_wait(&child, deadline_ns, ret_status) : r;
}
