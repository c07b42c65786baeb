/* /proc/PID/task: what the kernel counts of each thread of a process, since it began. */
#ifndef KERNEL_PROCESS_TASKS_H
#define KERNEL_PROCESS_TASKS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "util/sysroot.h"

#define TASKS_MAX     4096
#define TASK_NAME_MAX 32 /* the kernel's is 16, with a newline */

struct task {
	pid_t tid;
	char name[TASK_NAME_MAX];
	uint64_t start_ticks; /* with tid, tells one thread from a later one */
	uint64_t user_ticks, system_ticks;
	uint64_t minor_faults, major_faults;
	uint64_t voluntary_switches, involuntary_switches;
	bool has_schedstat;        /* CONFIG_SCHED_INFO; the next two are 0 without it */
	uint64_t cpu_ns, delay_ns; /* on a CPU; ready to run, and waiting for one */
};

struct tasks {
	struct task *tasks; /* by tid */
	size_t n;
};

/*
 * A thread that ends meanwhile is left out. 0; -ENOENT or -ESRCH when the process has ended;
 * -EACCES; -E2BIG; -EINVAL when a file is not of the form; -ENOMEM.
 */
int tasks_read(const struct sysroot *root, pid_t pid, struct tasks *ret_tasks);
void tasks_done(struct tasks *tasks);

/* The same thread in another reading; NULL when there is none. */
const struct task *tasks_find(const struct tasks *tasks, const struct task *task);

#define _cleanup_tasks_ __attribute__((cleanup(tasks_done)))

#endif
