/* The process that is profiled. */
#ifndef PROFILE_TARGET_H
#define PROFILE_TARGET_H

#include <limits.h>
#include <stdint.h>
#include <sys/types.h>

#include "util/error.h"
#include "util/sysroot.h"

#define TARGET_SERVER "twinlens-serve"

struct target {
	pid_t pid;
	char program[PATH_MAX]; /* the target of /proc/PID/exe */
	uint64_t start_ticks;   /* with pid, tells it from a later process */
};

/*
 * pid 0: the one running server. 0, or a negative errno with the reason: -ESRCH when there is no
 * such process, -ENOTUNIQ when several servers run, -EACCES when this user may not look at it.
 */
int target_find(
	const struct sysroot *root, pid_t pid, struct target *ret_target, struct error *err);

#endif
