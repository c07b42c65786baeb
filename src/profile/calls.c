/*
 * syscall_analysis.log: by perf trace, which the process hardly notices; where that is not
 * installed or not allowed, by strace -c, which stops a thread twice in each call. So strace runs
 * for a short time only, and in either case it is checked that the cameras are as fast as before.
 */
#include "profile/profile-impl.h"

#include <errno.h>

#include "util/clock.h"

#define RESULT         "calls.txt"
#define STRACE_MAX_NS  (3 * NSEC_PER_SEC)
#define SETTLE_NS      (2 * NSEC_PER_SEC) /* until a rate is of the time afterwards alone */
#define RECOVER_MAX_NS (8 * NSEC_PER_SEC)
#define RECOVER_NS     (NSEC_PER_SEC / 2) /* between two looks */

struct counting {
	char pid[16];
	char result[PATH_MAX];
	char command[256];
	char seconds[TOOL_SLEEP_SIZE];
	const char *how;
	uint64_t elapsed_ns;
	struct error refused;        /* why perf trace was not used; code 0: it was */
	struct rates before, during; /* with has_rates */
	bool has_rates;
};

static int run_tool(struct profile *profile, const struct tool *tool, uint64_t time_ns,
	struct counting *counting, struct error *err)
{
	uint64_t begun_ns = clock_now_ns();

	tool_describe(tool, counting->command, sizeof(counting->command));
	int r = tool_run(tool, &profile->scratch, profile->interrupt, time_ns, err);
	/* What it took beyond its time was before and after the measurement. */
	counting->elapsed_ns = clock_now_ns() - begun_ns;
	if (tool->has_clock && counting->elapsed_ns > time_ns) {
		counting->elapsed_ns = time_ns;
	}
	return r;
}

static int run_perf(
	struct profile *profile, uint64_t time_ns, struct counting *counting, struct error *err)
{
	const char *argv[] = {"perf", "trace", "-s", "--errno-summary", "-o", counting->result,
		"-p", counting->pid, "--", "sleep", counting->seconds, NULL};
	const struct tool tool = {.name = "perf trace",
		.package = "linux-perf",
		.argv = argv,
		.output = "trace.txt",
		.result = RESULT,
		.has_clock = true};

	tool_sleep(time_ns, counting->seconds);
	counting->how =
		"by perf trace, for each thread: calls, errors, and the time from entry to "
		"return, waiting included; each call costs the process two records of the kernel";
	return run_tool(profile, &tool, time_ns, counting, err);
}

static int run_strace(
	struct profile *profile, uint64_t time_ns, struct counting *counting, struct error *err)
{
	const char *argv[] = {
		"strace", "-c", "-f", "-o", counting->result, "-p", counting->pid, NULL};
	const struct tool tool = {.name = "strace",
		.package = "strace",
		.argv = argv,
		.output = "trace.txt",
		.result = RESULT};

	counting->how = "by strace -c, which keeps sums over all threads only; time is that in the "
			"kernel, without waiting; each call cost the process two stops, so that "
			"cameras may have dropped frames meanwhile";
	return run_tool(
		profile, &tool, time_ns < STRACE_MAX_NS ? time_ns : STRACE_MAX_NS, counting, err);
}

static int count(
	struct profile *profile, uint64_t time_ns, struct counting *counting, struct error *err)
{
	struct error reason;

	counting->has_rates =
		profile->has_rates && rates_read(&profile->url, &counting->before, &reason) == 0;
	int r = run_perf(profile, time_ns, counting, &counting->refused);
	if (r == 0 || profile->interrupt->is_raised) {
		counting->refused.code = 0;
	} else {
		r = run_strace(profile, time_ns, counting, err);
	}
	if (counting->has_rates && rates_read(&profile->url, &counting->during, &reason) < 0) {
		counting->has_rates = false;
	}
	return r;
}

/* As they were before, or at the beginning: on a busy machine they vary by themselves. */
static bool are_back(
	const struct profile *profile, const struct counting *counting, const struct rates *now)
{
	return rates_are_back(&counting->before, now) || rates_are_back(&profile->rates, now);
}

