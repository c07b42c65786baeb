#include "client/stream/stream.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define UPGRADED                                                                                   \
	"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n"                               \
	"sec-websocket-accept:  R+3FWuRAFO/c3PXaecR66j5x8s8=\r\n"
#define PROTOCOL UPGRADED "Sec-WebSocket-Protocol: twinlens.v1\r\n\r\n"
#define BARE     UPGRADED "\r\n"
#define PARTS    "HTTP/1.0 200 OK\r\nContent-Type: multipart/x-mixed-replace;boundary=b\r\n\r\n"

/* The smallest that picture_is_whole takes: SOI, SOF0, SOS, coded data, EOI. */
#define JPEG                                                                                       \
	"\xff\xd8\xff\xc0\x00\x02\xff\xda\x00\x02"                                                 \
	"ab\xff\x00\xff\xd9"
#define JPEG_SIZE 16

static const struct stream_options websocket = {.kind = STREAM_KIND_WEBSOCKET, .check_every = 1};
static const struct stream_options unchecked = {.kind = STREAM_KIND_WEBSOCKET};
static const struct stream_options multipart = {
	.kind = STREAM_KIND_MULTIPART, .stamp = "X-Timestamp", .check_every = 1};

/* What was fed, with room to append. */
struct input {
	uint8_t bytes[4096];
	size_t size;
};

static void put(struct input *input, const void *bytes, size_t size)
{
	assert_true(size <= sizeof(input->bytes) - input->size);
	memcpy(input->bytes + input->size, bytes, size);
	input->size += size;
}

static void put_text(struct input *input, const char *text)
{
	put(input, text, strlen(text));
}

/* A WebSocket frame of less than 64 KiB, of what a string literal holds. */
static void put_frame(struct input *input, uint8_t first, const void *data, size_t size)
{
	uint8_t head[4] = {first, (uint8_t)size, 0, 0};
	size_t head_size = 2;

	if (size > 125) {
		head[1] = 126;
		head[2] = (uint8_t)(size >> 8);
		head[3] = (uint8_t)size;
		head_size = 4;
	}
	put(input, head, head_size);
	put(input, data, size);
}

static const uint8_t header[STREAM_HEADER_BYTES] = {1, 1, 3, 1, 0, 0, 1, 2, 0, 0, 0, 0, 0, 0, 3,
	232, 0, 0, 0, 0, 0, 0, 7, 208, 2, 128, 1, 224, 0, 0, 0, 5};

/* Feeds all of it in pieces of at most so many bytes; the events, one letter each, up to an error.
 */
static int feed(struct stream *stream, const struct input *input, size_t piece, char *ret_events)
{
	static const char letters[] = "-OFTPC";
	struct error err;

	for (size_t at = 0; at < input->size;) {
		size_t size = input->size - at < piece ? input->size - at : piece, used = 0;
		size_t droppable = stream_droppable(stream);
		enum stream_event event;
		assert_true(stream_wanted(stream) > 0);
		if (droppable > 0) {
			used = size < droppable ? size : droppable;
			event = stream_drop(stream, used);
		} else {
			int r = stream_feed(stream, input->bytes + at, size, &used, &event, &err);
			if (r < 0) {
				assert_true(err.text[0]);
				*ret_events = '\0';
				return r;
			}
		}
		assert_true(used > 0 && used <= size);
		at += used;
		if (event != STREAM_EVENT_NONE) {
			*ret_events++ = letters[event];
		}
	}
	*ret_events = '\0';
	return 0;
}

/* The events are the same however the bytes are cut; the stream is left as after the last way. */
static int feed_all_ways(struct stream *stream, const struct stream_options *options,
	const struct input *input, char *ret_events)
{
	char events[256];
	int r = 0;

	stream_init(stream, options, 0);
	int wanted = feed(stream, input, sizeof(input->bytes), ret_events);
	for (size_t piece = 1; piece < 70; piece++) {
		stream_init(stream, options, 0);
		r = feed(stream, input, piece, events);
		assert_string_equal(events, ret_events);
		assert_int_equal(r, wanted);
	}
	return r;
}

