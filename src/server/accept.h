/* How connections get from the listening socket into the event loop. */
#ifndef SERVER_ACCEPT_H
#define SERVER_ACCEPT_H

#include "server/core/state.h"

/* Takes those that wait at the listening socket. When there are as many as may be, the one that has
 * waited longest without a request is closed; when all have one, the new one is answered 503. */
void accept_connections(struct server *server, struct lws *listener);

#endif
