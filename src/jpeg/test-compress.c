#include "jpeg/compress.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>
#include <sys/mman.h>

#include <cmocka.h>

#include "jpeg/fixture.h"
#include "jpeg/header.h"
#include "util/cleanup.h"

/* What the colour of a pixel is. Even chroma coordinates stand for their whole group of pixels. */
static uint8_t luma_at(uint32_t x, uint32_t y)
{
	return (uint8_t)(40 + (x * 3 + y * 5) % 160);
}

static uint8_t chroma_at(uint32_t x, uint32_t y, int which)
{
	return (uint8_t)(which ? 200 - (x / 2 + y) % 100 : 60 + (x / 2 * 2 + y) % 120);
}

/* A raw picture whose every plane ends at a page that cannot be read. */
struct raw {
	struct jpeg_picture picture;
	void *mappings[2];
	size_t mapping_bytes[2];
};

static uint8_t *new_plane(struct raw *raw, enum jpeg_packing packing, unsigned i, uint32_t width,
	uint32_t height, size_t padding)
{
	size_t row_bytes = jpeg_packing_row_bytes(packing, i, width);
	size_t stride = row_bytes + padding;
	uint32_t rows = jpeg_packing_rows(packing, i, height);
	uint8_t *plane = jpeg_fixture_guarded(
		(rows - 1) * stride + row_bytes, &raw->mappings[i], &raw->mapping_bytes[i]);

	memset(plane, 0xee,
		(rows - 1) * stride + row_bytes); /* padding is noticed when it is read */
	raw->picture.data[i] = plane;
	raw->picture.stride[i] = stride;
	return plane;
}

static void fill_packed(
	uint8_t *plane, size_t stride, bool is_yuyv, uint32_t width, uint32_t height)
{
	for (uint32_t y = 0; y < height; y++) {
		for (uint32_t x = 0; x < (width + 1) / 2 * 2; x++) {
			uint8_t *pixel = plane + y * stride + 2 * x;
			pixel[is_yuyv ? 0 : 1] = luma_at(x, y);
			pixel[is_yuyv ? 1 : 0] = chroma_at(x, y, x & 1);
		}
	}
}

static void fill_planes(
	struct raw *raw, uint8_t *planes[2], uint32_t width, uint32_t height, uint32_t v)
{
	for (uint32_t y = 0; y < height; y++) {
		for (uint32_t x = 0; x < width; x++) {
			planes[0][y * raw->picture.stride[0] + x] = luma_at(x, y);
		}
	}
	for (uint32_t y = 0; y < (height + v - 1) / v; y++) {
		for (uint32_t x = 0; x < (width + 1) / 2 * 2; x++) {
			planes[1][y * raw->picture.stride[1] + x] = chroma_at(x, y * v, x & 1);
		}
	}
}

static void raw_init(
	struct raw *raw, enum jpeg_packing packing, uint32_t width, uint32_t height, size_t padding)
{
	*raw = (struct raw){0};
	uint8_t *planes[2] = {new_plane(raw, packing, 0, width, height, padding)};
	if (packing == JPEG_PACKING_YUYV || packing == JPEG_PACKING_UYVY) {
		fill_packed(planes[0], raw->picture.stride[0], packing == JPEG_PACKING_YUYV, width,
			height);
		return;
	}
	planes[1] = new_plane(raw, packing, 1, width, height, padding);
	fill_planes(raw, planes, width, height, packing == JPEG_PACKING_NV12 ? 2 : 1);
}

static void raw_done(struct raw *raw)
{
	for (int i = 0; i < 2; i++) {
		if (raw->mappings[i]) {
			munmap(raw->mappings[i], raw->mapping_bytes[i]);
		}
	}
}

static int difference(int a, int b)
{
	return a > b ? a - b : b - a;
}

/* At quality 100 a picture without hard edges comes back almost as it was. */
static void check_decoded(const struct jpeg_decoded *decoded, uint32_t v)
{
	uint64_t sum = 0;
	uint64_t n = (uint64_t)decoded->width * decoded->height * 3;

	for (uint32_t y = 0; y < decoded->height; y++) {
		for (uint32_t x = 0; x < decoded->width; x++) {
			const uint8_t *pixel = decoded->samples + 3 * (y * decoded->width + x);
			sum += difference(pixel[0], luma_at(x, y));
			sum += difference(pixel[1], chroma_at(x, y / v * v, 0));
			sum += difference(pixel[2], chroma_at(x, y / v * v, 1));
		}
	}
	assert_true(sum <= n);
}

