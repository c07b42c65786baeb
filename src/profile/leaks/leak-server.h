/*
 * A server of its own under valgrind's memcheck: on a free port of the loopback, with small
 * pictures, asked through vgdb. One thread.
 */
#ifndef PROFILE_LEAKS_LEAK_SERVER_H
#define PROFILE_LEAKS_LEAK_SERVER_H

#include "client/url.h"
#include "util/child.h"
#include "profile/leaks/leak-text.h"
#include "profile/scratch.h"
#include "util/error.h"

struct leak_server_options {
	const char *program; /* twinlens-serve */
	const char *log;     /* what valgrind writes: made anew */
};

struct leak_server {
	const struct leak_server_options *options;
	const struct scratch *scratch;
	struct interrupt *interrupt;
	struct child child;
	struct url url;     /* where it answers; without a target */
	unsigned n_reloads; /* of its configuration */
	char command[1024]; /* that it was started with */
};

/*
 * Starts it and waits until it answers, or until deadline_ns. 0; -EINTR; another negative errno
 * with the reason: -ENOENT when valgrind is not installed, -ETIMEDOUT. leak_server_done in any
 * case.
 */
int leak_server_start(struct leak_server *server, const struct leak_server_options *options,
	const struct scratch *scratch, struct interrupt *interrupt, uint64_t deadline_ns,
	struct error *err);

/* Changes its configuration and has it read again. 0 or a negative errno with the reason. */
int leak_server_reload(struct leak_server *server, struct error *err);

/* Takes a camera away, and puts it back. 0 or a negative errno with the reason. */
int leak_server_unplug(struct leak_server *server, struct error *err);
int leak_server_plug(struct leak_server *server, struct error *err);

/* Waits until nobody watches and no camera runs. Returns as leak_server_start does. */
int leak_server_settle(struct leak_server *server, uint64_t deadline_ns, struct error *err);

/* Searches for leaks now. 0, -EINTR, or another negative errno with the reason. */
int leak_server_check(
	struct leak_server *server, struct leak_counts *ret_counts, struct error *err);

/*
 * The log from an offset on, NUL-terminated, to be freed; at most 64 MiB. NULL with errno set. Also
 * after leak_server_stop.
 */
char *leak_server_read_log(const struct leak_server *server, size_t offset);

/* Ends it, which lets valgrind write the rest of its log. 0, or -EIO when it did not end well. */
int leak_server_stop(struct leak_server *server, struct error *err);

void leak_server_done(struct leak_server *server);

#endif
