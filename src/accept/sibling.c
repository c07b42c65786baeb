#include "accept/sibling.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

#include "util/beside.h"
#include "util/child.h"
#include "util/cleanup.h"
#include "util/clock.h"
#include "util/json.h"

#define ANSWER_BYTES_MAX  (4u << 20)
#define ANSWER_TIMEOUT_NS (120 * NSEC_PER_SEC) /* twinlens boot on a busy board */

#define CANCEL_TIMEOUT_NS (5 * NSEC_PER_SEC)

/* The program of a verb and its arguments. */
struct command {
	char path[PATH_MAX];
	const char *argv[SIBLING_ARGUMENTS_MAX + 2];
};

static int find(const char *verb, const char *const *arguments, struct command *ret_command,
	struct error *err)
{
	int r = beside_find(verb, ret_command->path);

	if (r < 0) {
		return error_set(err, r,
			"twinlens %s: not found beside this program: %s; install "
			"twinlens again",
			verb, error_name(r));
	}
	size_t n = 0;
	ret_command->argv[n++] = ret_command->path;
	for (size_t i = 0; arguments[i] && i < SIBLING_ARGUMENTS_MAX; i++) {
		ret_command->argv[n++] = arguments[i];
	}
	ret_command->argv[n] = NULL;
	return 0;
}

int sibling_start(const char *verb, const char *const *arguments, int out_fd, pid_t *ret_pid,
	struct error *err)
{
	const struct child_files files = {.in = -1, .out = out_fd, .err = out_fd};
	struct child child = CHILD_NONE;
	struct command command;

	int r = find(verb, arguments, &command, err);
	if (r < 0) {
		return r;
	}
	r = child_start(&child, command.argv, &files);
	if (r < 0) {
		return error_set(err, r, "twinlens %s: cannot be run: %s", verb, error_name(r));
	}
	close_fd(child.fd);
	*ret_pid = child.pid;
	return 0;
}

/* Pipes to the stdin, and from the stdout and stderr of a program. */
static int make_pipes(int pipes[3][2])
{
	for (int i = 0; i < 3; i++) {
		if (pipe2(pipes[i], O_CLOEXEC) < 0) {
			return -errno;
		}
	}
	return 0;
}

int sibling_open(const char *verb, const char *const *arguments, struct sibling *ret_sibling,
	struct error *err)
{
	int pipes[3][2] = {{-1, -1}, {-1, -1}, {-1, -1}};
	struct sibling sibling = {.verb = verb, .child = CHILD_NONE};
	struct command command;

	int r = find(verb, arguments, &command, err);
	if (r < 0) {
		return r;
	}
	r = make_pipes(pipes);
	if (r == 0) {
		const struct child_files files = {pipes[0][0], pipes[1][1], pipes[2][1]};
		r = child_start(&sibling.child, command.argv, &files);
	}
	close_fd(pipes[0][0]);
	close_fd(pipes[1][1]);
	close_fd(pipes[2][1]);
	sibling.in_fd = pipes[0][1];
	sibling.out_fd = pipes[1][0];
	sibling.err_fd = pipes[2][0];
	if (r < 0) {
		close_fd(sibling.in_fd);
		close_fd(sibling.out_fd);
		close_fd(sibling.err_fd);
		return error_set(err, r, "twinlens %s: cannot be run: %s", verb, error_name(r));
	}
	*ret_sibling = sibling;
	return 0;
}

/* With its line, but for what all programs of twinlens begin theirs with. */
static int refuse(const char *verb, const char *line, int code, struct error *err)
{
	const size_t prefix = strlen("twinlens: ");

	if (line[0] == '\0') {
		return error_set(err, code, "twinlens %s: ended without an answer", verb);
	}
	line += strncmp(line, "twinlens: ", prefix) == 0 ? prefix : 0;
	return error_set(err, code, "%.*s", (int)strcspn(line, "\n"), line);
}

