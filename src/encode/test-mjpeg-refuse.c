/* Pictures that no repair makes whole. */
#include "encode/mjpeg-repair.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "encode/fixture-mjpeg.h"
#include "jpeg/header.h"
#include "jpeg/huffman.h"
#include "util/cleanup.h"

/* Every cut: refused as truncated, or a whole picture. Only those at the very end may be whole. */
static void test_refuses_a_cut_picture(void **state)
{
	(void)state;
	size_t size;

	for (size_t i = 0; i < N_KINDS; i++) {
		_cleanup_free_ uint8_t *picture = jpeg_fixture_make(&kinds[i], &size);
		for (size_t cut = 3; cut < size - 2; cut++) {
			expect_drop(picture, cut, 16, FRAME_DROP_TRUNCATED, "cut");
		}
	}
}

static void test_refuses_a_cut_picture_filled_with_zeros(void **state)
{
	(void)state;
	size_t size;
	_cleanup_free_ uint8_t *picture = jpeg_fixture_make(&plain, &size);
	_cleanup_free_ uint8_t *data = malloc(size + 20000);

	for (size_t cut = 700; cut < size - 200; cut += 7) {
		memset(data, 0, size + 20000);
		memcpy(data, picture, cut);
		struct block block;
		block_init(&block, data, size + 20000, 0);
		int r = mjpeg_repair(&block.frame, MAX_FRAME);
		assert_true(r == FRAME_DROP_TRUNCATED || r == FRAME_DROP_CORRUPT);
		block_done(&block);
	}
}

static void test_refuses_a_picture_without_data(void **state)
{
	(void)state;
	struct jpeg_header header;
	size_t size;
	_cleanup_free_ uint8_t *picture = jpeg_fixture_make(&plain, &size);

	assert_int_equal(jpeg_header_read(picture, size, &header), 0);
	picture[header.scan_at] = 0xff;
	picture[header.scan_at + 1] = JPEG_MARKER_EOI;
	expect_drop(picture, header.scan_at + 2, 0, FRAME_DROP_TRUNCATED, "no data");
	memset(picture + header.scan_at, 0, 100);
	expect_drop(picture, header.scan_at + 100, 0, FRAME_DROP_TRUNCATED, "only zeros");
	memset(picture + header.scan_at, 0xff, 1);
	expect_drop(picture, header.scan_at + 1, 10, FRAME_DROP_TRUNCATED, "half a marker");

	const struct jpeg_fixture progressive = {
		.width = 64, .height = 64, .quality = 80, .h = 2, .v = 1, .is_progressive = true};
	_cleanup_free_ uint8_t *other = jpeg_fixture_make(&progressive, &size);
	assert_int_equal(jpeg_header_read(other, size, &header), 0);
	other[header.scan_at] = 0xff;
	expect_drop(other, header.scan_at + 1, 10, FRAME_DROP_TRUNCATED, "half a marker");
}

/* The last bytes of the scan's header and the first one of its data look like an end. */
static void test_an_end_is_not_half_in_the_header(void **state)
{
	(void)state;
	struct jpeg_header header;
	size_t size;
	_cleanup_free_ uint8_t *picture = jpeg_fixture_make(&plain, &size);

	assert_int_equal(jpeg_header_read(picture, size, &header), 0);
	memcpy(picture + header.scan_at - 1, "\xff\xd9\xff\xd8", 4);
	struct block block;
	block_init(&block, picture, size - 2, 2);
	int r = mjpeg_repair(&block.frame, MAX_FRAME);
	assert_true(r == FRAME_DROP_TRUNCATED || r == FRAME_DROP_CORRUPT);
	block_done(&block);
}