static void test_frames_of_the_protocol(void **state)
{
	(void)state;
	struct input input = {0};
	struct stream stream;
	char events[256];
	uint8_t message[STREAM_HEADER_BYTES + JPEG_SIZE];

	memcpy(message, header, sizeof(header));
	memcpy(message + sizeof(header), JPEG, JPEG_SIZE);
	put_text(&input, PROTOCOL);
	put_frame(&input, 0x82, message, sizeof(message));
	put_frame(&input, 0x89, "ping", 4);
	put_frame(&input, 0x8a, "pong", 4);
	put_frame(&input, 0x81, "{}", 2);
	put_frame(&input, 0x82, message, sizeof(message));
	assert_int_equal(feed_all_ways(&stream, &websocket, &input, events), 0);
	assert_string_equal(events, "OFPTF");
	assert_true(stream.frame.has_header);
	assert_int_equal(stream.frame.camera, 3);
	assert_int_equal(stream.frame.flags, 1);
	assert_int_equal(stream.frame.sequence, 258);
	assert_int_equal(stream.frame.captured_ns, 1000000);
	assert_int_equal(stream.frame.sent_ns, 2000000);
	assert_int_equal(stream.frame.width, 640);
	assert_int_equal(stream.frame.height, 480);
	assert_int_equal(stream.frame.skipped, 5);
	assert_int_equal(stream.frame.size_bytes, JPEG_SIZE);
	assert_false(stream.frame.is_broken);
	assert_string_equal(stream.text, "{}");
	assert_memory_equal(stream.control, "pong", 4);
}

/* The header itself in two fragments, a ping between them, and a fragment without bytes. */
static void test_fragments(void **state)
{
	(void)state;
	struct input input = {0};
	struct stream stream;
	char events[256];

	put_text(&input, PROTOCOL);
	put_frame(&input, 0x02, header, 10);
	put_frame(&input, 0x89, "p", 1);
	put_frame(&input, 0x00, header + 10, 22);
	put_frame(&input, 0x00, JPEG, 5);
	put_frame(&input, 0x00, "", 0);
	put_frame(&input, 0x80, JPEG + 5, JPEG_SIZE - 5);
	put_frame(&input, 0x01, "ab", 2);
	put_frame(&input, 0x80, "cd", 2);
	assert_int_equal(feed_all_ways(&stream, &websocket, &input, events), 0);
	assert_string_equal(events, "OPFT");
	assert_int_equal(stream.frame.camera, 3);
	assert_int_equal(stream.frame.size_bytes, JPEG_SIZE);
	assert_false(stream.frame.is_broken);
	assert_string_equal(stream.text, "abcd");
}

static void test_bare_pictures(void **state)
{
	(void)state;
	struct input input = {0};
	struct stream stream;
	char events[256];

	put_text(&input, BARE);
	put_frame(&input, 0x82, JPEG, JPEG_SIZE);
	assert_int_equal(feed_all_ways(&stream, &websocket, &input, events), 0);
	assert_string_equal(events, "OF");
	assert_false(stream.frame.has_header);
	assert_false(stream.frame.is_broken);
	assert_int_equal(stream.frame.captured_ns, 0);
}

static void check_broken(
	const struct stream_options *options, const void *message, size_t size, bool is_broken)
{
	struct input input = {0};
	struct stream stream;
	char events[256];

	put_text(&input, PROTOCOL);
	put_frame(&input, 0x82, message, size);
	put_frame(&input, 0x8a, "", 0); /* it goes on behind it */
	assert_int_equal(feed_all_ways(&stream, options, &input, events), 0);
	assert_string_equal(events, "OF");
	assert_int_equal(stream.frame.is_broken, is_broken);
}