/*
 * Waits until the rates are back. 1, or 0 when they are not at the end; ret_now has the last;
 * a negative errno when a signal came, or the server does not answer.
 */
static int recover(struct profile *profile, const struct counting *counting, struct rates *ret_now)
{
	uint64_t begun_ns = clock_now_ns(), next_ns = begun_ns + SETTLE_NS;
	struct error reason;

	for (;; next_ns += RECOVER_NS) {
		int r = interrupt_wait(profile->interrupt, -1, next_ns);
		if (r == 0) {
			r = rates_read(&profile->url, ret_now, &reason);
		}
		if (r < 0 || are_back(profile, counting, ret_now)) {
			return r < 0 ? r : 1;
		}
		if (next_ns >= begun_ns + RECOVER_MAX_NS) {
			return 0;
		}
	}
}

static void print_rates(struct profile *profile, const struct counting *counting, FILE *file)
{
	char before[256], during[256], now[256];
	struct rates rates = {0};

	if (!counting->has_rates) {
		fprintf(file, "# frame rate: not known: the process answers no /api/status\n");
		return;
	}
	uint64_t begun_ns = clock_now_ns();
	int r = recover(profile, counting, &rates);
	rates_describe(&counting->before, before, sizeof(before));
	rates_describe(&counting->during, during, sizeof(during));
	rates_describe(&rates, now, sizeof(now));
	profile->has_lost_frames = r == 0;
	fprintf(file, "# frame rate: before: %s; meanwhile: %s; ", before, during);
	if (r < 0) {
		fprintf(file, "afterwards: not known: %s\n", error_name(r));
	} else {
		fprintf(file, "%.1f s afterwards: %s: %s\n",
			clock_to_seconds(clock_now_ns() - begun_ns), now,
			r > 0 ? "as before" : "NOT as before");
	}
}

static int write_log(
	struct profile *profile, const struct counting *counting, int counted, struct error *err)
{
	_cleanup_log_file_ struct log_file log = LOG_FILE_NONE;
	const struct log_head head = {.what = "system calls: how many, how long, which errors",
		.how = counting->how,
		.command = counting->command,
		.elapsed_ns = counting->elapsed_ns};

	int r = log_file_open(&log, profile->options->folder, PROFILE_LOG_CALLS, err);
	if (r < 0) {
		return r;
	}
	log_file_head(&log, &head);
	if (counting->refused.code != 0) {
		fprintf(log.file, "# not by perf trace: %s\n", counting->refused.text);
	}
	print_rates(profile, counting, log.file);
	fputc('\n', log.file);
	r = profile_append(profile, &log, RESULT, err);
	if (r == 0) {
		r = profile_commit(profile, &log, err);
	}
	return r < 0 ? r : counted;
}

static int note_lacking(struct profile *profile, const struct counting *counting,
	const struct error *reason, struct error *err)
{
	int r = profile_note(
		profile, err, "%s: not written: %s", PROFILE_LOG_CALLS, counting->refused.text);

	return r < 0 ? r
		     : profile_note(profile, err, "%s: nor by strace: %s", PROFILE_LOG_CALLS,
			       reason->text);
}

int profile_calls(struct profile *profile, uint64_t time_ns, struct error *err)
{
	struct counting counting = {0};
	struct error reason;

	snprintf(counting.pid, sizeof(counting.pid), "%d", (int)profile->options->target->pid);
	int r = scratch_name(&profile->scratch, RESULT, counting.result, sizeof(counting.result));
	if (r < 0) {
		return error_set(err, r, "%s: %s", profile->scratch.path, error_name(r));
	}
	int counted = count(profile, time_ns, &counting, &reason);
	if (counted == -ECANCELED) {
		return -EINTR;
	}
	if (counted < 0 && counted != -EINTR) {
		return note_lacking(profile, &counting, &reason, err);
	}
	profile->has_calls = true;
	return write_log(profile, &counting, counted, err);
}
