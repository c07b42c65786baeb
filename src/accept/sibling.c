#include "accept/sibling.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "util/beside.h"
#include "util/cleanup.h"
#include "util/clock.h"
#include "util/json.h"

#define ANSWER_BYTES_MAX (4u << 20)
#define ANSWER_TIMEOUT_S 30

/* In the child. */
static _Noreturn void run(const char *path, const char *const *arguments, int out_fd, int err_fd)
{
	const char *argv[SIBLING_ARGUMENTS_MAX + 2] = {path};
	sigset_t none;

	for (size_t i = 0; arguments[i] && i < SIBLING_ARGUMENTS_MAX; i++) {
		argv[i + 1] = arguments[i];
	}
	setpgid(0, 0); /* ^C is for this process, which then ends the others */
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	if (prctl(PR_SET_PDEATHSIG, SIGTERM) == 0 && dup2(out_fd, STDOUT_FILENO) >= 0 &&
		dup2(err_fd, STDERR_FILENO) >= 0) {
		execv(path, (char *const *)argv);
	}
	_exit(127);
}

static int start(const char *verb, const char *const *arguments, int out_fd, int err_fd,
	pid_t *ret_pid, struct error *err)
{
	char path[PATH_MAX];
	int r = beside_find(verb, path);

	if (r < 0) {
		return error_set(err, r,
			"twinlens %s: not found beside this program: %s; install "
			"twinlens again",
			verb, error_name(r));
	}
	pid_t pid = fork();
	if (pid < 0) {
		r = -errno;
		return error_set(err, r, "twinlens %s: cannot be run: %s", verb, error_name(r));
	}
	if (pid == 0) {
		run(path, arguments, out_fd, err_fd);
	}
	*ret_pid = pid;
	return 0;
}

int sibling_start(const char *verb, const char *const *arguments, int out_fd, pid_t *ret_pid,
	struct error *err)
{
	return start(verb, arguments, out_fd, out_fd, ret_pid, err);
}

struct pipe_text {
	char *text;
	size_t used, size;
};

/* 1 while there may be more. */
static int take(int fd, struct pipe_text *into)
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

/* Until both are closed. */
static int collect(int out_fd, int err_fd, struct pipe_text *out, struct pipe_text *message)
{
	uint64_t end_ns = clock_now_ns() + ANSWER_TIMEOUT_S * NSEC_PER_SEC;
	struct pollfd fds[] = {{out_fd, POLLIN, 0}, {err_fd, POLLIN, 0}};

	while (fds[0].fd >= 0 || fds[1].fd >= 0) {
		uint64_t now_ns = clock_now_ns();
		if (now_ns >= end_ns) {
			return -ETIMEDOUT;
		}
		if (poll(fds, 2, (int)((end_ns - now_ns) / NSEC_PER_MSEC) + 1) < 0) {
			return -errno;
		}
		for (int i = 0; i < 2; i++) {
			if (fds[i].fd < 0 || fds[i].revents == 0) {
				continue;
			}
			int r = take(fds[i].fd, i == 0 ? out : message);
			if (r < 0) {
				return r;
			}
			fds[i].fd = r > 0 ? fds[i].fd : -1;
		}
	}
	return 0;
}

static int make_pipe(int ret_fds[2])
{
	return pipe2(ret_fds, O_CLOEXEC) < 0 ? -errno : 0;
}

static int ask(const char *verb, const char *const *arguments, struct pipe_text *out,
	struct pipe_text *message, struct error *err)
{
	int fds[4] = {-1, -1, -1, -1};
	_cleanup_close_ int out_fd = -1, err_fd = -1;
	pid_t pid;

	int r = make_pipe(fds);
	if (r < 0) {
		return error_set(err, r, "twinlens %s: pipe: %s", verb, error_name(r));
	}
	out_fd = fds[0];
	r = make_pipe(fds + 2);
	if (r < 0) {
		close_fd(fds[1]);
		return error_set(err, r, "twinlens %s: pipe: %s", verb, error_name(r));
	}
	err_fd = fds[2];
	r = start(verb, arguments, fds[1], fds[3], &pid, err);
	close_fd(fds[1]);
	close_fd(fds[3]);
	if (r < 0) {
		return r;
	}
	r = collect(out_fd, err_fd, out, message);
	if (r < 0) {
		kill(pid, SIGKILL);
		error_set(err, r, "twinlens %s: its answer could not be read: %s", verb,
			error_name(r));
	}
	while (waitpid(pid, NULL, 0) < 0 && errno == EINTR) {
	}
	return r;
}

int sibling_ask(
	const char *verb, const char *const *arguments, json_t **ret_json, struct error *err)
{
	_cleanup_free_ char *text = malloc(ANSWER_BYTES_MAX);
	char said[ERROR_TEXT_MAX] = "";
	struct pipe_text out = {text, 0, ANSWER_BYTES_MAX};
	char messages[4096] = "";
	struct pipe_text message = {messages, 0, sizeof(messages)};

	if (!text) {
		return error_set(err, -ENOMEM, "twinlens %s: out of memory", verb);
	}
	text[0] = '\0';
	int r = ask(verb, arguments, &out, &message, err);
	if (r < 0) {
		return r;
	}
	json_t *json = json_loads(text, 0, NULL);
	if (!json) {
		const char *line = messages;
		if (strncmp(line, "twinlens: ", strlen("twinlens: ")) == 0) {
			line += strlen("twinlens: ");
		}
		snprintf(said, sizeof(said), "%.*s", (int)strcspn(line, "\n"), line);
		return error_set(err, -EPROTO, "%s", said[0] ? said : "no answer");
	}
	*ret_json = json;
	return 0;
}