static void test_broken_pictures(void **state)
{
	(void)state;
	uint8_t message[STREAM_HEADER_BYTES + JPEG_SIZE + 1];

	memcpy(message, header, sizeof(header));
	memcpy(message + sizeof(header), JPEG "x", JPEG_SIZE + 1);
	check_broken(&websocket, message, sizeof(message) - 1, false);
	check_broken(&websocket, message, sizeof(message), true);     /* a byte more */
	check_broken(&websocket, message, sizeof(message) - 2, true); /* a byte less */
	check_broken(&unchecked, message, sizeof(message) - 2, false);
	check_broken(&unchecked, message, STREAM_HEADER_BYTES + 1, true);
	check_broken(&unchecked, message, STREAM_HEADER_BYTES, true);
	check_broken(&unchecked, message, 7, true);
	check_broken(&unchecked, message, 0, true);
	message[STREAM_HEADER_BYTES] = 0xfe;
	check_broken(&unchecked, message, sizeof(message), true); /* no SOI */
	message[STREAM_HEADER_BYTES] = 0xff;
	message[0] = 2;
	check_broken(&unchecked, message, sizeof(message), true); /* another version */
}

static void test_parts(void **state)
{
	(void)state;
	struct input input = {0};
	struct stream stream;
	char events[256];

	put_text(&input, PARTS "--b\r\nContent-Type: image/jpeg\r\nContent-Length: 16\r\n"
			       "X-Timestamp: 12.0345\r\n\r\n");
	put(&input, JPEG, JPEG_SIZE);
	put_text(&input,
		"\r\n--b\r\ncontent-length:16\r\nX-Timestamp: 99999999999999999999\r\n\r\n");
	put(&input, JPEG, JPEG_SIZE);
	put_text(&input, "\n--b\nContent-Length: 16\nX-Timestamp: 7.5\n\n");
	assert_int_equal(feed_all_ways(&stream, &multipart, &input, events), 0);
	assert_string_equal(events, "OFF");
	assert_int_equal(stream.frame.captured_ns, 7500000000);
	put(&input, JPEG, JPEG_SIZE);
	put_text(&input, "--b\r\nContent-Length: 16\r\n\r\n");
	put(&input, "no JPEG nowhere!", JPEG_SIZE);
	assert_int_equal(feed_all_ways(&stream, &multipart, &input, events), 0);
	assert_string_equal(events, "OFFFF");
	assert_int_equal(stream.frame.captured_ns, 0);
	assert_true(stream.frame.is_broken);
}

#define CHUNKS                                                                                     \
	"HTTP/1.1 200 OK\r\nTransfer-Encoding: Chunked\r\n"                                        \
	"Content-Type: multipart/x-mixed-replace;boundary=b\r\n\r\n"

/* The same parts, cut into chunks of any size: within lines, and within pictures. */
static void test_chunks(void **state)
{
	(void)state;
	static const char part[] = "--b\r\nContent-Length: 16\r\n\r\n" JPEG "\r\n";
	char events[256];

	for (size_t size = 1; size < sizeof(part); size++) {
		struct input input = {0};
		struct stream stream;
		put_text(&input, CHUNKS);
		for (size_t at = 0, total = 2 * (sizeof(part) - 1); at < total; at += size) {
			char head[32];
			size_t n = total - at < size ? total - at : size;
			snprintf(head, sizeof(head), "%s%zX%s\r\n", at ? "\r\n" : "", n,
				at % 3 ? "" : ";name=\"value\"");
			put_text(&input, head);
			for (size_t i = at; i < at + n; i++) {
				put(&input, part + i % (sizeof(part) - 1), 1);
			}
		}
		assert_int_equal(feed_all_ways(&stream, &multipart, &input, events), 0);
		assert_string_equal(events, "OFF");
		assert_false(stream.frame.is_broken);
		assert_int_equal(stream.frame.size_bytes, JPEG_SIZE);
		put_text(&input, "\r\n0\r\n\r\n");
		assert_int_equal(feed_all_ways(&stream, &multipart, &input, events), -ECONNRESET);
		assert_string_equal(events, "OFF");
	}
}

static void check_error(const struct stream_options *options, const struct input *input, int wanted)
{
	struct stream stream;
	char events[256];

	assert_int_equal(feed_all_ways(&stream, options, input, events), wanted);
}

