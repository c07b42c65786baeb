/*
 * A part is lines up to an empty one, then as many bytes as its Content-Length says. Lines that are
 * no header, such as the boundary and the line break behind a picture, are passed over: the lengths
 * alone tell where a part ends, so the boundary need not be looked for in the pictures.
 */
#include "client/stream/stream-impl.h"

#include <errno.h>

#include "util/clock.h"

#define SECONDS_MAX 10000000000ULL /* so that nanoseconds fit */

/* Reads digits, and steps over them; -ERANGE above max. */
static int read_number(const char **text, uint64_t max, uint64_t *ret_value)
{
	uint64_t value = 0;
	const char *at = *text;

	if (*at < '0' || *at > '9') {
		return -EINVAL;
	}
	for (; *at >= '0' && *at <= '9'; at++) {
		value = value * 10 + (uint64_t)(*at - '0');
		if (value > max) {
			return -ERANGE;
		}
	}
	*text = at;
	*ret_value = value;
	return 0;
}

/* Seconds with a fraction, which counts to the ninth digit. 0 when it is not of that form. */
static uint64_t read_seconds_ns(const char *text)
{
	uint64_t seconds, ns = 0, digit = NSEC_PER_SEC / 10;

	if (read_number(&text, SECONDS_MAX, &seconds) < 0) {
		return 0;
	}
	if (*text == '.') {
		for (text++; *text >= '0' && *text <= '9'; text++) {
			ns += (uint64_t)(*text - '0') * digit;
			digit /= 10;
		}
	}
	return seconds * NSEC_PER_SEC + ns;
}

static int take_part_header(struct stream *stream, struct error *err)
{
	const char *stamp = stream->options->stamp;
	const char *length = stream_header_value(stream, "Content-Length");

	if (length && (read_number(&length, STREAM_PICTURE_MAX, &stream->content_length) < 0 ||
			      stream->content_length == 0)) {
		return error_set(err, -EMSGSIZE,
			"the Content-Length of a part must be from 1 to %u: %.40s",
			STREAM_PICTURE_MAX, length);
	}
	const char *seconds = stamp ? stream_header_value(stream, stamp) : NULL;
	if (seconds) {
		stream->part_captured_ns = read_seconds_ns(seconds);
	}
	return 0;
}

static int end_part_head(struct stream *stream, struct error *err)
{
	if (stream->content_length == 0) {
		return error_set(err, -EPROTO, "a part has no Content-Length");
	}
	stream_picture_begin(stream);
	stream->frame.captured_ns = stream->part_captured_ns;
	stream->part_captured_ns = 0;
	stream->left = stream->content_length;
	stream->content_length = 0;
	stream->head_bytes = 0;
	stream->has_line = false;
	stream->state = STREAM_STATE_PICTURE;
	return 0;
}

int stream_take_part(struct stream *stream, const uint8_t *data, size_t size, size_t *ret_used,
	struct error *err)
{
	bool is_line = stream_take_line(stream, data, size, ret_used);
	int r = 0;

	if (stream->head_bytes > STREAM_HEAD_MAX) {
		return error_set(err, -EMSGSIZE, "the head of a part is longer than %d bytes",
			STREAM_HEAD_MAX);
	}
	if (!is_line) {
		return 0;
	}
	if (stream->text_size > 0) {
		stream->has_line = true;
		r = take_part_header(stream, err);
	} else if (stream->has_line) {
		r = end_part_head(stream, err);
	}
	stream->text_size = 0;
	stream->is_text_cut = false;
	return r;
}

enum stream_event stream_part_continue(struct stream *stream)
{
	stream->state = STREAM_STATE_PART;
	return stream_picture_end(stream);
}
