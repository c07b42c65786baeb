/* Requests and WebSocket frames for fuzz-server; the longest that it takes are among them. */
#include "seed.h"

#include <string.h>

#include "util/cleanup.h"

#define HOST "Host: a\r\n"
#define UPGRADE                                                                                    \
	HOST "Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"          \
	     "Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n"
#define FRAMES "GET /ws/video/cam0 HTTP/1.1\r\n" UPGRADE "Origin: http://a\r\n\r\n\f"
#define V1                                                                                         \
	"GET /ws/video?camera=cam0,cam1 HTTP/1.1\r\n" UPGRADE                                      \
	"Sec-WebSocket-Protocol: twinlens.v1\r\n\r\n\f"

/* The mask is four zeros: a frame has its text as it is. */
#define PING  "\x89\x82\0\0\0\0hi"
#define CLOSE "\x88\x82\0\0\0\0\x03\xe8"
#define TEXT  "\x81\x91\0\0\0\0{\"action\":\"ping\"}"
#define STOP  "\x81\xa1\0\0\0\0{\"action\":\"stop\",\"camera\":\"cam0\"}"

#define SEED(text)                                                                                 \
	{                                                                                          \
		text, sizeof(text) - 1                                                             \
	}

static const struct {
	const char *text;
	size_t size;
} seeds[] = {
	SEED("GET / HTTP/1.1\r\n" HOST "\r\n\fGET /api/status HTTP/1.1\r\n" HOST
	     "Upgrade: h2c\r\nConnection: Upgrade\r\n\r\n\fHEAD /metrics HTTP/1.1\r\n" HOST "\r\n"),
	SEED("GET /stream/cam1 HTTP/1.1\r\n" HOST "\r\n\f"),
	SEED("GET /snapshot/cam0 HTTP/1.1\r\n" HOST "\r\n\fGET /%61pi/status?x=1 HTTP/1.0\r\n\r\n"),
	SEED("POST /api/status HTTP/1.1\r\n" HOST
	     "Content-Length: 3\r\n\r\nabc\fBREW / HTTP/1.1\r\n\r\n"),
	SEED(FRAMES TEXT "\f" PING "\f" CLOSE),
	SEED(V1 STOP "\f" TEXT),
};

/* What is between repeated as often as it says. */
static int write_long(const char *folder, const char *before, const char *repeated, size_t times,
	const char *after)
{
	size_t size = strlen(before) + times * strlen(repeated) + strlen(after);
	_cleanup_free_ char *text = calloc(1, size + 1);

	if (!text) {
		return -1;
	}
	char *end = stpcpy(text, before);
	for (size_t i = 0; i < times; i++) {
		end = stpcpy(end, repeated);
	}
	strcpy(end, after);
	return seed_write(folder, text, size);
}

int seed_write_all(const char *folder)
{
	int r = 0;

	for (size_t i = 0; i < sizeof(seeds) / sizeof(seeds[0]) && r == 0; i++) {
		r = seed_write(folder, seeds[i].text, seeds[i].size);
	}
	if (r == 0) {
		r = write_long(folder, "GET /stream/", "a", 243, " HTTP/1.1\r\n" HOST "\r\n");
	}
	if (r == 0) {
		r = write_long(folder, "GET /ws/video?camera=cam0", ",cam0", 63,
			" HTTP/1.1\r\n" UPGRADE "\r\n");
	}
	if (r == 0) {
		r = write_long(folder, "GET /ws/video HTTP/1.1\r\n" UPGRADE "Origin: http://", "a",
			247, "\r\n\r\n");
	}
	return r;
}
