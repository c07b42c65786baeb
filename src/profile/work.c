#include "profile/work.h"

#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <string.h>
#include <unistd.h>

#include "kernel/cgroup.h"
#include "kernel/pressure.h"
#include "kernel/proc-text.h"
#include "kernel/process/process-stat.h"
#include "util/clock.h"

#define PRESSURE_FILE "/proc/pressure/memory"

/* The parsers of the kernel's text take a last line without a newline for one that was cut. */
static int read_text(const struct sysroot *root, const char *path, char *text, size_t size)
{
	int r = sysroot_read(root, path, text, size - 1);

	if (r == 0) {
		strcat(text, "\n");
	}
	return r;
}

/* The stall of the process' cgroup. The root of the hierarchy has none of its own. */
static int read_cgroup_stall(const struct sysroot *root, pid_t pid, struct work_reading *reading)
{
	char name[48], text[8192];
	struct cgroup_path path;
	struct cgroup_memory memory;
	struct cgroup_files files;

	snprintf(name, sizeof(name), "/proc/%d/cgroup", (int)pid);
	int r = read_text(root, name, text, sizeof(text));
	if (r == 0) {
		r = cgroup_path_parse(text, &path);
	}
	if (r == 0) {
		r = cgroup_files_open(&files, root, &path);
	}
	if (r < 0) {
		return r;
	}
	r = cgroup_files_read(&files, text, sizeof(text), &memory, &reading->stalled_us);
	cgroup_files_close(&files);
	if (r == 0 && reading->stalled_us == PROC_ABSENT) {
		r = -ENOENT;
	}
	if (r == 0) {
		snprintf(reading->stalled_where, sizeof(reading->stalled_where), "its cgroup %s",
			path.path);
	}
	return r;
}

static void read_stall(const struct sysroot *root, pid_t pid, struct work_reading *reading)
{
	char text[256];
	struct pressure pressure;

	if (read_cgroup_stall(root, pid, reading) == 0) {
		return;
	}
	reading->stalled_us = PROC_ABSENT;
	if (read_text(root, PRESSURE_FILE, text, sizeof(text)) == 0 &&
		pressure_parse(text, &pressure) == 0) {
		reading->stalled_us = pressure.some.total_us;
		snprintf(reading->stalled_where, sizeof(reading->stalled_where),
			"the whole machine (%s): its cgroup has no figure", PRESSURE_FILE);
	}
}

int work_read(const struct sysroot *root, pid_t pid, uint64_t start_ticks,
	struct work_reading *ret_reading)
{
	struct work_reading reading = {.read_ns = clock_now_ns()};
	struct process_stat stat;

	int r = process_stat_read(root, pid, &stat);
	if (r < 0) {
		return r == -ENOENT ? -ESRCH : r;
	}
	if (stat.start_ticks != start_ticks || stat.state == 'Z') {
		return -ESRCH;
	}
	r = tasks_read(root, pid, &reading.tasks);
	if (r < 0) {
		return r == -ENOENT ? -ESRCH : r;
	}
	reading.user_ticks = stat.user_ticks;
	reading.system_ticks = stat.system_ticks;
	read_stall(root, pid, &reading);
	*ret_reading = reading;
	return 0;
}

void work_reading_done(struct work_reading *reading)
{
	tasks_done(&reading->tasks);
}

/* What a thread did between two readings. */
struct task_work {
	double cpu_percent, user_percent, system_percent, delay_percent;
	double voluntary_per_s, involuntary_per_s;
	uint64_t minor_faults, major_faults;
};

static double ticks_percent(uint64_t ticks, double seconds)
{
	return 100.0 * (double)ticks / (double)sysconf(_SC_CLK_TCK) / seconds;
}

static double ns_percent(uint64_t ns, double seconds)
{
	return 100.0 * (double)ns / NSEC_PER_SEC / seconds;
}

static void compute_work(const struct task *before, const struct task *after, double seconds,
	struct task_work *ret_work)
{
	static const struct task nothing;
	struct task_work work = {.delay_percent = NAN};

