#include "watch/record/server.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "util/child.h"
#include "util/cleanup.h"
#include "util/clock.h"
#include "util/error.h"
#include "util/utf8.h"
#include "watch/record/server-sample.h"

#define GAP_NS   (10 * NSEC_PER_SEC)
#define LIMIT_NS (2 * NSEC_PER_SEC)
#define LOOK_NS  (2 * NSEC_PER_MSEC)

void server_reader_init(struct server_reader *reader)
{
	reader->output_fd = -1;
	reader->child = 0;
	reader->asked = 0;
	reader->address[0] = '\0';
	server_sample_clear(&reader->latest, 0);
}

/* All that starting takes is made here, so that nothing is allocated later. */
int server_reader_open(
	struct server_reader *reader, const char *program, const char *url, uint64_t interval_ns)
{
	reader->program = program;
	reader->url = url[0] ? url : NULL;
	reader->interval_ns = interval_ns;
	reader->due_ns = 0;
	/* Of one size: a program gone wild must not fill the memory. */
	_cleanup_close_ int fd = memfd_create("twinlens-status", MFD_CLOEXEC | MFD_ALLOW_SEALING);
	if (fd < 0 || ftruncate(fd, SERVER_TEXT_MAX) < 0 ||
		fcntl(fd, F_ADD_SEALS, F_SEAL_GROW | F_SEAL_SHRINK) < 0) {
		return -errno;
	}
	int r = child_attributes_init(&reader->attributes);
	if (r < 0) {
		return r;
	}
	r = -posix_spawn_file_actions_init(&reader->files);
	if (r == 0) {
		r = -posix_spawn_file_actions_adddup2(&reader->files, fd, STDOUT_FILENO);
		if (r < 0) {
			posix_spawn_file_actions_destroy(&reader->files);
		}
	}
	if (r < 0) {
		posix_spawnattr_destroy(&reader->attributes);
		return r;
	}
	reader->output_fd = take_fd(fd);
	return 0;
}

void server_reader_close(struct server_reader *reader)
{
	if (reader->output_fd < 0) {
		return;
	}
	if (reader->child > 0) {
		kill(reader->child, SIGKILL);
		waitpid(reader->child, NULL, 0);
		reader->child = 0;
	}
	posix_spawn_file_actions_destroy(&reader->files);
	posix_spawnattr_destroy(&reader->attributes);
	reader->output_fd = close_fd(reader->output_fd);
}

/* Absent, and why. */
static void fail(struct server_reader *reader, const char *why)
{
	server_sample_clear(&reader->latest, reader->asked);
	reader->address[0] = '\0';
	snprintf(reader->latest.trouble, sizeof(reader->latest.trouble), "%.120s", why);
}

static void start(struct server_reader *reader, pid_t pid, uint64_t now_ns)
{
	static const char nothing[SERVER_TEXT_MAX];
	char server[256], title[] = "twinlens watch";
	char *argv[] = {title, server, NULL, NULL};
	/* The figures of long intervals are asked for shortly before the sample. */
	bool is_first = reader->due_ns == 0;
	uint64_t gap_ns = reader->interval_ns > GAP_NS ? reader->interval_ns : GAP_NS;

	if (is_first && reader->interval_ns >= GAP_NS + LIMIT_NS) {
		gap_ns -= LIMIT_NS;
	}
	reader->due_ns = (is_first ? now_ns : reader->due_ns) + gap_ns;
	if (reader->due_ns <= now_ns) {
		reader->due_ns = now_ns + gap_ns;
	}
	if (reader->asked != pid) {
		reader->address[0] = '\0';
	}
	reader->asked = pid;
	reader->is_killed = false;
	reader->deadline_ns = now_ns + LIMIT_NS;
	if (reader->url) {
		snprintf(server, sizeof(server), "%s", reader->url);
	} else {
		snprintf(server, sizeof(server), "%d", (int)pid);
		argv[2] = reader->address[0] ? reader->address : NULL;
	}
	if (pwrite(reader->output_fd, nothing, sizeof(nothing), 0) < 0 ||
		lseek(reader->output_fd, 0, SEEK_SET) < 0) {
		fail(reader, error_name(-errno));
		return;
	}
	int r = posix_spawn(&reader->child, reader->program, &reader->files, &reader->attributes,
		argv, environ);
	if (r != 0) {
		char why[128];
		reader->child = 0;
		snprintf(why, sizeof(why), "cannot run %.80s: %s", reader->program, error_name(-r));
		fail(reader, why);
	}
}

