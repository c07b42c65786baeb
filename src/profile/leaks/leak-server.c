#include "profile/leaks/leak-server.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "client/status.h"
#include "profile/leaks/leak-picture.h"
#include "profile/leaks/suppressions.h"
#include "profile/rates.h"
#include "profile/tool.h"
#include "util/cleanup.h"
#include "util/clock.h"
#include "util/io.h"

#define CONFIG       "twinlens.conf"
#define SUPPRESSIONS "twinlens.supp"
#define OUTPUT       "server.txt"
#define VGDB         "vgdb"
#define PICTURES     "pictures"
#define PICTURE      PICTURES "/1.jpg"
#define PICTURE_GONE "1.jpg"
#define POLL_NS      (NSEC_PER_SEC / 20)
#define STATUS_NS    (5 * NSEC_PER_SEC)
#define STOP_NS      (30 * NSEC_PER_SEC)
#define LOG_MAX      ((size_t)64 << 20)

/*
 * One camera whose pictures are passed on, one whose pictures are encoded, one that can be taken
 * away, and one that is not there and is looked for again and again. The rate changes with each
 * reload.
 */
static const char config[] = "[server]\n"
			     "listen = 127.0.0.1:0\n"
			     "[camera:passed]\n"
			     "source = synthetic,size=64x48,fps=%u,format=mjpeg\n"
			     "idle_stop = 100ms\n"
			     "[camera:encoded]\n"
			     "source = synthetic,size=64x48,fps=20,format=yuyv\n"
			     "idle_stop = 100ms\n"
			     "[camera:plugged]\n"
			     "source = replay:%s/" PICTURES ",fps=20\n"
			     "idle_stop = 100ms\n"
			     "[camera:missing]\n"
			     "source = v4l2:/dev/twinlens-no-such-device\n"
			     "idle_stop = 100ms\n";

static int write_file(const struct scratch *scratch, const char *name, const char *data,
	size_t size, struct error *err)
{
	_cleanup_close_ int fd = scratch_create(scratch, name);
	int r = fd < 0 ? fd : io_write_all(fd, data, size);

	return r < 0 ? error_set(err, r, "%s/%s: %s", scratch->path, name, error_name(r)) : 0;
}

static int write_config(struct leak_server *server, struct error *err)
{
	char text[sizeof(config) + PATH_MAX];
	const char *folder = server->scratch->path;

	snprintf(text, sizeof(text), config, 20 + server->n_reloads % 2, folder);
	return write_file(server->scratch, CONFIG, text, strlen(text), err);
}

static int write_picture(const struct scratch *scratch, struct error *err)
{
	char folder[PATH_MAX];
	int r = scratch_name(scratch, PICTURES, folder, sizeof(folder));

	if (r == 0 && mkdir(folder, 0700) < 0) {
		r = -errno;
	}
	if (r < 0) {
		return error_set(err, r, "%s/%s: %s", scratch->path, PICTURES, error_name(r));
	}
	return write_file(scratch, PICTURE, (const char *)leak_picture, LEAK_PICTURE_BYTES, err);
}

static int move(const struct scratch *scratch, const char *from, const char *to, struct error *err)
{
	char old[PATH_MAX], new[PATH_MAX];
	int r = scratch_name(scratch, from, old, sizeof(old));

	if (r == 0) {
		r = scratch_name(scratch, to, new, sizeof(new));
	}
	if (r == 0 && rename(old, new) < 0) {
		r = -errno;
	}
	return r < 0 ? error_set(err, r, "%s/%s: %s", scratch->path, from, error_name(r)) : 0;
}

int leak_server_unplug(struct leak_server *server, struct error *err)
{
	return move(server->scratch, PICTURE, PICTURE_GONE, err);
}

int leak_server_plug(struct leak_server *server, struct error *err)
{
	return move(server->scratch, PICTURE_GONE, PICTURE, err);
}

