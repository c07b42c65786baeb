#include "client/stream/stream.h"

#include <errno.h>
#include <string.h>
#include <strings.h>

#include "client/stream/stream-impl.h"

/* What a server answers STREAM_KEY with, RFC 6455 4.2.2; as the key is constant, so is this. */
#define ACCEPT         "R+3FWuRAFO/c3PXaecR66j5x8s8="
#define MULTIPART_TYPE "multipart/x-mixed-replace"
#define MESSAGE_WANTED 64   /* both headers of a message, and the picture's first bytes */
#define HEAD_WANTED    1024 /* an answer's or a part's head */
#define CHECKED_WANTED 65536
#define CHUNK_WANTED   16 /* the head of a chunk */
#define PICTURE_BEGIN  2  /* bytes of a picture that are always fed: SOI */

void stream_init(struct stream *stream, const struct stream_options *options, unsigned phase)
{
	*stream = (struct stream){
		.options = options, .state = STREAM_STATE_STATUS, .n_frames = phase};
}

void stream_picture_begin(struct stream *stream)
{
	unsigned every = stream->options->check_every;

	stream->frame = (struct stream_frame){0};
	stream->is_checked = every > 0 && stream->n_frames % every == 0;
	stream->n_frames++;
	picture_begin(&stream->picture);
}

enum stream_event stream_picture_end(struct stream *stream)
{
	const struct picture *picture = &stream->picture;

	if (stream->frame.size_bytes < PICTURE_BEGIN || !picture_begins_well(picture) ||
		(stream->is_checked && !picture_is_whole(picture))) {
		stream->frame.is_broken = true;
	}
	return STREAM_EVENT_FRAME;
}

bool stream_take_line(struct stream *stream, const uint8_t *data, size_t size, size_t *ret_used)
{
	const uint8_t *end = memchr(data, '\n', size);
	size_t length = end ? (size_t)(end - data) : size;
	size_t room = STREAM_TEXT_MAX - stream->text_size;
	size_t kept = length < room ? length : room;

	memcpy(stream->text + stream->text_size, data, kept);
	stream->text_size += kept;
	stream->is_text_cut = stream->is_text_cut || kept < length;
	stream->head_bytes += length + 1;
	*ret_used = end ? length + 1 : length;
	if (!end) {
		return false;
	}
	if (stream->text_size > 0 && stream->text[stream->text_size - 1] == '\r') {
		stream->text_size--;
	}
	stream->text[stream->text_size] = '\0';
	return true;
}

const char *stream_header_value(const struct stream *stream, const char *name)
{
	size_t length = strlen(name);

	if (strncasecmp(stream->text, name, length) != 0 || stream->text[length] != ':') {
		return NULL;
	}
	const char *value = stream->text + length + 1;
	return value + strspn(value, " \t");
}

static int take_status(struct stream *stream, struct error *err)
{
	const char *wanted = stream->options->kind == STREAM_KIND_WEBSOCKET ? "101" : "200";
	const char *text = stream->text;

	if (strncmp(text, "HTTP/1.", 7) != 0 || strlen(text) < 12 || text[8] != ' ') {
		return error_set(err, -EPROTO, "the answer is not HTTP/1: %.60s", text);
	}
	if (strncmp(text + 9, wanted, 3) != 0) {
		return error_set(err, -ECONNREFUSED, "the server answered %.80s", text + 9);
	}
	stream->state = STREAM_STATE_ANSWER;
	return 0;
}

static void take_answer_header(struct stream *stream)
{
	const char *accept = stream_header_value(stream, "Sec-WebSocket-Accept");
	const char *protocol = stream_header_value(stream, "Sec-WebSocket-Protocol");
	const char *type = stream_header_value(stream, "Content-Type");

	if (accept) {
		stream->is_accepted = strcmp(accept, ACCEPT) == 0;
	}
	if (protocol) {
		stream->has_protocol = strcmp(protocol, STREAM_PROTOCOL) == 0;
	}
	const char *encoding = stream_header_value(stream, "Transfer-Encoding");
	if (encoding && stream->options->kind == STREAM_KIND_MULTIPART) {
		stream->is_chunked = strcasecmp(encoding, "chunked") == 0;
	}
	if (type) {
		stream->is_type_right =
			strncasecmp(type, MULTIPART_TYPE, strlen(MULTIPART_TYPE)) == 0;
	}
}

static int end_answer(struct stream *stream, struct error *err)
{
	if (stream->options->kind == STREAM_KIND_WEBSOCKET) {
		if (!stream->is_accepted) {
			return error_set(err, -EPROTO,
				"the Sec-WebSocket-Accept of the answer does not match the "
				"request");
		}
		stream->state = STREAM_STATE_LENGTH;
	} else {
		if (!stream->is_type_right) {
			return error_set(err, -EPROTO,
				"the Content-Type of the answer is not " MULTIPART_TYPE);
		}
		stream->state = STREAM_STATE_PART;
	}
	stream->is_opened = true;
	stream->head_bytes = 0;
	return 0;
}

