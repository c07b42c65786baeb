/*
 * A process that cleans up when this one has ended, however that was: it waits for the end of a
 * pipe whose other end only this process has. It is in a session of its own, so that no signal of
 * the terminal reaches it, and takes none but SIGKILL.
 */
#ifndef SIMULATE_CLEANER_H
#define SIMULATE_CLEANER_H

#include <sys/types.h>

#include "util/error.h"

struct cleaner {
	pid_t pid; /* 0: there is none */
	int fd;
};

/*
 * clean is called in that process, with data as it is now; what it returns is the exit status, and
 * it logs its errors itself. 0 or a negative errno.
 */
int cleaner_start(struct cleaner *cleaner, int (*clean)(void *data), void *data, struct error *err);

/* Has it clean up now, and waits for it. Its exit status; a negative errno. */
int cleaner_finish(struct cleaner *cleaner);

#endif
