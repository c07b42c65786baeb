/* How connections get from the listening socket into the event loop, and how many may be there. */
#ifndef SERVER_CONNECTIONS_H
#define SERVER_CONNECTIONS_H

#include "server/server-impl.h"

/* Viewers and other requests together. */
unsigned connections_max(const struct server_config *config);

/* Takes all that wait at the listening socket; those that are too many are answered 503 and closed.
 */
void connections_adopt(struct server *server, struct lws *listener);

#endif