static int take_answer(struct stream *stream, const uint8_t *data, size_t size, size_t *ret_used,
	enum stream_event *ret_event, struct error *err)
{
	bool is_line = stream_take_line(stream, data, size, ret_used);
	int r = 0;

	if (stream->head_bytes > STREAM_HEAD_MAX) {
		return error_set(err, -EMSGSIZE, "the head of the answer is longer than %d bytes",
			STREAM_HEAD_MAX);
	}
	if (!is_line) {
		return 0;
	}
	if (stream->state == STREAM_STATE_STATUS) {
		r = take_status(stream, err);
	} else if (stream->text_size > 0) {
		take_answer_header(stream);
	} else {
		r = end_answer(stream, err);
		*ret_event = STREAM_EVENT_OPENED;
	}
	stream->text_size = 0;
	stream->is_text_cut = false;
	return r;
}

/* Some bytes of the picture have come. */
static enum stream_event continue_picture(struct stream *stream, size_t size)
{
	stream->left -= size;
	stream->frame.size_bytes += size;
	if (stream->left > 0) {
		return STREAM_EVENT_NONE;
	}
	return stream->options->kind == STREAM_KIND_WEBSOCKET ? stream_message_continue(stream)
							      : stream_part_continue(stream);
}

static enum stream_event take_picture(
	struct stream *stream, const uint8_t *data, size_t size, size_t *ret_used)
{
	size_t n = size < stream->left ? size : (size_t)stream->left;

	if (stream->is_checked) {
		picture_feed(&stream->picture, data, n);
	} else if (stream->frame.size_bytes < PICTURE_BEGIN) {
		size_t begin = PICTURE_BEGIN - (size_t)stream->frame.size_bytes;
		picture_feed(&stream->picture, data, n < begin ? n : begin);
	}
	*ret_used = n;
	return continue_picture(stream, n);
}

/* Whether the next byte belongs to the head of a chunk (RFC 9112 7.1). */
static bool is_between_chunks(const struct stream *stream)
{
	return stream->is_chunked && stream->is_opened && stream->chunk_left == 0;
}

/* Takes some of what is there, by the state. */
static int take_some(struct stream *stream, const uint8_t *data, size_t size, size_t *ret_used,
	enum stream_event *ret_event, struct error *err)
{
	switch (stream->state) {
	case STREAM_STATE_STATUS:
	case STREAM_STATE_ANSWER:
		return take_answer(stream, data, size, ret_used, ret_event, err);
	case STREAM_STATE_PART:
		return stream_take_part(stream, data, size, ret_used, err);
	case STREAM_STATE_PICTURE:
		*ret_event = take_picture(stream, data, size, ret_used);
		return 0;
	default:
		return stream_take_message(stream, data, size, ret_used, ret_event, err);
	}
}

static int take_chunk(struct stream *stream, const uint8_t *data, size_t size, size_t *ret_used,
	enum stream_event *ret_event, struct error *err)
{
	if (stream->chunk_left == 0) {
		*ret_used = 1;
		return stream_take_chunk_head(stream, data[0], err);
	}
	size_t n = size < stream->chunk_left ? size : (size_t)stream->chunk_left;
	int r = take_some(stream, data, n, ret_used, ret_event, err);
	if (r == 0) {
		stream->chunk_left -= *ret_used;
	}
	return r;
}

int stream_feed(struct stream *stream, const uint8_t *data, size_t size, size_t *ret_used,
	enum stream_event *ret_event, struct error *err)
{
	enum stream_event event = STREAM_EVENT_NONE;
	size_t used = 0;

	while (used < size && event == STREAM_EVENT_NONE) {
		bool is_chunk = stream->is_chunked && stream->is_opened;
		size_t n = 0;
		int r = is_chunk ? take_chunk(stream, data + used, size - used, &n, &event, err)
				 : take_some(stream, data + used, size - used, &n, &event, err);
		if (r < 0) {
			return r;
		}
		used += n;
	}
	*ret_used = used;
	*ret_event = event;
	return 0;
}

size_t stream_droppable(const struct stream *stream)
{
	if (stream->state != STREAM_STATE_PICTURE || stream->is_checked ||
		stream->frame.size_bytes < PICTURE_BEGIN) {
		return 0;
	}
	bool is_shorter = stream->is_chunked && stream->chunk_left < stream->left;
	return (size_t)(is_shorter ? stream->chunk_left : stream->left);
}

enum stream_event stream_drop(struct stream *stream, size_t size)
{
	if (stream->is_chunked) {
		stream->chunk_left -= size;
	}
	return continue_picture(stream, size);
}

size_t stream_wanted(const struct stream *stream)
{
	if (is_between_chunks(stream)) {
		return CHUNK_WANTED;
	}
	if (stream->state == STREAM_STATE_PICTURE && stream->is_checked) {
		return stream->left < CHECKED_WANTED ? (size_t)stream->left : CHECKED_WANTED;
	}
	if (stream->state == STREAM_STATE_PICTURE) {
		return PICTURE_BEGIN;
	}
	bool is_message = stream->is_opened && stream->options->kind == STREAM_KIND_WEBSOCKET;
	return is_message ? MESSAGE_WANTED : HEAD_WANTED;
}