/* Keeps a first line "url URL". Returns what follows. */
static const char *take_address(struct server_reader *reader, const char *text)
{
	size_t length = strcspn(text, "\n");

	if (strncmp(text, "url ", 4) != 0 || length - 4 >= sizeof(reader->address) ||
		text[length] != '\n') {
		return text;
	}
	memcpy(reader->address, text + 4, length - 4);
	reader->address[length - 4] = '\0';
	return text + length + 1;
}

/* What the program printed, up to a bound; its first line only is for people. */
static void take_output(struct server_reader *reader, bool is_done)
{
	struct server_sample sample = {.pid = reader->asked};
	char text[SERVER_TEXT_MAX + 1];
	ssize_t n = pread(reader->output_fd, text, SERVER_TEXT_MAX, 0);

	text[n > 0 ? n : 0] = '\0';
	size_t length = strlen(text);
	if (!is_done) {
		text[strcspn(text, "\n")] = '\0';
		fail(reader,
			text[0] && utf8_is_printable(text) ? text : "twinlens-watch-status failed");
	} else if (length > 0 && length < SERVER_TEXT_MAX &&
		   server_sample_parse(take_address(reader, text), &sample) == 0) {
		reader->latest = sample;
	} else {
		fail(reader, "what it answers is not understood");
	}
}

static void take_end(struct server_reader *reader, int status)
{
	reader->child = 0;
	if (reader->is_killed) {
		fail(reader, "no answer within 2 s");
	} else {
		take_output(reader, WIFEXITED(status) && WEXITSTATUS(status) == 0);
	}
}

static void follow_child(struct server_reader *reader, uint64_t now_ns)
{
	int status;

	if (waitpid(reader->child, &status, WNOHANG) == reader->child) {
		take_end(reader, status);
	} else if (now_ns >= reader->deadline_ns && !reader->is_killed) {
		kill(reader->child, SIGKILL);
		reader->is_killed = true;
		fail(reader, "no answer within 2 s");
	}
}

static bool has_server(const struct server_reader *reader)
{
	return reader->output_fd >= 0 && (reader->url || reader->latest.pid > 0);
}

void server_reader_run(struct server_reader *reader, uint64_t now_ns)
{
	pid_t pid = reader->latest.pid;

	if (reader->child > 0) {
		follow_child(reader, now_ns);
	}
	if (reader->latest.pid != pid) {
		server_sample_clear(&reader->latest, pid); /* another one was asked */
	}
	if (has_server(reader) && reader->child == 0 && now_ns >= reader->due_ns) {
		start(reader, pid, now_ns);
	}
}

void server_reader_sample(
	struct server_reader *reader, pid_t pid, uint64_t now_ns, struct server_sample *ret_sample)
{
	if (!reader->url && reader->latest.pid != pid) {
		server_sample_clear(&reader->latest, pid);
	}
	server_reader_run(reader, now_ns);
	*ret_sample = reader->latest;
}

uint64_t server_reader_next_ns(const struct server_reader *reader)
{
	if (reader->child > 0) {
		return reader->is_killed ? UINT64_MAX : reader->deadline_ns;
	}
	return has_server(reader) ? reader->due_ns : UINT64_MAX;
}

void server_reader_wait(struct server_reader *reader)
{
	static const struct timespec look = {.tv_nsec = LOOK_NS};

	while (reader->child > 0 && !reader->is_killed) {
		nanosleep(&look, NULL);
		follow_child(reader, clock_now_ns());
	}
}
