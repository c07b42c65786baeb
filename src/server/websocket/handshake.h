/* How a request for /ws/video becomes a viewer. */
#ifndef SERVER_WEBSOCKET_HANDSHAKE_H
#define SERVER_WEBSOCKET_HANDSHAKE_H

#include "server/core/state.h"

#define WEBSOCKET_PROTOCOL "twinlens.v1"

/* Before the handshake: 0 to go on, -1 when it was refused, and answered so. upgrade is the
 * header's value, libwebsockets'; it is changed when the request is to go on without an upgrade. */
int websocket_confirm(struct lws *wsi, char *upgrade);

/* After the handshake: makes the viewer. 0; -1: to be cut off. */
int websocket_established(struct lws *wsi, struct attachment *attachment);

#endif