static int spawn(struct leak_server *server, struct error *err)
{
	char suppressions[PATH_MAX + 32], prefix[PATH_MAX + 32], log[PATH_MAX + 32], conf[PATH_MAX];
	const char *folder = server->scratch->path;

	snprintf(suppressions, sizeof(suppressions), "--suppressions=%s/" SUPPRESSIONS, folder);
	snprintf(prefix, sizeof(prefix), "--vgdb-prefix=%s/" VGDB, folder);
	snprintf(log, sizeof(log), "--log-file=%s", server->options->log);
	int r = scratch_name(server->scratch, CONFIG, conf, sizeof(conf));
	if (r < 0) {
		return error_set(err, r, "%s: %s", folder, error_name(r));
	}
	const char *argv[] = {"valgrind", "--tool=memcheck", "--leak-check=full",
		"--show-leak-kinds=all", "--errors-for-leak-kinds=none", "--track-origins=yes",
		"--child-silent-after-fork=yes", "--vgdb=yes", "-s", prefix, suppressions, log,
		server->options->program, "-c", conf, NULL};
	const struct tool tool = {.argv = argv};
	tool_describe(&tool, server->command, sizeof(server->command));
	_cleanup_close_ int fd = scratch_create(server->scratch, OUTPUT);
	if (fd < 0) {
		return error_set(err, fd, "%s: %s", folder, error_name(fd));
	}
	const struct child_files files = {.in = -1, .out = fd, .err = fd};
	r = child_start(&server->child, argv, &files);
	if (r == -ENOENT) {
		return error_set(
			err, -ENOENT, "valgrind is not installed; install the package valgrind");
	}
	return r < 0 ? error_set(err, r, "valgrind: %s", error_name(r)) : 0;
}

/* -EINTR, -ECHILD when the server has ended by itself, or -ETIMEDOUT; 0 while none of them. */
static int wait_a_little(struct leak_server *server, uint64_t deadline_ns, struct error *err)
{
	char line[200];
	int status;
	int r = interrupt_wait_child(
		server->interrupt, &server->child, clock_now_ns() + POLL_NS, &status);

	if (r == 0) {
		scratch_first_line(server->scratch, OUTPUT, line, sizeof(line));
		return error_set(err, -ECHILD, "the server ended by itself: %s", line);
	}
	if (r == -ETIMEDOUT && clock_now_ns() < deadline_ns) {
		return 0;
	}
	return r == -EINTR ? r : error_set(err, r, "the server: %s", error_name(r));
}

int leak_server_start(struct leak_server *server, const struct leak_server_options *options,
	const struct scratch *scratch, struct interrupt *interrupt, uint64_t deadline_ns,
	struct error *err)
{
	*server = (struct leak_server){.options = options,
		.scratch = scratch,
		.interrupt = interrupt,
		.child = CHILD_NONE};
	int r = write_file(
		scratch, SUPPRESSIONS, suppressions_text, strlen(suppressions_text), err);
	if (r < 0) {
		return r;
	}
	r = write_picture(scratch, err);
	if (r < 0) {
		return r;
	}
	r = write_config(server, err);
	if (r < 0) {
		return r;
	}
	r = spawn(server, err);
	while (r == 0) {
		struct error reason;
		if (rates_find_server(server->child.pid, &server->url, &reason) == 0) {
			return 0;
		}
		r = wait_a_little(server, deadline_ns, err);
	}
	if (r == -ETIMEDOUT) {
		error_set(err, r,
			"the server did not answer in time under valgrind; give it a longer "
			"--duration");
	}
	return r;
}

int leak_server_reload(struct leak_server *server, struct error *err)
{
	server->n_reloads++;
	int r = write_config(server, err);
	if (r == 0) {
		child_signal(&server->child, SIGHUP);
	}
	return r;
}

/* What is still at work: "" when nothing is. Lost cameras and missing ones are not. */
static void describe_work(const json_t *status, char *text, size_t size)
{
	const json_t *cameras = json_object_get(status, "cameras"), *camera;
	size_t n_viewers = json_array_size(json_object_get(status, "viewers")), i, used = 0;

	text[0] = '\0';
	if (n_viewers > 0) {
		used = (size_t)snprintf(text, size, "%zu viewers", n_viewers);
	}
	json_array_foreach(cameras, i, camera) {
		const char *name = json_string_value(json_object_get(camera, "name"));
		const char *state = json_string_value(json_object_get(camera, "state"));
		bool is_at_work = !name || !state || strcmp(state, "streaming") == 0 ||
				  strcmp(state, "starting") == 0;
		if (is_at_work && used < size) {
			used += (size_t)snprintf(text + used, size - used, "%s%s is %s",
				used > 0 ? ", " : "", name ? name : "?", state ? state : "?");
		}
	}
}

