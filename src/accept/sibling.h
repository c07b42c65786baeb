/* Other verbs of twinlens, which lie beside this one, as programs. One thread. */
#ifndef ACCEPT_SIBLING_H
#define ACCEPT_SIBLING_H

#include <jansson.h>
#include <sys/types.h>

#include "util/error.h"

#define SIBLING_ARGUMENTS_MAX 16

/*
 * Starts twinlens-VERB with these arguments, which NULL ends and which begin behind the name of the
 * program; what it prints goes to out_fd. It ends when this process does. 0 or a negative errno.
 */
int sibling_start(const char *verb, const char *const *arguments, int out_fd, pid_t *ret_pid,
	struct error *err);

/*
 * Runs `twinlens VERB ... --json` to its end, for at most 30 s, and parses what it printed,
 * whatever its exit status was. 0, or a negative errno with what it said on stderr.
 */
int sibling_ask(
	const char *verb, const char *const *arguments, json_t **ret_json, struct error *err);

#endif
