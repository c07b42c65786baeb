/* Everything but WebSocket: the page, snapshots, multipart streams, status. Called by server.c. */
#ifndef SERVER_HTTP_HTTP_H
#define SERVER_HTTP_HTTP_H

#include "server/core/viewer.h"

int http_request(struct lws *wsi, struct attachment *attachment);
int http_writeable(struct lws *wsi, struct attachment *attachment);

/* Sends a part of a multipart stream, if there is a frame and room for it. 0; -1: to be cut off. */
int http_send_part(struct viewer *viewer);

#endif
