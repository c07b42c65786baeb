#include "profile/profile.h"

#include <errno.h>
#include <stdarg.h>
#include <unistd.h>

#include "profile/profile-impl.h"
#include "util/clock.h"

/* Of the duration: half for the counters, which nothing disturbs, a quarter for each tool. */
#define WORK_SHARE 2
#define TOOL_SHARE 4

int profile_note(struct profile *profile, struct error *err, const char *format, ...)
{
	char text[ERROR_TEXT_MAX + 64];
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(text, sizeof(text), format, arguments);
	va_end(arguments);
	int r = names_add(&profile->notes, text);
	return r < 0 ? error_set(err, r, "%s", error_name(r)) : 0;
}

int profile_commit(struct profile *profile, struct log_file *log, struct error *err)
{
	int r = log_file_commit(log, err);

	if (r < 0) {
		return r;
	}
	r = names_add(&profile->logs, log->path);
	return r < 0 ? error_set(err, r, "%s", error_name(r)) : 0;
}

int profile_append(
	struct profile *profile, struct log_file *log, const char *name, struct error *err)
{
	char path[PATH_MAX];
	int r = scratch_name(&profile->scratch, name, path, sizeof(path));

	if (r == 0) {
		r = log_file_append(log, path);
	}
	return r < 0 ? error_set(err, r, "%s: %s", log->path, error_name(r)) : 0;
}

static int set_gone(const struct profile *profile, int r, struct error *err)
{
	pid_t pid = profile->options->target->pid;

	if (r == -ESRCH || r == -ENOENT) {
		return error_set(err, -ESRCH, "process %d ended while it was measured", (int)pid);
	}
	return error_set(err, r, "process %d: %s", (int)pid, error_name(r));
}

static int read_work(const struct profile *profile, struct work_reading *reading, struct error *err)
{
	const struct target *target = profile->options->target;
	int r = work_read(&sysroot_real, target->pid, target->start_ticks, reading);

	return r < 0 ? set_gone(profile, r, err) : 0;
}

int profile_work(struct profile *profile, uint64_t time_ns, struct error *err)
{
	_cleanup_work_reading_ struct work_reading before = {0}, after = {0};
	_cleanup_log_file_ struct log_file log = LOG_FILE_NONE;

	int r = read_work(profile, &before, err);
	if (r < 0) {
		return r;
	}
	int waited = interrupt_wait(profile->interrupt, -1, before.read_ns + time_ns);
	if (waited < 0 && waited != -EINTR) {
		return error_set(err, waited, "waiting: %s", error_name(waited));
	}
	r = read_work(profile, &after, err);
	if (r < 0) {
		return r;
	}
	r = log_file_open(&log, profile->options->folder, PROFILE_LOG_WORK, err);
	if (r < 0) {
		return r;
	}
	char how[160];
	int pid = (int)profile->options->target->pid;
	snprintf(how, sizeof(how),
		"from two readings of /proc/%d/stat and /proc/%d/task/*/{stat,schedstat,status}",
		pid, pid);
	const struct log_head head = {
		.what = "CPU time, run delay, switches and faults of each thread; memory stall",
		.how = how,
		.command = profile->options->command,
		.elapsed_ns = after.read_ns - before.read_ns};
	log_file_head(&log, &head);
	work_print(log.file, &before, &after, &profile->work, &profile->costs);
	r = profile_commit(profile, &log, err);
	return r < 0 ? r : waited;
}

int profile_memory(struct profile *profile, struct error *err)
{
	const struct target *target = profile->options->target;
	_cleanup_smaps_ struct smaps smaps = {0};
	_cleanup_log_file_ struct log_file log = LOG_FILE_NONE;

	int r = smaps_read(&sysroot_real, target->pid, target->program, &smaps);
	if (r < 0) {
		return set_gone(profile, r, err);
	}
	r = log_file_open(&log, profile->options->folder, PROFILE_LOG_MEMORY, err);
	if (r < 0) {
		return r;
	}
	char how[64];
	snprintf(how, sizeof(how), "from /proc/%d/smaps", (int)target->pid);
	const struct log_head head = {.what = "what each mapping takes, and what it is for",
		.how = how,
		.command = profile->options->command};
	log_file_head(&log, &head);
	memory_map_sum(&smaps, &profile->memory);
	memory_map_print(log.file, &smaps, &profile->memory);
	return profile_commit(profile, &log, err);
}

/* A tool fails when the process ends: that is the reason then. */
static int check_alive(const struct profile *profile, struct error *err)
{
	_cleanup_work_reading_ struct work_reading reading = {0};

	return read_work(profile, &reading, err);
}

/* Those of an earlier run do not belong to this one. */
static int remove_logs(const char *folder, struct error *err)
{
	static const char *const names[] = {
		PROFILE_LOG_WORK, PROFILE_LOG_MEMORY, PROFILE_LOG_FUNCTIONS, PROFILE_LOG_CALLS};
	char path[PATH_MAX];

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		if (snprintf(path, sizeof(path), "%s/%s", folder, names[i]) >= PATH_MAX) {
			return error_set(err, -ENAMETOOLONG, "%s: the name is too long", folder);
		}
		if (unlink(path) < 0 && errno != ENOENT) {
			return error_set(err, -errno, "%s: cannot be replaced: %s", path,
				error_name(-errno));
		}
	}
	return 0;
}

/* Any process may be profiled: without an answer there are no rates. */
static void read_rates(struct profile *profile)
{
	struct error reason;

	profile->has_rates =
		rates_find_server(profile->options->target->pid, &profile->url, &reason) == 0 &&
		rates_read(&profile->url, &profile->rates, &reason) == 0;
}

int profile_run(struct profile *profile, const struct profile_options *options,
	struct interrupt *interrupt, struct error *err)
{
	*profile = (struct profile){.options = options, .interrupt = interrupt};
	int r = remove_logs(options->folder, err);
	if (r < 0) {
		return r;
	}
	r = scratch_open(&profile->scratch);
	if (r < 0) {
		return error_set(err, r, "temporary folder: %s", error_name(r));
	}
	read_rates(profile);
	r = profile_work(profile, options->duration_ns / WORK_SHARE, err);
	if (r < 0) {
		return r;
	}
	r = profile_memory(profile, err);
	if (r < 0) {
		return r;
	}
	r = profile_functions(profile, options->duration_ns / TOOL_SHARE, err);
	if (r < 0) {
		return r;
	}
	r = profile_calls(profile, options->duration_ns / TOOL_SHARE, err);
	return r < 0 ? r : check_alive(profile, err);
}

void profile_done(struct profile *profile)
{
	names_done(&profile->logs);
	names_done(&profile->notes);
	scratch_done(&profile->scratch);
}
