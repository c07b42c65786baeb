/*
 * What a server says of itself: GET /api/status. Blocks for as long as it is told to; a thread that
 * measures viewers leaves it to another one.
 */
#ifndef CLIENT_STATUS_H
#define CLIENT_STATUS_H

#include <jansson.h>
#include <stdint.h>

#include "client/url.h"
#include "util/error.h"

#define STATUS_BYTES_MAX (1u << 20)

/*
 * Asks the host of the URL, whose target does not matter. 0, ret_status to be freed with
 * json_decref: an object that has an array "cameras". -ECONNREFUSED when nothing listens there;
 * -ETIMEDOUT; -EPROTO for an answer of something else; -EMSGSIZE; another negative errno. Any
 * thread.
 */
int status_fetch(
	const struct url *url, uint64_t timeout_ns, json_t **ret_status, struct error *err);

#endif
