/* Other verbs of twinlens, which lie beside this one, as programs. One thread. */
#ifndef ACCEPT_SIBLING_H
#define ACCEPT_SIBLING_H

#include <jansson.h>
#include <sys/types.h>

#include "util/child.h"
#include "util/error.h"

#define SIBLING_ARGUMENTS_MAX 16

/*
 * Starts twinlens-VERB with these arguments, which NULL ends and which begin behind the name of the
 * program; what it prints goes to out_fd. It ends when this process does. 0 or a negative errno.
 */
int sibling_start(const char *verb, const char *const *arguments, int out_fd, pid_t *ret_pid,
	struct error *err);

/* One that runs, between pipes. */
struct sibling {
	const char *verb;
	struct child child;
	int in_fd, out_fd, err_fd; /* this side's ends */
};

/* 0 or a negative errno. ret_sibling ends with sibling_close. */
int sibling_open(const char *verb, const char *const *arguments, struct sibling *ret_sibling,
	struct error *err);

/*
 * Waits until it has written such a line to its stderr, or until cancel_fd can be read. 0, or a
 * negative errno: -ECANCELED; -ENOTSUP with the last line that it wrote when it has ended instead.
 */
int sibling_wait_line(struct sibling *sibling, const char *line, unsigned timeout_s, int cancel_fd,
	struct error *err);

/* Has it end now, without its answer. */
void sibling_cancel(struct sibling *sibling);

/*
 * Closes its input, waits for its end, for at most 120 s, and parses what it has printed, whatever
 * its exit status was. 0, or a negative errno with what it said on stderr.
 */
int sibling_close(struct sibling *sibling, json_t **ret_json, struct error *err);

/* Runs `twinlens VERB ... --json` to its end, and parses what it printed as sibling_close does. */
int sibling_ask(
	const char *verb, const char *const *arguments, json_t **ret_json, struct error *err);

#endif
