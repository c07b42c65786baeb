/* The end of viewers that the server ends: all of them, or those of a camera that is taken away. */
#ifndef SERVER_CLOSING_H
#define SERVER_CLOSING_H

#include "server/core/state.h"

/* Asks all viewers to close; those that do not answer in time are cut off. */
void closing_begin(struct server *server);

/* A viewer has gone: the loop ends with the last one. */
void closing_count_down(struct server *server);

/* No viewer watches slot any more; those that watch nothing else are closed. */
void closing_dismiss_viewers(struct server *server, struct hub_slot *slot);

#endif
