/* Many viewers in one thread, on one epoll. */
#ifndef CLIENT_CROWD_H
#define CLIENT_CROWD_H

#include <stdbool.h>
#include <stdint.h>

#include "client/viewer.h"

#define CROWD_VIEWERS_MAX 10000

struct crowd_options {
	const struct endpoint *endpoints; /* must outlive the crowd */
	unsigned n_endpoints;
	unsigned n_viewers; /* up to CROWD_VIEWERS_MAX; each takes the next endpoint in turn */
	uint64_t open_timeout_ns; /* how long connecting and the server's answer may take */
};

struct crowd {
	unsigned n_viewers;
	unsigned n_begun;            /* viewers that have begun to connect, */
	unsigned n_open;             /* that were accepted by the server, */
	unsigned n_waiting;          /* that have not had a frame yet, */
	unsigned n_lost;             /* whose connection has ended */
	struct error err;            /* of the first one that was lost */
	struct viewer_shared shared; /* among others, the ages of each camera */
	struct viewer *viewers;

	/* inside */
	const struct crowd_options *options;
	int epoll_fd;
	unsigned n_opening;
};

/*
 * Allows this process as many descriptors as so many viewers need. 0, or -EMFILE when it may not
 * have them (RLIMIT_NOFILE).
 */
int crowd_allow_descriptors(unsigned n_viewers);

/* No viewer is opened yet: crowd_turn does it. options must outlive it. 0 or a negative errno. */
int crowd_init(struct crowd *crowd, const struct crowd_options *options);

/* Closes all viewers. A zeroed one is allowed. */
void crowd_done(struct crowd *crowd);

/* Has crowd_turn return when this descriptor can be read. At most one. */
int crowd_watch(struct crowd *crowd, int fd);

/*
 * Opens viewers, not too many at once, and handles what comes within a time; -1: without end.
 * Returns early when something came. 1 when the watched descriptor can be read, 0, or a negative
 * errno when it cannot go on. A viewer that is lost is no error: see n_lost, err.
 */
int crowd_turn(struct crowd *crowd, int timeout_ms);

/* The measurement begins now. */
void crowd_begin(struct crowd *crowd);

/* Counts what was measured up to now, and returns that time. May be repeated. */
uint64_t crowd_settle(struct crowd *crowd);

#endif
