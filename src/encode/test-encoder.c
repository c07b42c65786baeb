#include "encode/encoder.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include "jpeg/fixture.h"
#include "util/cleanup.h"

#define WIDTH  ((uint32_t)64)
#define HEIGHT ((uint32_t)48)

/* A raw frame that counts how often it was released. Its planes have padded rows. */
struct raw {
	struct frame frame;
	int n_released;
	uint8_t data[(WIDTH * 2 + 16) * HEIGHT * 2];
};

static void release(struct frame *frame)
{
	((struct raw *)frame)->n_released++;
}

static void raw_init(struct raw *raw, enum pixel_format format)
{
	bool is_packed = format == PIXEL_FORMAT_YUYV || format == PIXEL_FORMAT_UYVY;
	uint32_t stride = (is_packed ? 2 : 1) * WIDTH + 16;

	memset(raw, 0, sizeof(*raw));
	memset(raw->data, 90, sizeof(raw->data));
	frame_init(&raw->frame, release);
	raw->frame.data = raw->data;
	raw->frame.size = sizeof(raw->data);
	raw->frame.capacity = sizeof(raw->data);
	raw->frame.format = format;
	raw->frame.width = WIDTH;
	raw->frame.height = HEIGHT;
	raw->frame.planes[0] = (struct frame_plane){raw->data, stride};
	if (!is_packed) {
		raw->frame.planes[1] = (struct frame_plane){raw->data + stride * HEIGHT, stride};
	}
	raw->frame.sequence = 77;
	raw->frame.captured_ns = 123456789;
}

static struct encoder *new_encoder(enum pixel_format format, struct frame_pool *pool)
{
	struct encoder *encoder;
	struct error err;

	assert_int_equal(encoder_new(format, WIDTH, HEIGHT, 80, 100000, pool, &encoder, &err), 0);
	return encoder;
}

static void test_encodes_every_raw_format(void **state)
{
	(void)state;
	struct frame_pool *pool;
	struct jpeg_decoded decoded;
	struct frame *jpeg;
	struct raw raw;

	assert_int_equal(frame_pool_new(20000, 1, &pool), 0);
	for (int i = PIXEL_FORMAT_YUYV; i < PIXEL_FORMAT_COUNT; i++) {
		enum pixel_format format = (enum pixel_format)i;
		struct encoder *encoder = new_encoder(format, pool);
		assert_true(encoder_worst_bytes(format, WIDTH) > 1000);
		raw_init(&raw, format);
		assert_int_equal(encoder_encode(encoder, &raw.frame, &jpeg), 0);
		assert_int_equal(raw.n_released, 1);
		assert_int_equal(jpeg->format, PIXEL_FORMAT_MJPEG);
		assert_int_equal(jpeg->width, WIDTH);
		assert_int_equal(jpeg->height, HEIGHT);
		assert_int_equal(jpeg->sequence, 77);
		assert_int_equal(jpeg->captured_ns, 123456789);
		assert_int_equal(jpeg->headroom, FRAME_HEADROOM);
		assert_true(jpeg_fixture_decode(jpeg->data, jpeg->size, &decoded));
		assert_int_equal(decoded.v, format == PIXEL_FORMAT_NV12 ? 2 : 1);
		assert_in_range(decoded.samples[0], 88, 92);
		free(decoded.samples);
		frame_unref(jpeg);
		encoder_free(encoder);
	}
	frame_pool_free(pool);
}

