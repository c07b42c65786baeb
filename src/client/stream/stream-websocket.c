/*
 * A message may come in fragments, with control frames between them (RFC 6455 5.4): what belongs to
 * a message is kept apart from what belongs to a control frame.
 */
#include "client/stream/stream-impl.h"

#include <errno.h>
#include <string.h>

#include "util/clock.h"

enum {
	OPCODE_CONTINUATION = 0,
	OPCODE_TEXT = 1,
	OPCODE_BINARY = 2,
	OPCODE_CLOSE = 8,
	OPCODE_PING = 9,
	OPCODE_PONG = 10,
};

#define FIN           0x80
#define RESERVED      0x70
#define MASKED        0x80
#define CLOSE_NO_CODE 1005

static uint64_t read_be(const uint8_t *data, size_t size)
{
	uint64_t value = 0;

	for (size_t i = 0; i < size; i++) {
		value = value << 8 | data[i];
	}
	return value;
}

/* Microseconds of a header as nanoseconds; the largest value instead of an overflow. */
static uint64_t read_time_ns(const uint8_t *data)
{
	uint64_t us = read_be(data, 8);

	return us < UINT64_MAX / NSEC_PER_USEC ? us * NSEC_PER_USEC : UINT64_MAX;
}

/* Of the header of a frame, when two bytes of it are known. */
static size_t size_of_head(const uint8_t *head)
{
	unsigned length = head[1] & 0x7f;

	return length == 127 ? 10 : length == 126 ? 4 : 2;
}

static int check_head(const struct stream *stream, const uint8_t *head, struct error *err)
{
	unsigned opcode = head[0] & 0x0f;
	bool is_first = opcode == OPCODE_TEXT || opcode == OPCODE_BINARY;

	if (head[0] & RESERVED || head[1] & MASKED) {
		return error_set(err, -EPROTO, "a WebSocket frame is masked or has reserved bits");
	}
	if (opcode >= OPCODE_CLOSE) {
		if (opcode > OPCODE_PONG || !(head[0] & FIN) ||
			(head[1] & 0x7f) > STREAM_CONTROL_MAX) {
			return error_set(err, -EPROTO,
				"a WebSocket control frame is too long, fragmented or unknown");
		}
		return 0;
	}
	if (opcode > OPCODE_BINARY || is_first != (stream->message == 0)) {
		return error_set(err, -EPROTO, "unexpected WebSocket opcode %u", opcode);
	}
	return 0;
}

static void take_header(struct stream *stream)
{
	const uint8_t *header = stream->header;

	stream->frame.has_header = true;
	stream->frame.is_broken = header[0] != 1 || header[1] != 1;
	stream->frame.camera = header[2];
	stream->frame.flags = header[3];
	stream->frame.sequence = (uint32_t)read_be(header + 4, 4);
	stream->frame.captured_ns = read_time_ns(header + 8);
	stream->frame.sent_ns = read_time_ns(header + 16);
	stream->frame.width = (unsigned)read_be(header + 24, 2);
	stream->frame.height = (unsigned)read_be(header + 26, 2);
	stream->frame.skipped = (uint32_t)read_be(header + 28, 4);
}

static enum stream_event end_control(struct stream *stream)
{
	if (stream->opcode == OPCODE_PING) {
		return STREAM_EVENT_PING;
	}
	if (stream->opcode == OPCODE_PONG) {
		return STREAM_EVENT_NONE;
	}
	stream->close_code =
		stream->control_size >= 2 ? (uint16_t)read_be(stream->control, 2) : CLOSE_NO_CODE;
	return STREAM_EVENT_CLOSED;
}

/* Where texts are put, and how much of them. */
static char *text_of(struct stream *stream, size_t *ret_max)
{
	const struct stream_options *options = stream->options;

	*ret_max = options->text ? options->text_size - 1 : STREAM_TEXT_MAX;
	return options->text ? options->text : stream->text;
}

const char *stream_text(const struct stream *stream)
{
	return stream->options->text ? stream->options->text : stream->text;
}

enum stream_event stream_message_continue(struct stream *stream)
{
	stream->state = STREAM_STATE_LENGTH;
	if (stream->opcode >= OPCODE_CLOSE) {
		return end_control(stream);
	}
	if (!stream->is_last_fragment) {
		return STREAM_EVENT_NONE;
	}
	bool is_text = stream->message == OPCODE_TEXT;
	stream->message = 0;
	if (is_text) {
		size_t max;
		text_of(stream, &max)[stream->text_size] = '\0';
		return STREAM_EVENT_TEXT;
	}
	return stream_picture_end(stream);
}

