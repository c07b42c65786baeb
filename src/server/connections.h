/* How connections get from the listening socket into the event loop, and how many may be there. */
#ifndef SERVER_CONNECTIONS_H
#define SERVER_CONNECTIONS_H

#include "server/core/state.h"

/* Viewers and other requests together. */
unsigned connections_max(const struct server_config *config);

/* Takes those that wait at the listening socket. When there are as many as may be, the one that has
 * waited longest without a request is closed; when all have one, the new one is answered 503. */
void connections_adopt(struct server *server, struct lws *listener);

/* A complete request has arrived. 0; -1: its place was given away, it is to be closed. */
int connection_begin_request(struct lws *wsi);

/* The request was answered, and the connection waits for the next one. */
void connection_end_request(struct lws *wsi);

/* libwebsockets destroys wsi, which need not be a connection. */
void connection_free(struct lws *wsi);

#endif
