#include "jpeg/bands.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>
#include <sys/mman.h>

#include <cmocka.h>

#include "jpeg/compress.h"
#include "jpeg/fixture.h"
#include "jpeg/header.h"
#include "util/cleanup.h"

/* Bands of one colour each. Those with an odd number change with the round. */
struct drawing {
	uint32_t width, height;
	unsigned round;
	unsigned n_drawn;
};

static uint8_t luma_of(uint32_t row, unsigned round)
{
	uint32_t band = row / JPEG_BAND_ROWS;

	return (uint8_t)(40 + band * 5 % 100 + (band % 2 ? round * 10 : 0));
}

static bool draw(void *userdata, uint32_t first_row, uint8_t *yuyv, size_t stride)
{
	struct drawing *drawing = userdata;

	for (uint32_t i = 0; i < JPEG_BAND_ROWS && first_row + i < drawing->height; i++) {
		for (size_t x = 0; x < stride; x += 2) {
			yuyv[i * stride + x] = luma_of(first_row, drawing->round);
			yuyv[i * stride + x + 1] = (uint8_t)(100 + drawing->round);
		}
	}
	drawing->n_drawn++;
	return first_row / JPEG_BAND_ROWS % 2 != 0;
}

static void check_picture(const uint8_t *data, size_t size, const struct drawing *drawing)
{
	struct jpeg_decoded decoded;

	assert_true(jpeg_fixture_decode(data, size, &decoded));
	assert_int_equal(decoded.warnings, 0);
	assert_int_equal(decoded.width, drawing->width);
	assert_int_equal(decoded.height, drawing->height);
	for (uint32_t y = 0; y < drawing->height; y++) {
		uint8_t luma = decoded.samples[3 * (size_t)y * drawing->width];
		uint8_t wanted = luma_of(y, drawing->round);
		assert_in_range(luma, wanted - 2, wanted + 2);
	}
	free(decoded.samples);
}

static void check_size(uint32_t width, uint32_t height)
{
	struct drawing drawing = {.width = width, .height = height};
	size_t capacity = 4096 + (size_t)width * height, size;
	_cleanup_free_ uint8_t *out = malloc(capacity);
	struct jpeg_bands *bands;
	struct jpeg_header header;
	uint32_t n = (height + 7) / 8;

	assert_int_equal(jpeg_bands_new(width, height, 90, capacity, draw, &drawing, &bands), 0);
	assert_int_equal(drawing.n_drawn, n);
	for (drawing.round = 1; drawing.round < 4; drawing.round++) {
		drawing.n_drawn = 0;
		assert_int_equal(jpeg_bands_compose(bands, out, capacity, &size), 0);
		assert_int_equal(drawing.n_drawn, n / 2);
		check_picture(out, size, &drawing);
	}
	assert_int_equal(jpeg_header_read(out, size, &header), 0);
	assert_int_equal(header.restart_interval, (width + 15) / 16);
	jpeg_bands_free(bands);
}

static void test_composes_pictures_of_every_size(void **state)
{
	(void)state;
	check_size(640, 480);
	check_size(642, 482);
	check_size(16, 8);
	check_size(1, 1);
	check_size(17, 200);
	check_size(8190, 9);
}

/* Every capacity from nothing to enough; nothing behind it is written. */
static void test_keeps_to_the_capacity(void **state)
{
	(void)state;
	struct drawing drawing = {.width = 48, .height = 36};
	uint8_t whole[8192];
	size_t whole_size, size, mapping_bytes;
	struct jpeg_bands *bands;
	void *mapping;

	assert_int_equal(jpeg_bands_new(48, 36, 90, 8192, draw, &drawing, &bands), 0);
	assert_int_equal(jpeg_bands_compose(bands, whole, sizeof(whole), &whole_size), 0);
	for (size_t capacity = 0; capacity < whole_size + 2000; capacity++) {
		uint8_t *out = jpeg_fixture_guarded(capacity, &mapping, &mapping_bytes);
		int r = jpeg_bands_compose(bands, out, capacity, &size);
		if (r == 0) {
			assert_true(capacity >= whole_size);
			assert_int_equal(size, whole_size);
			assert_memory_equal(out, whole, whole_size);
		} else {
			assert_int_equal(r, -ENOSPC);
			assert_true(capacity < whole_size + 1000);
		}
		munmap(mapping, mapping_bytes);
	}
	jpeg_bands_free(bands);
}

static void test_refuses_what_does_not_fit(void **state)
{
	(void)state;
	struct drawing drawing = {.width = 640, .height = 480};
	struct jpeg_bands *bands = NULL;

	assert_int_equal(jpeg_bands_new(640, 480, 90, 2000, draw, &drawing, &bands), -ENOSPC);
	assert_int_equal(jpeg_bands_new(0, 480, 90, 2000, draw, &drawing, &bands), -EINVAL);
	assert_int_equal(jpeg_bands_new(640, 0, 90, 2000, draw, &drawing, &bands), -EINVAL);
	assert_null(bands);
	assert_null(jpeg_bands_free(NULL));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_composes_pictures_of_every_size),
		cmocka_unit_test(test_keeps_to_the_capacity),
		cmocka_unit_test(test_refuses_what_does_not_fit),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