/* One look. 1 when it is quiet; 0, and work says what is not, or why it is not known. */
static int look_for_work(const struct leak_server *server, char *work, size_t size)
{
	struct error reason;
	json_t *status;

	if (status_fetch(&server->url, STATUS_NS, &status, &reason) < 0) {
		snprintf(work, size, "%.*s", (int)size - 1, reason.text);
		return 0;
	}
	describe_work(status, work, size);
	json_decref(status);
	return work[0] == '\0';
}

int leak_server_settle(struct leak_server *server, uint64_t deadline_ns, struct error *err)
{
	char work[ERROR_TEXT_MAX] = "";
	int r = 0;

	while (r == 0) {
		r = wait_a_little(server, deadline_ns, err);
		if (r == 0 && look_for_work(server, work, sizeof(work)) > 0) {
			return 0;
		}
	}
	return r == -ETIMEDOUT
		       ? error_set(err, r, "the server did not come to rest in time: %s", work)
		       : r;
}

char *leak_server_read_log(const struct leak_server *server, size_t offset)
{
	_cleanup_file_ FILE *file = fopen(server->options->log, "re");
	struct stat status;

	if (!file || fstat(fileno(file), &status) < 0 ||
		fseeko(file, (off_t)offset, SEEK_SET) < 0) {
		return NULL;
	}
	size_t size = (size_t)status.st_size > offset ? (size_t)status.st_size - offset : 0;
	if (size > LOG_MAX) {
		errno = EFBIG;
		return NULL;
	}
	char *text = malloc(size + 1);
	if (text) {
		text[fread(text, 1, size, file)] = '\0';
	}
	return text;
}

static int ask(struct leak_server *server, const char *const command[], struct error *err)
{
	char prefix[PATH_MAX + 32], pid[32];
	const char *argv[12] = {"vgdb", prefix, pid};
	const struct tool tool = {
		.name = "vgdb", .package = "valgrind", .argv = argv, .output = "vgdb.txt"};

	snprintf(prefix, sizeof(prefix), "--vgdb-prefix=%s/" VGDB, server->scratch->path);
	snprintf(pid, sizeof(pid), "--pid=%d", (int)server->child.pid);
	for (size_t i = 0; command[i]; i++) {
		argv[3 + i] = command[i];
	}
	return tool_run(&tool, server->scratch, server->interrupt, 0, err);
}

int leak_server_check(struct leak_server *server, struct leak_counts *ret_counts, struct error *err)
{
	static const char *const to_log[] = {"v.set", "log_output", NULL};
	static const char *const search[] = {"leak_check", "summary", "reachable", "any", NULL};
	struct stat status;

	if (stat(server->options->log, &status) < 0) {
		return error_set(err, -errno, "%s: %s", server->options->log, error_name(-errno));
	}
	int r = ask(server, to_log, err);
	if (r == 0) {
		r = ask(server, search, err);
	}
	if (r < 0) {
		return server->interrupt->is_raised ? -EINTR : r;
	}
	_cleanup_free_ char *text = leak_server_read_log(server, (size_t)status.st_size);
	if (!text || leak_counts_parse(text, ret_counts) < 0) {
		return error_set(
			err, -EPROTO, "%s: no result of leak_check in it", server->options->log);
	}
	return 0;
}

int leak_server_stop(struct leak_server *server, struct error *err)
{
	int status = child_end(&server->child, SIGTERM, STOP_NS);

	if (status != 0) {
		return error_set(err, -EIO, "the server did not end well: %s %d",
			WIFSIGNALED(status) ? "signal" : "status",
			WIFSIGNALED(status) ? WTERMSIG(status) : WEXITSTATUS(status));
	}
	return 0;
}

void leak_server_done(struct leak_server *server)
{
	child_done(&server->child);
}
