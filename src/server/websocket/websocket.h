/* /ws/video: frames out, control messages both ways. Called by the dispatch in server.c. */
#ifndef SERVER_WEBSOCKET_WEBSOCKET_H
#define SERVER_WEBSOCKET_WEBSOCKET_H

#include "server/core/state.h"

#define WEBSOCKET_PROTOCOL "twinlens.v1"

/* The bytes of the header of twinlens.v1. */
#define WEBSOCKET_HEADER_BYTES 32

/* Before the handshake: 0 to go on, -1 when it was refused, and answered so. upgrade is the
 * header's value, libwebsockets'; it is changed when the request is to go on without an upgrade. */
int websocket_confirm(struct lws *wsi, char *upgrade);

int websocket_established(struct lws *wsi, struct attachment *attachment);
int websocket_receive(
	struct lws *wsi, struct attachment *attachment, const char *data, size_t size);
int websocket_writeable(struct lws *wsi, struct attachment *attachment);

/* Sends the frames that the viewer has not had, as far as its socket takes them. 0; -1: to be cut
 * off. */
int websocket_send_frames(struct viewer *viewer);

#endif
