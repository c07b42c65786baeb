/* The command: it is there before it runs, so that it can be moved to its cgroup. */
#ifndef SIMULATE_COMMAND_H
#define SIMULATE_COMMAND_H

#include <stdbool.h>
#include <sys/types.h>

#include "util/error.h"

struct command {
	pid_t pid;  /* 0: there is none */
	int go_fd;  /* its closing ends the process that waits */
	int end_fd; /* the errno of what could not be run */
};

/*
 * Forks the process that waits for command_go. It stays in this process group, the one of the
 * terminal. Where is_quiet its standard output is this one's standard error. oom_score is its
 * oom_score_adj. argv ends with NULL. 0 or a negative errno.
 */
int command_fork(struct command *command, char *const *argv, bool is_quiet, int oom_score,
	struct error *err);

/* Has it run. 0; the negative errno of execvp(3). */
int command_go(struct command *command, struct error *err);

/*
 * Whether it has ended; does not wait. 1 with ret_status as of waitpid(2), and not to be called
 * again then; 0: it runs; a negative errno.
 */
int command_poll(struct command *command, int *ret_status);

/* One that waits ends; one that runs goes on. */
void command_done(struct command *command);

#endif