static void test_drops_with_a_reason(void **state)
{
	(void)state;
	struct frame_pool *pool, *small_pool;
	struct frame *jpeg = NULL;
	struct raw raw;

	assert_int_equal(frame_pool_new(20000, 1, &pool), 0);
	assert_int_equal(frame_pool_new(300, 1, &small_pool), 0);
	struct encoder *encoder = new_encoder(PIXEL_FORMAT_NV12, pool);

	raw_init(&raw, PIXEL_FORMAT_NV12);
	raw.frame.size = 0;
	assert_int_equal(encoder_encode(encoder, &raw.frame, &jpeg), FRAME_DROP_EMPTY);
	raw_init(&raw, PIXEL_FORMAT_NV12);
	raw.frame.width++;
	assert_int_equal(encoder_encode(encoder, &raw.frame, &jpeg), FRAME_DROP_CORRUPT);
	raw_init(&raw, PIXEL_FORMAT_NV16);
	assert_int_equal(encoder_encode(encoder, &raw.frame, &jpeg), FRAME_DROP_CORRUPT);

	/* To the byte: the last row of chroma needs no padding behind it. */
	raw_init(&raw, PIXEL_FORMAT_NV12);
	size_t needed = (WIDTH + 16) * (HEIGHT + HEIGHT / 2 - 1) + WIDTH;
	raw.frame.size = needed - 1;
	assert_int_equal(encoder_encode(encoder, &raw.frame, &jpeg), FRAME_DROP_TRUNCATED);
	raw_init(&raw, PIXEL_FORMAT_NV12);
	raw.frame.size = needed;
	assert_int_equal(encoder_encode(encoder, &raw.frame, &jpeg), 0);

	struct raw second;
	raw_init(&second, PIXEL_FORMAT_NV12);
	struct frame *none = NULL;
	assert_int_equal(encoder_encode(encoder, &second.frame, &none), FRAME_DROP_EXHAUSTED);
	assert_int_equal(second.n_released, 1);
	assert_null(none);
	frame_unref(jpeg);
	encoder_free(encoder);

	encoder = new_encoder(PIXEL_FORMAT_NV12, small_pool);
	raw_init(&raw, PIXEL_FORMAT_NV12);
	assert_int_equal(encoder_encode(encoder, &raw.frame, &none), FRAME_DROP_OVERSIZE);
	assert_int_equal(raw.n_released, 1);
	encoder_free(encoder);
	frame_pool_free(pool);
	frame_pool_free(small_pool);
}

static void test_passes_jpeg_through(void **state)
{
	(void)state;
	const struct jpeg_fixture fixture = {
		.width = 40, .height = 24, .quality = 80, .h = 2, .v = 1};
	struct encoder *encoder = new_encoder(PIXEL_FORMAT_MJPEG, NULL);
	struct frame *jpeg = NULL;
	struct raw raw;
	size_t size;
	_cleanup_free_ uint8_t *picture = jpeg_fixture_make(&fixture, &size);

	raw_init(&raw, PIXEL_FORMAT_MJPEG);
	memcpy(raw.data, picture, size);
	raw.frame.size = size;
	assert_int_equal(encoder_encode(encoder, &raw.frame, &jpeg), 0);
	assert_ptr_equal(jpeg, &raw.frame);
	assert_ptr_equal(jpeg->data, raw.data);
	assert_int_equal(jpeg->width, 40);
	assert_int_equal(jpeg->sequence, 77);
	assert_int_equal(raw.n_released, 0);
	frame_unref(jpeg);
	assert_int_equal(raw.n_released, 1);

	raw_init(&raw, PIXEL_FORMAT_MJPEG);
	assert_int_equal(encoder_encode(encoder, &raw.frame, &jpeg), FRAME_DROP_CORRUPT);
	assert_int_equal(raw.n_released, 1);
	encoder_free(encoder);
	assert_null(encoder_free(NULL));
}

static void test_refuses_nonsense(void **state)
{
	(void)state;
	struct encoder *encoder = NULL;
	struct error err;

	assert_int_equal(
		encoder_new(PIXEL_FORMAT_YUYV, 0, 480, 80, 1000, NULL, &encoder, &err), -EINVAL);
	assert_non_null(strstr(err.text, "YUYV 0x480"));
	assert_int_equal(
		encoder_new(PIXEL_FORMAT_YUYV, 640, 480, 0, 1000, NULL, &encoder, &err), -EINVAL);
	assert_null(encoder);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_encodes_every_raw_format),
		cmocka_unit_test(test_drops_with_a_reason),
		cmocka_unit_test(test_passes_jpeg_through),
		cmocka_unit_test(test_refuses_nonsense),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
