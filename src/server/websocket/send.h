/*
 * What is sent to a viewer over WebSocket: frames, replies, pings, and in the end a close frame.
 * An int result is 0, or -1: the viewer is to be cut off.
 */
#ifndef SERVER_WEBSOCKET_SEND_H
#define SERVER_WEBSOCKET_SEND_H

#include "server/core/viewer.h"

/* Sends the frames that the viewer has not had, as far as its socket takes them. */
int websocket_send_frames(struct viewer *viewer);

/* The socket takes something: sends what is most urgent. */
int websocket_writeable(struct lws *wsi, struct attachment *attachment);

/* Takes over reply, whose text and size are set, to be sent when the socket takes it. A viewer that
 * does not fetch its replies is no longer listened to. */
void websocket_queue_reply(struct viewer *viewer, struct reply *reply);

/* Ends the viewer with a close frame; reason must be a literal. Returns 0. */
int websocket_close(struct viewer *viewer, enum lws_close_status status, const char *reason);

#endif