static void test_refuses_what_browsers_do_not_draw(void **state)
{
	(void)state;
	static const struct {
		size_t at; /* from the SOF on */
		uint8_t value;
	} changes[] = {
		{1, 0xc3}, {1, 0xc9}, {1, 0xca}, {1, 0xc5}, /* lossless, arithmetic, hierarchical */
		{4, 12},                                    /* bits */
		{9, 2}, {9, 0}, {9, 200},                   /* components */
		{11, 0x02}, {11, 0x51},                     /* sampling */
		{12, 9},                                    /* quantizer */
		{3, 1},                                     /* length */
	};
	size_t size;
	_cleanup_free_ uint8_t *picture = jpeg_fixture_make(&plain, &size);
	uint8_t *sof = memmem(picture, size, "\xff\xc0", 2);

	for (size_t i = 0; i < sizeof(changes) / sizeof(changes[0]); i++) {
		uint8_t before = sof[changes[i].at];
		sof[changes[i].at] = changes[i].value;
		expect_drop(picture, size, 0, FRAME_DROP_CORRUPT, "a changed SOF");
		sof[changes[i].at] = before;
	}
	for (size_t at = 5; at <= 7; at += 2) { /* no height, no width */
		uint8_t before[2] = {sof[at], sof[at + 1]};
		sof[at] = sof[at + 1] = 0;
		expect_drop(picture, size, 0, FRAME_DROP_CORRUPT, "no dimension");
		memcpy(sof + at, before, 2);
	}
	size = jpeg_fixture_remove(picture, size, JPEG_MARKER_DQT);
	expect_drop(picture, size, 0, FRAME_DROP_CORRUPT, "no quantizer");
}

static void test_keeps_to_max_frame(void **state)
{
	(void)state;
	size_t size;
	_cleanup_free_ uint8_t *picture = jpeg_fixture_make(&plain, &size);
	struct block block;

	block_init(&block, picture, size, 0);
	assert_int_equal(mjpeg_repair(&block.frame, size - 1), FRAME_DROP_OVERSIZE);
	assert_int_equal(mjpeg_repair(&block.frame, size), 0);
	block_done(&block);
	size = jpeg_fixture_remove(picture, size, JPEG_MARKER_DHT);
	block_init(&block, picture, size, 0);
	assert_int_equal(mjpeg_repair(&block.frame, size), FRAME_DROP_OVERSIZE);
	block_done(&block);
}

static uint32_t next_random(uint32_t *state)
{
	*state ^= *state << 13;
	*state ^= *state >> 17;
	*state ^= *state << 5;
	return *state;
}

/* Damage at random places: refused with a reason, or a picture with a header; never out of bounds.
 */
static void test_survives_damage(void **state)
{
	(void)state;
	uint32_t seed = 2463534242U;
	unsigned n_good = 0;

	for (unsigned round = 0; round < 12000; round++) {
		size_t size;
		const struct jpeg_fixture small = {.width = 48,
			.height = 32,
			.quality = 50,
			.h = round % 3 ? 2 : 0,
			.v = 1,
			.restart_rows = round % 2,
			.is_progressive = round % 5 == 0};
		_cleanup_free_ uint8_t *picture = jpeg_fixture_make(&small, &size);
		for (unsigned n = next_random(&seed) % 12; n > 0; n--) {
			picture[next_random(&seed) % size] = (uint8_t)next_random(&seed);
		}
		size -= next_random(&seed) % 4 ? 0 : next_random(&seed) % size;
		size_t spare = next_random(&seed) % 4;
		struct block block;
		struct jpeg_header header;
		block_init(&block, picture, size, spare);
		int r = mjpeg_repair(&block.frame, MAX_FRAME);
		check_bounds(&block, size, spare);
		assert_in_range(r, 0, FRAME_DROP_COUNT - 1);
		if (r == 0) {
			n_good++;
			assert_int_equal(
				jpeg_header_read(block.frame.data, block.frame.size, &header), 0);
			assert_false(header.lacks_huffman);
			assert_memory_equal(block.frame.data + block.frame.size - 2, "\xff\xd9", 2);
		}
		block_done(&block);
	}
	assert_in_range(n_good, 500, 11000);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_refuses_a_cut_picture),
		cmocka_unit_test(test_refuses_a_cut_picture_filled_with_zeros),
		cmocka_unit_test(test_refuses_a_picture_without_data),
		cmocka_unit_test(test_an_end_is_not_half_in_the_header),
		cmocka_unit_test(test_refuses_what_browsers_do_not_draw),
		cmocka_unit_test(test_keeps_to_max_frame),
		cmocka_unit_test(test_survives_damage),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
