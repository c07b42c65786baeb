/* The connections in the event loop: how many may be there, and which of them wait for a request.
 */
#ifndef SERVER_CORE_CONNECTIONS_H
#define SERVER_CORE_CONNECTIONS_H

#include "server/core/state.h"

/* Viewers and other requests together. */
unsigned connections_max(const struct server_config *config);

/* Answers a connection whose first request did not come in time; it is closed afterwards. */
typedef void (*connection_expired_fn)(struct lws *wsi);

/* Gives an accepted socket to the event loop; it is closed when there is no memory for that. */
void connection_open(struct server *server, int fd, connection_expired_fn on_expired);

/* Closes the one that has waited longest without a request. False when all have one. */
bool connections_drop_longest_waiting(struct server *server);

/* A complete request has arrived. 0; -1: its place was given away, it is to be closed. */
int connection_begin_request(struct lws *wsi);

/* The request was answered, and the connection waits for the next one. */
void connection_end_request(struct lws *wsi);

/* libwebsockets destroys wsi, which need not be a connection. */
void connection_free(struct lws *wsi);

#endif
