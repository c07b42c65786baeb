/* What the server says of itself: as JSON, as Prometheus text, as healthy or not. */
#ifndef SERVER_CORE_STATUS_H
#define SERVER_CORE_STATUS_H

#include <jansson.h>

#include "server/core/state.h"

/* New references; NULL when out of memory. */
json_t *status_json(struct server *server);
json_t *status_cameras_json(struct server *server);

/* The caller frees the text. NULL when out of memory. */
char *status_metrics(struct server *server, size_t *ret_size);

/*
 * Whether every camera that is watched delivers frames. Writes one line a camera that does not, or
 * "ok\n", to text.
 */
bool status_is_healthy(struct server *server, char *text, size_t size);

#endif
