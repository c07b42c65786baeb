/*
 * What a server sends on one connection, taken apart: the answer to the request, then pictures, as
 * messages of a WebSocket (RFC 6455; bare, or with the header of twinlens.v1) or as parts of
 * multipart/x-mixed-replace, chunked or not. The bytes of a picture need not be fed: they can be
 * dropped where they are. Nothing is trusted, every length has a bound, and nothing is allocated.
 * One thread.
 */
#ifndef CLIENT_STREAM_STREAM_H
#define CLIENT_STREAM_STREAM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "client/stream/picture.h"
#include "util/error.h"

#define STREAM_PROTOCOL     "twinlens.v1"
#define STREAM_KEY          "dHdpbmxlbnMgaXMgZmFzdA==" /* Sec-WebSocket-Key that is asked with */
#define STREAM_HEADER_BYTES 32                         /* of twinlens.v1 */
#define STREAM_TEXT_MAX     512         /* what is kept of a line or a text message */
#define STREAM_CONTROL_MAX  125         /* RFC 6455 5.5 */
#define STREAM_HEAD_MAX     16384       /* of an answer's or a part's head */
#define STREAM_PICTURE_MAX  (64u << 20) /* of one picture */

enum stream_kind {
	STREAM_KIND_WEBSOCKET,
	STREAM_KIND_MULTIPART,
};

enum stream_event {
	STREAM_EVENT_NONE,   /* all was taken, nothing happened */
	STREAM_EVENT_OPENED, /* the server has accepted the request */
	STREAM_EVENT_FRAME,  /* a picture has come whole: see frame */
	STREAM_EVENT_TEXT,   /* a text message: see stream_text */
	STREAM_EVENT_PING,   /* to be answered with a pong of the same bytes: see control */
	STREAM_EVENT_CLOSED, /* the server closes: see close_code */
};

/* A picture, as its header describes it. What a server does not tell is 0. */
struct stream_frame {
	bool has_header; /* that of twinlens.v1: camera to skipped */
	unsigned camera;
	unsigned flags;
	uint32_t sequence;
	uint32_t skipped;
	uint64_t captured_ns; /* on the server's clock; 0 when it is not told */
	uint64_t sent_ns;     /* the same clock */
	unsigned width, height;
	uint64_t size_bytes; /* of the picture alone */
	bool is_broken;      /* it does not begin with SOI, or was checked and is not whole */
};

/* What is the same for all connections to one server. */
struct stream_options {
	enum stream_kind kind;
	const char *stamp; /* multipart: the header with the capture time in seconds; may be NULL */
	unsigned check_every; /* every n-th picture is checked whole; 0 checks none */
	char *text;       /* where text messages of one stream are put when they may be longer */
	size_t text_size; /* than STREAM_TEXT_MAX; NULL when not */
};

/* state, header and all below "inside" belong to stream*.c. */
struct stream {
	const struct stream_options *options; /* must outlive it */
	struct stream_frame frame;
	uint16_t close_code;            /* RFC 6455 7.4; 1005 when the server gave none */
	size_t text_size;               /* of the text */
	uint16_t control_size;          /* bytes in control */
	bool is_text_cut;               /* the text has the beginning only */
	char text[STREAM_TEXT_MAX + 1]; /* NUL-terminated */
	uint8_t control[STREAM_CONTROL_MAX];

	/* inside */
	uint8_t state;
	bool is_opened, is_accepted, has_protocol, is_type_right, has_line, is_checked;
	bool is_last_fragment, is_chunked, has_chunk_digit, is_in_chunk_extension;
	uint8_t opcode, message; /* of the frame; of its message, 0 for none */
	uint8_t head_size;       /* bytes in head */
	uint8_t head[10];        /* of a WebSocket frame */
	uint8_t header_size;     /* bytes in header */
	uint8_t header[STREAM_HEADER_BYTES];
	unsigned n_frames;
	size_t head_bytes;   /* of the head that is being read */
	uint64_t left;       /* bytes of the picture's part that are still to come */
	uint64_t chunk_left; /* bytes of the chunk; 0 between two of them */
	uint64_t chunk_size; /* of the chunk whose head is being read */
	uint64_t content_length, part_captured_ns; /* of the part whose head is being read */
	struct picture picture;
};

/*
 * phase: with a number of its own each of several streams checks other pictures, so that they do
 * not all do it at once. Of a stream with 0 the first picture is checked.
 */
void stream_init(struct stream *stream, const struct stream_options *options, unsigned phase);

/*
 * Takes bytes up to the next event: ret_used of them. To be called again with the rest, unless all
 * was taken. 0, or -EPROTO with the reason when the server does not speak the protocol, -EMSGSIZE
 * when something is larger than allowed, -ECONNREFUSED when it refuses the request (the reason has
 * its status). After an error or STREAM_EVENT_CLOSED nothing more may be fed.
 */
int stream_feed(struct stream *stream, const uint8_t *data, size_t size, size_t *ret_used,
	enum stream_event *ret_event, struct error *err);

/* The text message that has come, NUL-terminated; valid until more is fed. */
const char *stream_text(const struct stream *stream);

/*
 * How many bytes that come next are of no interest: they may be dropped without being fed. 0 when
 * the next bytes must be fed.
 */
size_t stream_droppable(const struct stream *stream);

/* Bytes were dropped, as many as stream_droppable allows at most. */
enum stream_event stream_drop(struct stream *stream, size_t size);

/* How many bytes to read at once so that little of a picture is copied; never 0. */
size_t stream_wanted(const struct stream *stream);

#endif
