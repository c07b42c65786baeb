/* What a request asks for. */
#ifndef SERVER_HTTP_REQUEST_H
#define SERVER_HTTP_REQUEST_H

#include "server/core/state.h"

#define REQUEST_PATH_MAX 256

/* Of a path, and of each argument; what is beyond is not kept. */
#define REQUEST_URI_MAX 1024

/*
 * Checks the request line, and gives the decoded path, NUL-terminated. 200; or the status that the
 * request is to be refused with: 400, 405, 414, 505. Then there is no path.
 */
unsigned request_read(struct lws *wsi, char *path, size_t size);

/* The status for a request whose first line, which data begins with, libwebsockets cannot read: 405
 * for another method, else 400. */
unsigned request_refuse(const char *data, size_t size);

/* The decoded value of ?name=value, name with its '='. 1; 0 when there is none; -E2BIG when value
 * is too small for it. */
int request_argument(struct lws *wsi, const char *name, char *value, size_t size);

/*
 * The cameras that a viewer asks for in path ("/ws/video/NAME", prefix "/ws/video") or else in
 * ?camera=NAME,NAME or ?camera=all: a bit a slot in *ret_mask, and the first one named in
 * *ret_first. None named: all of them, the first one first. false: the path has not this prefix, or
 * there is no such camera.
 */
bool request_cameras(struct lws *wsi, const char *path, const char *prefix, unsigned *ret_mask,
	struct hub_slot **ret_first);

/* A browser sends Origin: it must be the page of this very host. Programs send none. */
bool request_is_same_origin(struct lws *wsi);

#endif
