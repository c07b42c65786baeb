/*
 * Which alerts `twinlens watch` has raised, from the state file that it replaces with each sample.
 * The file stays when watch is killed, so its age is checked. One thread, the server's.
 */
#ifndef SERVER_CORE_ALERTS_H
#define SERVER_CORE_ALERTS_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "util/error.h"

#define ALERTS_MAX 16 /* as many as watch has rules */

/* Zeroed at the start. */
struct alerts {
	uint64_t next_ns;     /* when the file may be read again */
	bool is_watching;     /* it is there, and new enough */
	json_t *active;       /* an array; NULL when there is nothing to tell */
	struct error trouble; /* why it was not taken last; "" */
};

/*
 * Reads the file again, at most once a second; path may be "" for none. The reason why a file
 * is rejected is logged once; a missing file is not logged.
 */
void alerts_update(struct alerts *alerts, const char *path);

void alerts_done(struct alerts *alerts);

/*
 * The alerts of the text of such a file: an array of objects with name, figure, op, value, limit
 * and since, to be freed with json_decref. 0; -EBADMSG; -ESTALE when it is older than two intervals
 * and five seconds, or as much from the future; -ENOMEM. With err.
 */
int alerts_parse(const char *text, size_t size, uint64_t now_unix_ms, json_t **ret_active,
	struct error *err);

#endif