	if (!before) {
		before = &nothing;
	}
	work.user_percent = ticks_percent(after->user_ticks - before->user_ticks, seconds);
	work.system_percent = ticks_percent(after->system_ticks - before->system_ticks, seconds);
	if (after->has_schedstat) {
		work.cpu_percent = ns_percent(after->cpu_ns - before->cpu_ns, seconds);
		work.delay_percent = ns_percent(after->delay_ns - before->delay_ns, seconds);
	} else {
		work.cpu_percent = work.user_percent + work.system_percent;
	}
	work.voluntary_per_s =
		(double)(after->voluntary_switches - before->voluntary_switches) / seconds;
	work.involuntary_per_s =
		(double)(after->involuntary_switches - before->involuntary_switches) / seconds;
	work.minor_faults = after->minor_faults - before->minor_faults;
	work.major_faults = after->major_faults - before->major_faults;
	*ret_work = work;
}

static void print_percent(FILE *file, double percent)
{
	if (isnan(percent)) {
		fprintf(file, " %8s", "-");
	} else {
		fprintf(file, " %8.2f", percent);
	}
}

static void print_task(FILE *file, const struct task *task, const struct task_work *work)
{
	fprintf(file, "%8d %-15s", (int)task->tid, task->name);
	print_percent(file, work->cpu_percent);
	print_percent(file, work->user_percent);
	print_percent(file, work->system_percent);
	print_percent(file, work->delay_percent);
	fprintf(file, " %9.1f %9.1f %9" PRIu64 " %9" PRIu64 "\n", work->voluntary_per_s,
		work->involuntary_per_s, work->minor_faults, work->major_faults);
}

static void add_costs(struct costs *costs, const struct task *task, const struct task_work *work)
{
	costs_add(costs, work->cpu_percent, "thread %s (%d) on a CPU: user %.1f %%, kernel %.1f %%",
		task->name, (int)task->tid, work->user_percent, work->system_percent);
	costs_add(costs, isnan(work->delay_percent) ? 0 : work->delay_percent,
		"thread %s (%d) ready to run, and waiting for a CPU", task->name, (int)task->tid);
}

static void print_stall(FILE *file, const struct work_reading *after, double percent)
{
	if (isnan(percent)) {
		fprintf(file, "\nmemory stall: not known: this kernel has no pressure stall "
			      "information\n");
	} else {
		fprintf(file, "\nmemory stall: %.3f %% of the time, of %s\n", percent,
			after->stalled_where);
	}
}

static unsigned count_ended(const struct tasks *before, const struct tasks *after)
{
	unsigned n = 0;

	for (size_t i = 0; i < before->n; i++) {
		n += tasks_find(after, &before->tasks[i]) == NULL;
	}
	return n;
}

static void print_total(FILE *file, const struct work_total *total, unsigned n_ended)
{
	fprintf(file, "%8s %-15s %8.2f %8.2f %8.2f\n", "", "whole process", total->cpu_percent,
		total->user_percent, total->system_percent);
	if (n_ended > 0) {
		fprintf(file, "\n%u threads ended meanwhile; only the whole process counts them\n",
			n_ended);
	}
}

void work_print(FILE *file, const struct work_reading *before, const struct work_reading *after,
	struct work_total *ret_total, struct costs *costs)
{
	struct work_total total = {.elapsed_ns = after->read_ns - before->read_ns};
	double seconds = clock_to_seconds(total.elapsed_ns);

	fprintf(file,
		"# percent of the time, 100 is one core; cpu and delay are exact, user and system "
		"in ticks of %.0f ms\n# delay: ready to run, and waiting for a CPU\n\n",
		1000.0 / (double)sysconf(_SC_CLK_TCK));
	fprintf(file, "%8s %-15s %8s %8s %8s %8s %9s %9s %9s %9s\n", "thread", "name", "cpu",
		"user", "system", "delay", "waits/s", "preempt/s", "minflt", "majflt");
	for (size_t i = 0; i < after->tasks.n; i++) {
		const struct task *task = &after->tasks.tasks[i];
		struct task_work work;
		compute_work(tasks_find(&before->tasks, task), task, seconds, &work);
		print_task(file, task, &work);
		add_costs(costs, task, &work);
	}
	total.user_percent = ticks_percent(after->user_ticks - before->user_ticks, seconds);
	total.system_percent = ticks_percent(after->system_ticks - before->system_ticks, seconds);
	total.cpu_percent = total.user_percent + total.system_percent;
	total.stalled_percent =
		pressure_share_percent(before->stalled_us, after->stalled_us, total.elapsed_ns);
	print_total(file, &total, count_ended(&before->tasks, &after->tasks));
	print_stall(file, after, total.stalled_percent);
	if (!isnan(total.stalled_percent)) {
		costs_add(costs, total.stalled_percent, "tasks stalled for lack of memory, of %s",
			after->stalled_where);
	}
	*ret_total = total;
}
