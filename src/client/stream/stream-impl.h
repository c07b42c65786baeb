/* What stream.c, which reads answers and pictures, and the two ways of framing have in common. */
#ifndef CLIENT_STREAM_STREAM_IMPL_H
#define CLIENT_STREAM_STREAM_IMPL_H

#include "client/stream/stream.h"

enum stream_state {
	STREAM_STATE_STATUS,  /* the first line of the answer */
	STREAM_STATE_ANSWER,  /* its headers */
	STREAM_STATE_PART,    /* multipart: boundary and headers */
	STREAM_STATE_LENGTH,  /* WebSocket: opcode and length */
	STREAM_STATE_CONTROL, /* WebSocket: what a control frame holds */
	STREAM_STATE_TEXT,    /* WebSocket: a text message */
	STREAM_STATE_HEADER,  /* WebSocket: the header of twinlens.v1 */
	STREAM_STATE_PICTURE,
};

/* Begins a picture: the frame is all 0 but for what the caller fills in afterwards. */
void stream_picture_begin(struct stream *stream);

/* The picture has come whole: always STREAM_EVENT_FRAME. */
enum stream_event stream_picture_end(struct stream *stream);

/*
 * Gathers a line. True when data had its end, and text has it without CR and LF; counts in
 * head_bytes.
 */
bool stream_take_line(struct stream *stream, const uint8_t *data, size_t size, size_t *ret_used);

/* The value of the header in text when it is the one of this name, else NULL. */
const char *stream_header_value(const struct stream *stream, const char *name);

/*
 * Takes a byte of the head of a chunk; chunk_left is set at its end. 0, -EPROTO, or -ECONNRESET for
 * the last chunk.
 */
int stream_take_chunk_head(struct stream *stream, uint8_t byte, struct error *err);

/* Takes bytes in the states of multipart, and when some of a picture has come. */
int stream_take_part(struct stream *stream, const uint8_t *data, size_t size, size_t *ret_used,
	struct error *err);
enum stream_event stream_part_continue(struct stream *stream);

/* The same for WebSocket. */
int stream_take_message(struct stream *stream, const uint8_t *data, size_t size, size_t *ret_used,
	enum stream_event *ret_event, struct error *err);
enum stream_event stream_message_continue(struct stream *stream);

#endif