static void check_answer(const struct stream_options *options, const char *answer, int wanted)
{
	struct input input = {0};

	put_text(&input, answer);
	check_error(options, &input, wanted);
}

static void test_answers(void **state)
{
	(void)state;
	check_answer(&websocket, BARE, 0);
	check_answer(&websocket, "HTTP/1.1 503 Service Unavailable\r\n\r\n", -ECONNREFUSED);
	check_answer(&websocket, "HTTP/1.1 200 OK\r\n\r\n", -ECONNREFUSED);
	check_answer(&multipart, "HTTP/1.1 404 Not Found\r\n\r\n", -ECONNREFUSED);
	check_answer(&websocket, "SSH-2.0-OpenSSH_9.2\r\n", -EPROTO);
	check_answer(&websocket, "\r\n", -EPROTO);
	check_answer(&websocket, "HTTP/1.1 101 Sure\r\n\r\n", -EPROTO);
	check_answer(&websocket,
		"HTTP/1.1 101 Sure\r\nSec-WebSocket-Accept: ICX+Yqv66kxgM0FcWaLWlFLwTAI=\r\n\r\n",
		-EPROTO);
	check_answer(&multipart, "HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n\r\n", -EPROTO);
	check_answer(&multipart, PARTS "--b\r\nContent-Length: 0\r\n", -EMSGSIZE);
	check_answer(
		&multipart, PARTS "--b\r\nContent-Length: 99999999999999999999999\r\n", -EMSGSIZE);
	check_answer(&multipart, PARTS "--b\r\nContent-Length: -1\r\n", -EMSGSIZE);
	check_answer(&multipart, PARTS "--b\r\nContent-Type: image/jpeg\r\n\r\n", -EPROTO);
	check_answer(&multipart, CHUNKS "x\r\n", -EPROTO);
	check_answer(&multipart, CHUNKS "-1\r\n", -EPROTO);
	check_answer(&multipart, CHUNKS "fffffffffffffffff\r\n", -EPROTO);
}

static void test_heads_without_an_end(void **state)
{
	(void)state;
	struct stream stream;
	struct error err;
	enum stream_event event;
	size_t used;
	uint8_t line[1024];
	int r = 0;

	memset(line, 'x', sizeof(line));
	for (unsigned is_part = 0; is_part < 2; is_part++) {
		stream_init(&stream, &multipart, 0);
		if (is_part) {
			r = stream_feed(&stream, (const uint8_t *)PARTS, strlen(PARTS), &used,
				&event, &err);
			assert_int_equal(r, 0);
		}
		for (size_t fed = 0; r == 0; fed += sizeof(line)) {
			assert_true(fed <= STREAM_HEAD_MAX);
			r = stream_feed(&stream, line, sizeof(line), &used, &event, &err);
		}
		assert_int_equal(r, -EMSGSIZE);
		r = 0;
	}
}

static void check_head(const void *head, size_t size, int wanted)
{
	struct input input = {0};

	put_text(&input, BARE);
	put(&input, head, size);
	check_error(&websocket, &input, wanted);
}

static void test_hostile_frames(void **state)
{
	(void)state;
	check_head("\x82\x81\x00\x00\x00\x00", 6, -EPROTO); /* masked */
	check_head("\xc2\x00", 2, -EPROTO);                 /* compressed */
	check_head("\x83\x00", 2, -EPROTO);                 /* unknown */
	check_head("\x8b\x00", 2, -EPROTO);                 /* unknown control */
	check_head("\x09\x00", 2, -EPROTO);                 /* ping in parts */
	check_head("\x89\x7e\x00\x80", 4, -EPROTO);         /* long ping */
	check_head("\x80\x00", 2, -EPROTO);                 /* continues nothing */
	check_head("\x02\x00\x82\x00", 4, -EPROTO);         /* not continued */
	check_head("\x82\x7f\x00\x00\x00\x00\x04\x00\x00\x01", 10, -EMSGSIZE); /* 64 MiB and 1 */
	check_head("\x82\x7f\xff\xff\xff\xff\xff\xff\xff\xff", 10, -EMSGSIZE);
	check_head("\x02\x01z\x80\x7f\x00\x00\x00\x00\x04\x00\x00\x00", 13, -EMSGSIZE); /* in sum */
}

