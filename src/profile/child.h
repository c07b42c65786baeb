/*
 * An external program with limits: it runs in a process group of its own, with the signals of an
 * ordinary program, is waited for no longer than asked, and does not outlive this process: where
 * there is setpriv(1) not even when this one is killed. One thread.
 */
#ifndef PROFILE_CHILD_H
#define PROFILE_CHILD_H

#include <limits.h>
#include <sys/types.h>

#include "profile/interrupt.h"

#define CHILD_ARGUMENTS_MAX 40

struct child {
	pid_t pid; /* 0: none, or waited for */
	int fd;    /* pidfd; -1 without */
};

#define CHILD_NONE ((struct child){.fd = -1})

/* The program in PATH, as the shell finds it. 0 or -ENOENT; -ENAMETOOLONG. */
int child_find(const char *name, char ret_path[PATH_MAX]);

/*
 * Starts argv[0], found in PATH unless it has a slash, with stdin from /dev/null, and both outputs
 * to output_fd. 0 or a negative errno, -ENOENT when there is no such program.
 */
int child_start(struct child *child, const char *const argv[], int output_fd);

/*
 * Waits for its end. 0 with ret_status as waitpid(2) has it; -ETIMEDOUT when it still runs at
 * deadline_ns; -EINTR after a signal to this process; another negative errno.
 */
int child_wait(
	struct child *child, struct interrupt *interrupt, uint64_t deadline_ns, int *ret_status);

/* To its whole group. */
void child_signal(const struct child *child, int signo);

/*
 * Ends the group, with signo first, and with SIGKILL when it still runs after grace_ns. Also for
 * one that has ended. Returns its status as waitpid(2) has it; -1 when it was waited for before.
 */
int child_end(struct child *child, int signo, uint64_t grace_ns);

/* Kills it. */
void child_done(struct child *child);

#define _cleanup_child_ __attribute__((cleanup(child_done)))

#endif
