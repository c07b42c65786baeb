#include "kernel/process/tasks.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "kernel/process/process-stat.h"
#include "util/cleanup.h"
#include "util/parse.h"

#define STATUS_SIZE 8192

static int read_file(
	const struct sysroot *root, pid_t pid, pid_t tid, const char *name, char *text, size_t size)
{
	char path[80];

	snprintf(path, sizeof(path), "/proc/%d/task/%d/%s", (int)pid, (int)tid, name);
	return sysroot_read(root, path, text, size);
}

/* key with the newline before it and the colon behind it. */
static int find_number(const char *status, const char *key, uint64_t *ret_value)
{
	const char *line = strstr(status, key);

	return line && sscanf(line + strlen(key), "%" SCNu64, ret_value) == 1 ? 0 : -EINVAL;
}

static int read_switches(const struct sysroot *root, pid_t pid, struct task *task)
{
	char status[STATUS_SIZE];
	int r = read_file(root, pid, task->tid, "status", status, sizeof(status));

	if (r < 0) {
		return r;
	}
	r = find_number(status, "\nvoluntary_ctxt_switches:", &task->voluntary_switches);
	if (r < 0) {
		return r;
	}
	return find_number(status, "\nnonvoluntary_ctxt_switches:", &task->involuntary_switches);
}

/* "CPU_NS DELAY_NS TIMESLICES"; all 0 when the kernel was built without it, and then useless. */
static void read_schedstat(const struct sysroot *root, pid_t pid, struct task *task)
{
	char text[128];

	if (read_file(root, pid, task->tid, "schedstat", text, sizeof(text)) == 0 &&
		sscanf(text, "%" SCNu64 " %" SCNu64, &task->cpu_ns, &task->delay_ns) == 2) {
		task->has_schedstat = task->cpu_ns > 0 || task->delay_ns > 0;
	}
}

static int read_task(const struct sysroot *root, pid_t pid, pid_t tid, struct task *ret_task)
{
	struct task task = {.tid = tid};
	struct process_stat stat;
	char text[1024];

	int r = read_file(root, pid, tid, "stat", text, sizeof(text));
	if (r < 0) {
		return r;
	}
	r = process_stat_parse(text, &stat);
	if (r < 0) {
		return r;
	}
	task.start_ticks = stat.start_ticks;
	task.user_ticks = stat.user_ticks;
	task.system_ticks = stat.system_ticks;
	task.minor_faults = stat.minor_faults;
	task.major_faults = stat.major_faults;
	r = read_file(root, pid, tid, "comm", task.name, sizeof(task.name));
	if (r < 0) {
		return r;
	}
	r = read_switches(root, pid, &task);
	if (r < 0) {
		return r;
	}
	read_schedstat(root, pid, &task);
	*ret_task = task;
	return 0;
}

static int compare(const void *a, const void *b)
{
	const struct task *first = a, *second = b;

	return (first->tid > second->tid) - (first->tid < second->tid);
}

static int add(struct tasks *tasks, const struct task *task)
{
	if (tasks->n == TASKS_MAX) {
		return -E2BIG;
	}
	struct task *more = reallocarray(tasks->tasks, tasks->n + 1, sizeof(*task));
	if (!more) {
		return -ENOMEM;
	}
	tasks->tasks = more;
	more[tasks->n++] = *task;
	return 0;
}

int tasks_read(const struct sysroot *root, pid_t pid, struct tasks *ret_tasks)
{
	_cleanup_tasks_ struct tasks tasks = {0};
	char path[48];

	snprintf(path, sizeof(path), "/proc/%d/task", (int)pid);
	_cleanup_folder_ DIR *folder = sysroot_open_folder(root, path);
	if (!folder) {
		return -errno;
	}
	for (const struct dirent *entry = readdir(folder); entry; entry = readdir(folder)) {
		struct task task;
		uint64_t tid;
		if (parse_u64(entry->d_name, 1, INT32_MAX, &tid) < 0) {
			continue;
		}
		int r = read_task(root, pid, (pid_t)tid, &task);
		if (r == 0) {
			r = add(&tasks, &task);
		}
		if (r < 0 && r != -ENOENT && r != -ESRCH) {
			return r;
		}
	}
	if (tasks.n == 0) {
		return -ESRCH;
	}
	qsort(tasks.tasks, tasks.n, sizeof(tasks.tasks[0]), compare);
	*ret_tasks = tasks;
	tasks = (struct tasks){0};
	return 0;
}

void tasks_done(struct tasks *tasks)
{
	free(tasks->tasks);
	*tasks = (struct tasks){0};
}

const struct task *tasks_find(const struct tasks *tasks, const struct task *task)
{
	for (size_t i = 0; i < tasks->n; i++) {
		if (tasks->tasks[i].tid == task->tid &&
			tasks->tasks[i].start_ticks == task->start_ticks) {
			return &tasks->tasks[i];
		}
	}
	return NULL;
}
