/* From the hub to all viewers. */
#ifndef SERVER_BROADCAST_H
#define SERVER_BROADCAST_H

#include "server/core/state.h"

/* A camera has a new frame or another state: each viewer is sent what is new for it, as far as its
 * socket takes it. */
void broadcast_news(struct server *server);

#endif
