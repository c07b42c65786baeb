/* What servers send, for fuzz-client. */
#include "seed.h"

#define ANSWER                                                                                     \
	"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n"                               \
	"Sec-WebSocket-Accept: R+3FWuRAFO/c3PXaecR66j5x8s8=\r\n"
#define PROTOCOL ANSWER "Sec-WebSocket-Protocol: twinlens.v1\r\n\r\n"
#define BARE     ANSWER "\r\n"
#define PARTS    "HTTP/1.0 200 OK\r\nContent-Type: multipart/x-mixed-replace;boundary=b\r\n\r\n"
#define CHUNKS                                                                                     \
	"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n"                                        \
	"Content-Type: multipart/x-mixed-replace\r\n\r\n"
#define PART "--b\r\nContent-Type: image/jpeg\r\nContent-Length: 16\r\nX-Timestamp: 1.5\r\n\r\n"
#define JPEG                                                                                       \
	"\xff\xd8\xff\xc0\x00\x02\xff\xda\x00\x02"                                                 \
	"ab\xff\x00\xff\xd9"
#define HEADER                                                                                     \
	"\x01\x01\x00\x00\x00\x00\x00\x07\x00\x00\x00\x00\x00\x01\x00\x00"                         \
	"\x00\x00\x00\x00\x00\x01\x10\x00\x02\x80\x01\xe0\x00\x00\x00\x03"

#define SEED(bytes)                                                                                \
	{                                                                                          \
		bytes, sizeof(bytes) - 1                                                           \
	}

static const struct {
	const char *bytes;
	size_t size;
} inputs[] = {
	SEED("\x04\xff" PROTOCOL "\x82\x30" HEADER JPEG "\x89\x01p\x82\x30" HEADER JPEG),
	SEED("\x00\x05" PROTOCOL "\x02\x10\x01\x01\x00\x00\x00\x00\x00\x07\x00\x00\x00\x00\x00\x01"
	     "\x00\x00\x80\x04zzzz\x81\x02{}"),
	SEED("\x08\x00" BARE "\x82\x10" JPEG "\x82\x7e\x00\x10" JPEG "\x88\x02\x03\xe9"),
	SEED("\x00\x40" BARE "\x82\x7f\x00\x00\x00\x00\x00\x00\x00\x10" JPEG
	     "\x8a\x00\x01\x01t\x80\x00"),
	SEED("\x07\x02" PARTS PART JPEG "\r\n" PART JPEG "\r\n--b--\r\n"),
	SEED("\x03\x20" PARTS PART JPEG PART JPEG),
	SEED("\x05\x08" CHUNKS "5\r\n--b\r\n\r\n28;a=b\r\nContent-Length: 16\r\n\r\n" JPEG
	     "\r\n0\r\n\r\n"),
	SEED("\x00\x00"
	     "HTTP/1.1 503 Service Unavailable\r\nRetry-After: 5\r\n\r\n"),
	SEED("\x00\x00"
	     "ws://[::1]:8081/ws/video?camera=all"),
	SEED("\x00\x00"
	     "http://board.lan/stream/cam0"),
};

int seed_write_all(const char *folder)
{
	int r = 0;

	for (size_t i = 0; i < sizeof(inputs) / sizeof(inputs[0]) && r == 0; i++) {
		r = seed_write(folder, inputs[i].bytes, inputs[i].size);
	}
	return r;
}
