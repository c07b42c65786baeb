/* No frame asks the heap for anything, whatever is done to it. */
#include "encode/encoder.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include "jpeg/fixture-heap.h"
#include "jpeg/fixture.h"
#include "jpeg/header.h"
#include "util/cleanup.h"

#define WIDTH  ((uint32_t)642)
#define HEIGHT ((uint32_t)482)
#define ROUNDS 20

static void release(struct frame *frame)
{
	(void)frame;
}

static uint8_t raw_data[2 * WIDTH * HEIGHT];

static struct frame raw_frame(enum pixel_format format)
{
	struct frame frame = {
		.data = raw_data,
		.size = sizeof(raw_data),
		.capacity = sizeof(raw_data),
		.format = format,
		.width = WIDTH,
		.height = HEIGHT,
	};
	bool is_packed = format == PIXEL_FORMAT_YUYV || format == PIXEL_FORMAT_UYVY;

	frame.planes[0] = (struct frame_plane){raw_data, is_packed ? 2 * WIDTH : WIDTH};
	frame.planes[1] = (struct frame_plane){raw_data + WIDTH * HEIGHT, WIDTH};
	frame_init(&frame, release);
	return frame;
}

static void test_the_counter_counts(void **state)
{
	(void)state;
	unsigned long before = fixture_heap_calls();
	void *volatile memory = malloc(100);

	free(memory);
	assert_true(fixture_heap_calls() > before);
}

static void check_raw(enum pixel_format format, struct frame_pool *pool, int expected)
{
	struct encoder *encoder;
	struct frame *jpeg;
	struct error err;

	assert_int_equal(encoder_new(format, WIDTH, HEIGHT, 80, 1 << 20, pool, &encoder, &err), 0);
	unsigned long before = fixture_heap_calls();
	for (int i = 0; i < ROUNDS; i++) {
		struct frame raw = raw_frame(format);
		int r = encoder_encode(encoder, &raw, &jpeg);
		if (r == 0) {
			frame_unref(jpeg);
		}
		if (r != expected) {
			fail_msg("%d instead of %d", r, expected);
		}
	}
	assert_int_equal(fixture_heap_calls() - before, 0);
	encoder_free(encoder);
}

static void test_encoding(void **state)
{
	(void)state;
	struct frame_pool *pool, *small_pool;

	for (size_t i = 0; i < sizeof(raw_data); i++) {
		raw_data[i] = (uint8_t)(i * 2654435761U >> 24);
	}
	assert_int_equal(frame_pool_new(1 << 20, 2, &pool), 0);
	assert_int_equal(frame_pool_new(5000, 2, &small_pool), 0);
	for (int i = PIXEL_FORMAT_YUYV; i < PIXEL_FORMAT_COUNT; i++) {
		check_raw((enum pixel_format)i, pool, 0);
		check_raw((enum pixel_format)i, small_pool, FRAME_DROP_OVERSIZE);
	}
	frame_pool_free(pool);
	frame_pool_free(small_pool);
}

/* Without tables and end: the most that a repair has to do. */
static void test_repairing(void **state)
{
	(void)state;
	const struct jpeg_fixture fixture = {
		.width = 320, .height = 240, .quality = 80, .h = 2, .v = 1};
	static uint8_t block[FRAME_HEADROOM + 100000];
	struct encoder *encoder;
	struct frame *jpeg;
	struct error err;
	size_t size;
	_cleanup_free_ uint8_t *picture = jpeg_fixture_make(&fixture, &size);

	size = jpeg_fixture_remove(picture, size, JPEG_MARKER_DHT) - 2;
	assert_int_equal(
		encoder_new(PIXEL_FORMAT_MJPEG, 320, 240, 80, 1 << 20, NULL, &encoder, &err), 0);
	unsigned long before = fixture_heap_calls();
	for (int i = 0; i < ROUNDS; i++) {
		struct frame frame = {
			.data = block + FRAME_HEADROOM,
			.size = size,
			.headroom = FRAME_HEADROOM,
			.capacity = sizeof(block) - FRAME_HEADROOM,
			.format = PIXEL_FORMAT_MJPEG,
		};
		frame_init(&frame, release);
		memcpy(frame.data, picture, size);
		if (encoder_encode(encoder, &frame, &jpeg) != 0) {
			fail();
		}
		frame_unref(jpeg);
	}
	assert_int_equal(fixture_heap_calls() - before, 0);
	encoder_free(encoder);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_the_counter_counts),
		cmocka_unit_test(test_encoding),
		cmocka_unit_test(test_repairing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