static void test_close(void **state)
{
	(void)state;
	struct input input = {0}, other = {0};
	struct stream stream;
	char events[256];

	put_text(&input, BARE);
	put_frame(&input, 0x88, "\x03\xe9gone", 6);
	assert_int_equal(feed_all_ways(&stream, &websocket, &input, events), 0);
	assert_string_equal(events, "OC");
	assert_int_equal(stream.close_code, 1001);
	put_text(&other, BARE);
	put_frame(&other, 0x88, "", 0);
	assert_int_equal(feed_all_ways(&stream, &websocket, &other, events), 0);
	assert_string_equal(events, "OC");
	assert_int_equal(stream.close_code, 1005);
}

static void test_long_text_is_cut(void **state)
{
	(void)state;
	struct input input = {0};
	struct stream stream;
	char events[256], text[STREAM_TEXT_MAX + 100];

	memset(text, 't', sizeof(text));
	put_text(&input, BARE);
	put_frame(&input, 0x81, text, sizeof(text));
	assert_int_equal(feed_all_ways(&stream, &websocket, &input, events), 0);
	assert_string_equal(events, "OT");
	assert_true(stream.is_text_cut);
	assert_int_equal(strlen(stream_text(&stream)), STREAM_TEXT_MAX);

	char room[sizeof(text) + 1];
	const struct stream_options longer = {
		.kind = STREAM_KIND_WEBSOCKET, .text = room, .text_size = sizeof(room)};
	assert_int_equal(feed_all_ways(&stream, &longer, &input, events), 0);
	assert_string_equal(events, "OT");
	assert_false(stream.is_text_cut);
	assert_ptr_equal(stream_text(&stream), room);
	assert_int_equal(strlen(room), sizeof(text));
}

/* Of three pictures the first and the third are read, of the second no more than two bytes. */
static void test_every_second_picture_is_read(void **state)
{
	(void)state;
	const struct stream_options options = {.kind = STREAM_KIND_WEBSOCKET, .check_every = 2};
	struct stream stream;
	struct error err;
	enum stream_event event;
	size_t used;
	const uint8_t head[] = {0x82, JPEG_SIZE, 0xff, 0xd8};

	stream_init(&stream, &options, 0);
	assert_int_equal(
		stream_feed(&stream, (const uint8_t *)BARE, strlen(BARE), &used, &event, &err), 0);
	for (unsigned i = 0; i < 3; i++) {
		assert_int_equal(stream_feed(&stream, head, sizeof(head), &used, &event, &err), 0);
		assert_int_equal(used, sizeof(head));
		assert_int_equal(stream_droppable(&stream), i == 1 ? JPEG_SIZE - 2 : 0);
		if (i == 1) {
			event = stream_drop(&stream, JPEG_SIZE - 2);
		} else {
			assert_int_equal(stream_wanted(&stream), JPEG_SIZE - 2);
			assert_int_equal(stream_feed(&stream, (const uint8_t *)JPEG + 2,
						 JPEG_SIZE - 2, &used, &event, &err),
				0);
		}
		assert_int_equal(event, STREAM_EVENT_FRAME);
		assert_false(stream.frame.is_broken);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_frames_of_the_protocol),
		cmocka_unit_test(test_fragments),
		cmocka_unit_test(test_bare_pictures),
		cmocka_unit_test(test_broken_pictures),
		cmocka_unit_test(test_parts),
		cmocka_unit_test(test_chunks),
		cmocka_unit_test(test_answers),
		cmocka_unit_test(test_heads_without_an_end),
		cmocka_unit_test(test_hostile_frames),
		cmocka_unit_test(test_close),
		cmocka_unit_test(test_long_text_is_cut),
		cmocka_unit_test(test_every_second_picture_is_read),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
