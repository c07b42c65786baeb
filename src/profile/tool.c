#include "profile/tool.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include "util/cleanup.h"
#include "util/clock.h"

#define END_NS (10 * NSEC_PER_SEC) /* to write its result */
#define RUN_NS (60 * NSEC_PER_SEC) /* to run to its end */

void tool_describe(const struct tool *tool, char *text, size_t size)
{
	size_t used = 0;

	text[0] = '\0';
	for (size_t i = 0; tool->argv[i] && used < size; i++) {
		used += (size_t)snprintf(
			text + used, size - used, "%s%s", i > 0 ? " " : "", tool->argv[i]);
	}
}

void tool_sleep(uint64_t time_ns, char ret_seconds[static TOOL_SLEEP_SIZE])
{
	snprintf(ret_seconds, TOOL_SLEEP_SIZE, "%.3f", clock_to_seconds(time_ns));
}

static int set_failed(const struct tool *tool, const struct scratch *scratch, struct error *err)
{
	char line[200];

	scratch_first_line(scratch, tool->output, line, sizeof(line));
	if (!line[0] && tool->result) {
		scratch_first_line(scratch, tool->result, line, sizeof(line)); /* perf trace -o */
	}
	return error_set(
		err, -EIO, "%s failed: %s", tool->name, line[0] ? line : "it printed no reason");
}

static bool has_result(const struct tool *tool, const struct scratch *scratch)
{
	char path[PATH_MAX];
	struct stat status;

	if (!tool->result) {
		return true;
	}
	return scratch_name(scratch, tool->result, path, sizeof(path)) == 0 &&
	       stat(path, &status) == 0 && status.st_size > 0;
}

static int start(const struct tool *tool, const struct scratch *scratch, struct child *child,
	struct error *err)
{
	_cleanup_close_ int fd = scratch_create(scratch, tool->output);

	if (fd < 0) {
		return error_set(err, fd, "%s: %s", scratch->path, error_name(fd));
	}
	const struct child_files files = {.in = -1, .out = fd, .err = fd};
	int r = child_start(child, tool->argv, &files);
	if (r == -ENOENT) {
		return error_set(err, r, "%s is not installed; install the package %s",
			tool->argv[0], tool->package);
	}
	return r < 0 ? error_set(err, r, "%s: %s", tool->name, error_name(r)) : 0;
}

int tool_run(const struct tool *tool, const struct scratch *scratch, struct interrupt *interrupt,
	uint64_t time_ns, struct error *err)
{
	_cleanup_child_ struct child child = CHILD_NONE;
	bool runs_on = time_ns > 0 && !tool->has_clock;
	uint64_t limit_ns = runs_on ? time_ns : time_ns + RUN_NS;
	int status = 0;

	int r = start(tool, scratch, &child, err);
	if (r < 0) {
		return r;
	}
	int waited = interrupt_wait_child(interrupt, &child, clock_now_ns() + limit_ns, &status);
	if (waited == 0) {
		bool is_good = !runs_on && status == 0 && has_result(tool, scratch);
		return is_good ? 0 : set_failed(tool, scratch, err);
	}
	if (waited == -ETIMEDOUT && !runs_on) {
		return error_set(err, -EIO, "%s took longer than %.0f s", tool->name,
			clock_to_seconds(limit_ns));
	}
	child_end(&child, SIGINT, END_NS);
	if (waited == -EINTR) {
		return has_result(tool, scratch) ? -EINTR : -ECANCELED;
	}
	if (!has_result(tool, scratch)) {
		return set_failed(tool, scratch, err);
	}
	return waited == -ETIMEDOUT
		       ? 0
		       : error_set(err, waited, "%s: %s", tool->name, error_name(waited));
}
