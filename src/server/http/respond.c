#include "server/http/respond.h"

#include <jansson.h>
#include <string.h>

#include "server/core/connections.h"
#include "util/cleanup.h"

/* For every answer: nothing is stored, guessed, or named to another site. No CORS header either:
 * other sites may show a picture, as <img> does, and may not read it. */
#define COMMON_HEADERS                                                                             \
	"Cache-Control: no-store\r\n"                                                              \
	"X-Content-Type-Options: nosniff\r\n"                                                      \
	"Referrer-Policy: no-referrer\r\n"

static const char *reason_phrase(unsigned status)
{
	switch (status) {
	case 200:
		return "OK";
	case 400:
		return "Bad Request";
	case 403:
		return "Forbidden";
	case 404:
		return "Not Found";
	case 405:
		return "Method Not Allowed";
	case 408:
		return "Request Timeout";
	case 414:
		return "URI Too Long";
	case 426:
		return "Upgrade Required";
	case 500:
		return "Internal Server Error";
	case 503:
		return "Service Unavailable";
	case 505:
		return "HTTP Version Not Supported";
	default:
		return "";
	}
}

/* Refused requests and refused upgrades may have a rest that nobody wants to read. */
static bool keeps_connection(struct lws *wsi, unsigned status)
{
	return (status == 200 || status == 404) &&
	       lws_hdr_total_length(wsi, WSI_TOKEN_UPGRADE) == 0;
}

int respond_end(struct lws *wsi)
{
	if (lws_partial_buffered(wsi)) {
		lws_set_timeout(wsi, PENDING_TIMEOUT_HTTP_CONTENT, SERVER_ANSWER_TIMEOUT_S);
	}
	if (lws_http_transaction_completed(wsi)) {
		return -1;
	}
	connection_end_request(wsi);
	return 0;
}

size_t respond_write_head(const struct respond_head *head, char *buffer, size_t size)
{
	char length[48] = "";

	if (head->has_length) {
		snprintf(length, sizeof(length), "Content-Length: %zu\r\n", head->length);
	}
	int used = snprintf(buffer, size, "HTTP/1.1 %u %s\r\n%s%s%s%s" COMMON_HEADERS "%s%s\r\n",
		head->status, reason_phrase(head->status),
		head->content_type ? "Content-Type: " : "",
		head->content_type ? head->content_type : "", head->content_type ? "\r\n" : "",
		length, head->extra ? head->extra : "",
		head->is_last ? "Connection: close\r\n" : "");
	return used > 0 && (size_t)used < size ? (size_t)used : 0;
}

int respond(struct lws *wsi, unsigned status, const char *content_type, const char *extra,
	const void *body, size_t size)
{
	bool is_kept = keeps_connection(wsi, status);
	bool is_head = lws_hdr_total_length(wsi, WSI_TOKEN_HEAD_URI) > 0;
	const struct respond_head head = {.status = status,
		.content_type = content_type,
		.has_length = body != NULL,
		.length = size,
		.extra = extra,
		.is_last = !is_kept};

	_cleanup_free_ unsigned char *memory = malloc(LWS_PRE + RESPOND_HEAD_MAX + size);
	if (!memory) {
		return -1;
	}
	unsigned char *start = memory + LWS_PRE;
	size_t used = respond_write_head(&head, (char *)start, RESPOND_HEAD_MAX);
	if (used == 0) {
		return -1;
	}
	if (!is_head) {
		memcpy(start + used, body, size);
		used += size;
	}
	if (lws_write(wsi, start, used, LWS_WRITE_HTTP_FINAL) < 0 || !is_kept) {
		return -1;
	}
	return respond_end(wsi);
}

int respond_text(struct lws *wsi, unsigned status, const char *extra, const char *text)
{
	return respond(wsi, status, "text/plain; charset=utf-8", extra, text, strlen(text));
}

int respond_refusal(struct lws *wsi, unsigned status)
{
	switch (status) {
	case 405:
		return respond_text(wsi, 405, "Allow: GET, HEAD\r\n", "GET or HEAD only\n");
	case 408:
		return respond_text(wsi, 408, NULL, "the request did not come in time\n");
	case 414:
		return respond_text(wsi, 414, NULL, "the path or an argument is too long\n");
	case 426:
		return respond_text(wsi, 426, "Upgrade: websocket\r\nSec-WebSocket-Version: 13\r\n",
			"version 13 of WebSocket only\n");
	case 505:
		return respond_text(wsi, 505, NULL, "HTTP/1.1 only\n");
	default:
		return respond_text(wsi, 400, NULL, "this is no request of HTTP/1.1\n");
	}
}

int respond_json(struct lws *wsi, struct json_t *json)
{
	char *text = json ? json_dumps(json, JSON_COMPACT | JSON_REAL_PRECISION(15)) : NULL;

	json_decref(json);
	if (!text) {
		return respond_text(wsi, 500, NULL, "out of memory\n");
	}
	int r = respond(wsi, 200, "application/json", NULL, text, strlen(text));
	free(text);
	return r;
}

int respond_full(struct lws *wsi)
{
	return respond_text(
		wsi, 503, RESPOND_RETRY_LATER, "all viewers' places are taken, try again later\n");
}

int respond_unavailable(struct lws *wsi, unsigned retry_after_s, const char *text)
{
	char extra[48];

	snprintf(extra, sizeof(extra), "Retry-After: %u\r\n", retry_after_s);
	return respond_text(wsi, 503, extra, text);
}
