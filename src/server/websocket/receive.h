/* Control messages from a viewer over WebSocket. */
#ifndef SERVER_WEBSOCKET_RECEIVE_H
#define SERVER_WEBSOCKET_RECEIVE_H

#include "server/core/state.h"

/* A message, or a part of one, has arrived. 0; -1: the viewer is to be cut off. */
int websocket_receive(
	struct lws *wsi, struct attachment *attachment, const char *data, size_t size);

#endif
