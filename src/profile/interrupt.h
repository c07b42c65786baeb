/*
 * SIGINT, SIGTERM and SIGHUP end the program at its next wait, so that it can stop what it has
 * started and complete what it writes. One thread.
 */
#ifndef PROFILE_INTERRUPT_H
#define PROFILE_INTERRUPT_H

#include <stdbool.h>
#include <stdint.h>

#include "util/child.h"

struct interrupt {
	int fd;
	bool is_raised; /* stays so */
};

/* Blocks the signals for this thread. 0 or a negative errno. */
int interrupt_open(struct interrupt *interrupt);
void interrupt_close(struct interrupt *interrupt);

/*
 * Waits until fd can be read, at most until deadline_ns of CLOCK_MONOTONIC; fd -1: only for the
 * time. 1 when it can be read, 0 at the deadline, -EINTR after one of the signals, at once if it
 * came before; another negative errno.
 */
int interrupt_wait(struct interrupt *interrupt, int fd, uint64_t deadline_ns);

/* As child_wait(); -EINTR after one of the signals, too. */
int interrupt_wait_child(
	struct interrupt *interrupt, struct child *child, uint64_t deadline_ns, int *ret_status);

#endif
