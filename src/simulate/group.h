/*
 * The cgroup that a command runs in, with a limit or without. Below this process's own in version
 * 1, at the top in version 2; in a scope of its own where systemd runs the machine, because cgroups
 * are systemd's there.
 */
#ifndef SIMULATE_GROUP_H
#define SIMULATE_GROUP_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "kernel/cgroup.h"
#include "systemd/unit.h"
#include "util/error.h"
#include "util/sysroot.h"

struct group {
	const struct sysroot *root;
	struct cgroup_path path;
	char scope[UNIT_NAME_MAX + 1]; /* "" without systemd */
};

/*
 * Where the cgroup of the process pid's command will be; makes nothing. -ENOTSUP: the kernel has no
 * memory controller, or it is not mounted.
 */
int group_find(struct group *group, const struct sysroot *root, pid_t pid, struct error *err);

/*
 * Makes it and moves a process into it. keeper is a process that outlives it: in its scope, so that
 * systemd does not remove the cgroup, with its figures, as soon as the command has ended. On an
 * error what was made stays, for group_remove.
 */
int group_start(const struct group *group, pid_t pid, pid_t keeper, struct error *err);

/* -EBUSY: in version 1, so much is in use and cannot be reclaimed. 0 or another negative errno. */
int group_set_limit(const struct group *group, uint64_t bytes);

/*
 * Whether anything more may be swapped out; without it, the kernel kills at the limit what cannot
 * be reclaimed. What is swapped out stays there. 0 or a negative errno.
 */
int group_allow_swap(const struct group *group, bool is_allowed);

/* How many processes are in it, and not in one below it. 0 when it is gone. */
unsigned group_count(const struct group *group);

/*
 * Kills what runs in it, and removes it with those below it. 0, also when there is none; -EBUSY
 * when a process does not end within 5 s; another negative errno.
 */
int group_remove(const struct group *group);

/*
 * Removes those that an earlier run left which was killed together with its cleaner: whose process
 * is gone. What cannot be removed stays.
 */
void group_remove_leftovers(const struct group *group);

#endif
