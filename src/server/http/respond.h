/* HTTP answers. All return what a libwebsockets HTTP callback returns: 0 goes on, else the
 * connection is closed. */
#ifndef SERVER_HTTP_RESPOND_H
#define SERVER_HTTP_RESPOND_H

#include "server/core/state.h"

/* Bytes of a head, with its end. */
#define RESPOND_HEAD_MAX 1000

/* What stands before the body of an answer. */
struct respond_head {
	unsigned status;
	const char *content_type; /* NULL: there is no body */
	bool has_length;          /* length is known */
	size_t length;            /* bytes of the body */
	const char *extra;        /* further header lines, each ending with \r\n, or NULL */
	bool is_last;             /* the connection is closed after it */
};

/* Writes head. Returns its bytes, 0 when buffer is too small. */
size_t respond_write_head(const struct respond_head *head, char *buffer, size_t size);

/* For when there are as many viewers or connections as may be. */
#define RESPOND_RETRY_LATER "Retry-After: 5\r\n"

/* A whole answer. extra: further header lines, each ending with \r\n, or NULL. HEAD gets no body;
 * for a body that is NULL, which only HEAD may have, the answer does not tell its length. */
int respond(struct lws *wsi, unsigned status, const char *content_type, const char *extra,
	const void *body, size_t size);

/*
 * To be called when an answer was written whole: the connection goes on to the next request. A
 * client that does not fetch the rest, which libwebsockets keeps, is cut off.
 */
int respond_end(struct lws *wsi);

/* An answer of one line of text. */
int respond_text(struct lws *wsi, unsigned status, const char *extra, const char *text);

/* For a request that cannot be one, by status: 400, 405, 408, 414, 426, 505. The connection ends.
 */
int respond_refusal(struct lws *wsi, unsigned status);

/* Takes over json and frees it; NULL answers 500. */
struct json_t;
int respond_json(struct lws *wsi, struct json_t *json);

/* 503: there are as many viewers as may be. */
int respond_full(struct lws *wsi);

/* 503: the camera has no picture. */
int respond_unavailable(struct lws *wsi, unsigned retry_after_s, const char *text);

#endif
