/* functions.log: which functions run, by perf record. Where it does not work, the log says why. */
#include "profile/profile-impl.h"

#include <errno.h>

#define PACKAGE "linux-perf"
#define DATA    "perf.data"
#define REPORT  "functions.txt"
/* Times a second of CPU time; prime, so that it does not keep step with timers. */
#define FREQUENCY "997"

struct recording {
	char pid[16];
	char data[PATH_MAX];
	char command[256];
	char seconds[TOOL_SLEEP_SIZE];
	uint64_t elapsed_ns;
};

static int record(
	struct profile *profile, uint64_t time_ns, struct recording *recording, struct error *err)
{
	const char *argv[] = {"perf", "record", "-F", FREQUENCY, "-p", recording->pid, "-o",
		recording->data, "--", "sleep", recording->seconds, NULL};
	const struct tool tool = {.name = "perf record",
		.package = PACKAGE,
		.argv = argv,
		.output = "record.txt",
		.result = DATA,
		.has_clock = true};

	tool_sleep(time_ns, recording->seconds);
	tool_describe(&tool, recording->command, sizeof(recording->command));
	recording->elapsed_ns = time_ns;
	return tool_run(&tool, &profile->scratch, profile->interrupt, time_ns, err);
}

static int report(struct profile *profile, const struct recording *recording, struct error *err)
{
	const char *argv[] = {"perf", "report", "--stdio", "-i", recording->data, "--sort",
		"comm,dso,symbol", "--percent-limit", "0.5", NULL};
	const struct tool tool = {
		.name = "perf report", .package = PACKAGE, .argv = argv, .output = REPORT};

	int r = tool_run(&tool, &profile->scratch, profile->interrupt, 0, err);
	if (r < 0) {
		return r;
	}
	/* A report begins with a comment; that there are no samples is an error to read, with
	 * status 0. */
	char line[200];
	scratch_first_line(&profile->scratch, REPORT, line, sizeof(line));
	return line[0] == '#' ? 0 : error_set(err, -ENODATA, "perf report: %s", line);
}

/* reason: why there is no report; NULL with one. */
static int write_log(struct profile *profile, const struct recording *recording, const char *reason,
	struct error *err)
{
	_cleanup_log_file_ struct log_file log = LOG_FILE_NONE;
	const struct log_head head = {.what = "share of the CPU time by thread, file and function",
		.how = "by perf, which samples the process " FREQUENCY " times a second of CPU "
		       "time, and then reports",
		.command = recording->command,
		.elapsed_ns = recording->elapsed_ns};

	int r = log_file_open(&log, profile->options->folder, PROFILE_LOG_FUNCTIONS, err);
	if (r < 0) {
		return r;
	}
	log_file_head(&log, &head);
	if (reason) {
		fprintf(log.file, "\nnot measured: %s\n", reason);
	} else {
		r = profile_append(profile, &log, REPORT, err);
	}
	return r < 0 ? r : profile_commit(profile, &log, err);
}

int profile_functions(struct profile *profile, uint64_t time_ns, struct error *err)
{
	struct recording recording;
	struct error reason;

	snprintf(recording.pid, sizeof(recording.pid), "%d", (int)profile->options->target->pid);
	int r = scratch_name(&profile->scratch, DATA, recording.data, sizeof(recording.data));
	if (r < 0) {
		return error_set(err, r, "%s: %s", profile->scratch.path, error_name(r));
	}
	int recorded = record(profile, time_ns, &recording, &reason);
	if (recorded == 0) {
		recorded = report(profile, &recording, &reason);
	}
	if (profile->interrupt->is_raised) {
		return -EINTR;
	}
	r = write_log(profile, &recording, recorded < 0 ? reason.text : NULL, err);
	if (r == 0 && recorded < 0) {
		r = profile_note(
			profile, err, "%s: not measured: %s", PROFILE_LOG_FUNCTIONS, reason.text);
	}
	return r;
}