/* Without its end; a byte a time, so that nothing after it is taken. 1; 0 at the end of all. */
static int read_line(int fd, int cancel_fd, char *line, size_t size, uint64_t end_ns)
{
	size_t used = 0;

	for (;;) {
		struct pollfd fds[] = {{fd, POLLIN, 0}, {cancel_fd, POLLIN, 0}};
		struct timespec left = clock_left_until(end_ns);
		int ready = ppoll(fds, 2, &left, NULL);
		if (ready < 0 && errno == EINTR) {
			continue;
		}
		if (ready <= 0) {
			return ready < 0 ? -errno : -ETIMEDOUT;
		}
		if (fds[1].revents) {
			return -ECANCELED;
		}
		ssize_t n = read(fd, line + used, 1);
		if (n < 0 && errno != EINTR) {
			return -errno;
		}
		if (n == 0 || (n > 0 && line[used] == '\n')) {
			line[used] = '\0';
			return n > 0;
		}
		used += n > 0 && used < size - 1;
	}
}

int sibling_wait_line(struct sibling *sibling, const char *line, unsigned timeout_s, int cancel_fd,
	struct error *err)
{
	uint64_t end_ns = clock_now_ns() + timeout_s * NSEC_PER_SEC;
	char last[ERROR_TEXT_MAX] = "", text[ERROR_TEXT_MAX];
	int r;

	while ((r = read_line(sibling->err_fd, cancel_fd, text, sizeof(text), end_ns)) > 0) {
		if (strcmp(text, line) == 0) {
			return 0;
		}
		strcpy(last, text);
	}
	if (r == -ECANCELED) {
		return error_set(err, r, "twinlens %s: interrupted", sibling->verb);
	}
	return r == 0 ? refuse(sibling->verb, last, -ENOTSUP, err)
		      : error_set(err, r, "twinlens %s: not ready within %u s: %s", sibling->verb,
				timeout_s, error_name(r));
}

/* What a program has printed: JSON, or a line that says why not. */
static int parse(const char *verb, const char *text, const char *messages, json_t **ret_json,
	struct error *err)
{
	json_t *json = json_loads(text, 0, NULL);

	if (!json) {
		return refuse(verb, messages, -EPROTO, err);
	}
	*ret_json = json;
	return 0;
}

void sibling_cancel(struct sibling *sibling)
{
	close_fd(sibling->in_fd);
	child_end(&sibling->child, SIGTERM, CANCEL_TIMEOUT_NS);
	close_fd(sibling->out_fd);
	close_fd(sibling->err_fd);
}

int sibling_close(struct sibling *sibling, json_t **ret_json, struct error *err)
{
	static char text[ANSWER_BYTES_MAX]; /* its pages are there once they are written to */
	char messages[4096];
	struct child_text out = {.text = text, .size = sizeof(text)};
	struct child_text message = {.text = messages, .size = sizeof(messages)};

	close_fd(sibling->in_fd);
	int r = child_collect(sibling->out_fd, sibling->err_fd, clock_now_ns() + ANSWER_TIMEOUT_NS,
		&out, &message);
	child_end(&sibling->child, SIGTERM, NSEC_PER_SEC);
	close_fd(sibling->out_fd);
	close_fd(sibling->err_fd);
	if (r < 0) {
		return error_set(err, r, "twinlens %s: its answer could not be read: %s",
			sibling->verb, error_name(r));
	}
	return parse(sibling->verb, text, messages, ret_json, err);
}

int sibling_ask(
	const char *verb, const char *const *arguments, json_t **ret_json, struct error *err)
{
	_cleanup_free_ char *text = malloc(ANSWER_BYTES_MAX);
	char messages[4096];
	struct child_text out = {.text = text, .size = ANSWER_BYTES_MAX};
	struct child_text message = {.text = messages, .size = sizeof(messages)};
	struct command command;
	int status;

	if (!text) {
		return error_set(err, -ENOMEM, "twinlens %s: out of memory", verb);
	}
	int r = find(verb, arguments, &command, err);
	if (r < 0) {
		return r;
	}
	r = child_run(command.argv, ANSWER_TIMEOUT_NS, &out, &message, &status);
	if (r < 0) {
		return error_set(err, r, "twinlens %s: its answer could not be read: %s", verb,
			error_name(r));
	}
	return parse(verb, text, messages, ret_json, err);
}
