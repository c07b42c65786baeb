/*
 * Pictures over HTTP: a snapshot is one, a multipart stream goes on. An int result is what a
 * libwebsockets HTTP callback returns: 0 goes on, else the connection is closed.
 */
#ifndef SERVER_HTTP_STREAM_H
#define SERVER_HTTP_STREAM_H

#include "server/core/viewer.h"

struct stream_kind {
	const char *name; /* as in ?action=NAME */
	const char *content_type;
	/* Makes the viewer that is sent the pictures of slot, or refuses. */
	int (*start)(struct lws *wsi, struct attachment *attachment, struct hub_slot *slot);
};

extern const struct stream_kind stream_multipart, stream_snapshot;

/* The socket of a request, which may have a viewer, takes something. */
int stream_writeable(struct lws *wsi, struct attachment *attachment);

/* Sends a part of a multipart stream, if there is a frame and room for it. */
int stream_send_part(struct viewer *viewer);

#endif
