#include "profile/child.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/pidfd.h>
#include <sys/wait.h>
#include <unistd.h>

#include "util/cleanup.h"
#include "util/clock.h"

extern char **environ;

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

static int set_attributes(posix_spawnattr_t *attributes)
{
	sigset_t none, defaults;

	sigemptyset(&none);
	sigfillset(&defaults);
	posix_spawnattr_setsigmask(attributes, &none);
	posix_spawnattr_setsigdefault(attributes, &defaults);
	posix_spawnattr_setpgroup(attributes, 0);
	return -posix_spawnattr_setflags(
		attributes, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETPGROUP);
}

static int set_files(posix_spawn_file_actions_t *files, int output_fd)
{
	int r = posix_spawn_file_actions_addopen(files, STDIN_FILENO, "/dev/null", O_RDONLY, 0);

	if (r == 0) {
		r = posix_spawn_file_actions_adddup2(files, output_fd, STDOUT_FILENO);
	}
	if (r == 0) {
		r = posix_spawn_file_actions_adddup2(files, output_fd, STDERR_FILENO);
	}
	return -r;
}

static int spawn(pid_t *ret_pid, const char *path, const char *const argv[], int output_fd)
{
	posix_spawnattr_t attributes;
	posix_spawn_file_actions_t files;

	int r = -posix_spawnattr_init(&attributes);
	if (r < 0) {
		return r;
	}
	r = -posix_spawn_file_actions_init(&files);
	if (r < 0) {
		posix_spawnattr_destroy(&attributes);
		return r;
	}
	r = set_attributes(&attributes);
	if (r == 0) {
		r = set_files(&files, output_fd);
	}
	if (r == 0) {
		r = -posix_spawn(ret_pid, path, &files, &attributes, (char **)argv, environ);
	}
	posix_spawn_file_actions_destroy(&files);
	posix_spawnattr_destroy(&attributes);
	return r;
}

/* With setpriv the program keeps the number of the process: it is executed in its place. */
int child_start(struct child *child, const char *const argv[], int output_fd)
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
	r = spawn(&child->pid, has_setpriv ? setpriv : path, arguments, output_fd);
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

static int reap(struct child *child)
{
	int status = -1;

	while (waitpid(child->pid, &status, 0) < 0 && errno == EINTR) {
	}
	child->pid = 0;
	child->fd = close_fd(child->fd);
	return status;
}

int child_wait(
	struct child *child, struct interrupt *interrupt, uint64_t deadline_ns, int *ret_status)
{
	int r = interrupt_wait(interrupt, child->fd, deadline_ns);

	if (r < 0) {
		return r;
	}
	if (r == 0) {
		return -ETIMEDOUT;
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
	struct pollfd polled = {.fd = child->fd, .events = POLLIN};
	uint64_t deadline = clock_now_ns() + grace_ns;

	if (child->pid == 0) {
		return -1;
	}
	child_signal(child, signo);
	for (uint64_t now = clock_now_ns(); now < deadline; now = clock_now_ns()) {
		int n = poll(&polled, 1, (int)((deadline - now) / NSEC_PER_MSEC) + 1);
		if (n > 0 || (n < 0 && errno != EINTR)) {
			break;
		}
	}
	child_signal(child, SIGKILL);
	return reap(child);
}

void child_done(struct child *child)
{
	child_end(child, SIGKILL, 0);
}