static void check(enum jpeg_packing packing, uint32_t width, uint32_t height, size_t padding)
{
	const struct jpeg_compressor_config config = {
		.packing = packing, .width = width, .height = height, .quality = 100};
	uint32_t v = packing == JPEG_PACKING_NV12 ? 2 : 1;
	size_t capacity = (size_t)width * height * 6 + 4096, size;
	_cleanup_free_ uint8_t *out = malloc(capacity);
	struct jpeg_compressor *compressor;
	struct jpeg_decoded decoded;
	struct raw raw;

	raw_init(&raw, packing, width, height, padding);
	assert_int_equal(jpeg_compressor_new(&config, &compressor), 0);
	assert_int_equal(jpeg_compressor_run(compressor, &raw.picture, out, capacity, &size), 0);
	assert_true(jpeg_fixture_decode(out, size, &decoded));
	assert_int_equal(decoded.warnings, 0);
	assert_int_equal(decoded.width, width);
	assert_int_equal(decoded.height, height);
	assert_int_equal(decoded.h, 2);
	assert_int_equal(decoded.v, v);
	check_decoded(&decoded, v);
	free(decoded.samples);
	jpeg_compressor_free(compressor);
	raw_done(&raw);
}

static void test_all_packings_come_back_as_they_were(void **state)
{
	(void)state;
	static const uint32_t sizes[][2] = {{640, 480}, {642, 482}, {16, 16}, {648, 8}, {1, 1},
		{2, 2}, {15, 17}, {8190, 2}, {2, 500}, {24, 31}};

	for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		for (int packing = 0; packing <= JPEG_PACKING_NV16; packing++) {
			check((enum jpeg_packing)packing, sizes[i][0], sizes[i][1], 0);
			check((enum jpeg_packing)packing, sizes[i][0], sizes[i][1], 38);
		}
	}
}

static void test_is_jfif_with_its_tables(void **state)
{
	(void)state;
	const struct jpeg_compressor_config config = {
		.packing = JPEG_PACKING_YUYV, .width = 64, .height = 64, .quality = 80};
	struct jpeg_compressor *compressor;
	struct jpeg_header header;
	uint8_t out[16384];
	size_t size;
	struct raw raw;

	raw_init(&raw, config.packing, 64, 64, 0);
	assert_int_equal(jpeg_compressor_new(&config, &compressor), 0);
	assert_int_equal(jpeg_compressor_run(compressor, &raw.picture, out, sizeof(out), &size), 0);
	assert_memory_equal(out, "\xff\xd8\xff\xe0\0\x10JFIF", 11);
	assert_memory_equal(out + size - 2, "\xff\xd9", 2);
	assert_int_equal(jpeg_header_read(out, size, &header), 0);
	assert_false(header.lacks_huffman);
	jpeg_compressor_free(compressor);
	raw_done(&raw);
}

/* Every capacity from nothing to enough: refused, or the very same picture; nothing behind it is
 * written. */
static void test_keeps_to_the_capacity(void **state)
{
	(void)state;
	const struct jpeg_compressor_config config = {
		.packing = JPEG_PACKING_NV12, .width = 48, .height = 40, .quality = 80};
	struct jpeg_compressor *compressor;
	uint8_t whole[8192];
	size_t whole_size, size, mapping_bytes;
	void *mapping;
	struct raw raw;

	raw_init(&raw, config.packing, 48, 40, 0);
	assert_int_equal(jpeg_compressor_new(&config, &compressor), 0);
	assert_int_equal(
		jpeg_compressor_run(compressor, &raw.picture, whole, sizeof(whole), &whole_size),
		0);
	for (size_t capacity = 0; capacity <= whole_size; capacity++) {
		uint8_t *out = jpeg_fixture_guarded(capacity, &mapping, &mapping_bytes);
		assert_int_equal(
			jpeg_compressor_run(compressor, &raw.picture, out, capacity, &size),
			-ENOSPC);
		munmap(mapping, mapping_bytes);
	}
	uint8_t *out = jpeg_fixture_guarded(whole_size + 1, &mapping, &mapping_bytes);
	assert_int_equal(
		jpeg_compressor_run(compressor, &raw.picture, out, whole_size + 1, &size), 0);
	assert_int_equal(size, whole_size);
	assert_memory_equal(out, whole, whole_size);
	munmap(mapping, mapping_bytes);
	jpeg_compressor_free(compressor);
	raw_done(&raw);
}

static void test_refuses_nonsense(void **state)
{
	(void)state;
	struct jpeg_compressor *compressor = NULL;
	const struct jpeg_compressor_config bad[] = {
		{.width = 0, .height = 8, .quality = 80},
		{.width = 8, .height = 0, .quality = 80},
		{.width = 70000, .height = 8, .quality = 80},
		{.width = 8, .height = 8, .quality = 0},
		{.width = 8, .height = 8, .quality = 101},
	};

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		assert_int_equal(jpeg_compressor_new(&bad[i], &compressor), -EINVAL);
	}
	assert_null(compressor);
	assert_null(jpeg_compressor_free(NULL));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_all_packings_come_back_as_they_were),
		cmocka_unit_test(test_is_jfif_with_its_tables),
		cmocka_unit_test(test_keeps_to_the_capacity),
		cmocka_unit_test(test_refuses_nonsense),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