static enum stream_state begin_data(struct stream *stream)
{
	if (stream->opcode != OPCODE_CONTINUATION) {
		stream->message = stream->opcode;
		stream->text_size = 0;
		stream->is_text_cut = false;
		stream->header_size = 0;
	}
	if (stream->opcode == OPCODE_BINARY) {
		stream_picture_begin(stream);
	}
	if (stream->message == OPCODE_TEXT) {
		return STREAM_STATE_TEXT;
	}
	bool wants_header = stream->has_protocol && stream->header_size < STREAM_HEADER_BYTES;
	return wants_header ? STREAM_STATE_HEADER : STREAM_STATE_PICTURE;
}

static int begin_frame(struct stream *stream, enum stream_event *ret_event, struct error *err)
{
	const uint8_t *head = stream->head;
	size_t size = size_of_head(head);
	int r = check_head(stream, head, err);

	if (r < 0) {
		return r;
	}
	stream->head_size = 0;
	stream->opcode = head[0] & 0x0f;
	stream->left = size == 2 ? head[1] & 0x7f : read_be(head + 2, size - 2);
	uint64_t before = stream->opcode == OPCODE_CONTINUATION ? stream->frame.size_bytes : 0;
	if (stream->left > STREAM_PICTURE_MAX - before) {
		return error_set(err, -EMSGSIZE, "a WebSocket message has more than %u bytes",
			STREAM_PICTURE_MAX);
	}
	if (stream->opcode >= OPCODE_CLOSE) {
		stream->control_size = 0;
		stream->state = STREAM_STATE_CONTROL;
	} else {
		stream->is_last_fragment = head[0] & FIN;
		stream->state = begin_data(stream);
	}
	if (stream->left == 0) {
		*ret_event = stream_message_continue(stream);
	}
	return 0;
}

static int take_head(
	struct stream *stream, uint8_t byte, enum stream_event *ret_event, struct error *err)
{
	stream->head[stream->head_size++] = byte;
	if (stream->head_size < 2 || stream->head_size < size_of_head(stream->head)) {
		return 0;
	}
	return begin_frame(stream, ret_event, err);
}

/* Copies what there is room for. */
static void gather(void *into, size_t used, size_t max, const uint8_t *data, size_t size)
{
	size_t room = max - used;

	memcpy((uint8_t *)into + used, data, size < room ? size : room);
}

static size_t take_control(struct stream *stream, const uint8_t *data, size_t size)
{
	gather(stream->control, stream->control_size, STREAM_CONTROL_MAX, data, size);
	stream->control_size = (uint16_t)(stream->control_size + size);
	return size;
}

static size_t take_text(struct stream *stream, const uint8_t *data, size_t size)
{
	size_t used = stream->text_size + size, max;
	char *text = text_of(stream, &max);

	gather(text, stream->text_size, max, data, size);
	stream->is_text_cut = stream->is_text_cut || used > max;
	stream->text_size = used < max ? used : max;
	return size;
}

static size_t take_header_bytes(struct stream *stream, const uint8_t *data, size_t size)
{
	size_t room = STREAM_HEADER_BYTES - stream->header_size;
	size_t n = size < room ? size : room;

	gather(stream->header, stream->header_size, STREAM_HEADER_BYTES, data, n);
	stream->header_size = (uint8_t)(stream->header_size + n);
	if (stream->header_size == STREAM_HEADER_BYTES) {
		take_header(stream);
		stream->state = STREAM_STATE_PICTURE;
	}
	return n;
}

int stream_take_message(struct stream *stream, const uint8_t *data, size_t size, size_t *ret_used,
	enum stream_event *ret_event, struct error *err)
{
	size_t n = size < stream->left ? size : (size_t)stream->left;

	switch (stream->state) {
	case STREAM_STATE_CONTROL:
		n = take_control(stream, data, n);
		break;
	case STREAM_STATE_TEXT:
		n = take_text(stream, data, n);
		break;
	case STREAM_STATE_HEADER:
		n = take_header_bytes(stream, data, n);
		break;
	default: /* STREAM_STATE_LENGTH */
		*ret_used = 1;
		return take_head(stream, data[0], ret_event, err);
	}
	*ret_used = n;
	stream->left -= n;
	if (stream->left == 0) {
		*ret_event = stream_message_continue(stream);
	}
	return 0;
}
