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

static void test_leaves_a_good_picture_alone(void **state)
{
	(void)state;
	for (size_t i = 0; i < N_KINDS; i++) {
		size_t size;
		_cleanup_free_ uint8_t *picture = jpeg_fixture_make(&kinds[i], &size);
		struct block block;
		block_init(&block, picture, size, 0);
		uint8_t *data = block.frame.data;
		assert_int_equal(mjpeg_repair(&block.frame, size), 0);
		assert_ptr_equal(block.frame.data, data);
		assert_int_equal(block.frame.size, size);
		assert_memory_equal(data, picture, size);
		assert_int_equal(block.frame.width, kinds[i].width);
		assert_int_equal(block.frame.height, kinds[i].height);
		block_done(&block);
	}
}

static void test_cuts_garbage_in_front(void **state)
{
	(void)state;
	size_t size, picture_size;
	_cleanup_free_ uint8_t *picture = jpeg_fixture_make(&plain, &picture_size);
	uint8_t garbage[MJPEG_GARBAGE_MAX];

	memset(garbage, 0x77, sizeof(garbage));
	garbage[3] = garbage[100] = 0xff;
	garbage[101] = 0xd8;
	const size_t lengths[] = {1, 2, 5, 333, MJPEG_GARBAGE_MAX - 1};
	for (size_t i = 0; i < sizeof(lengths) / sizeof(lengths[0]); i++) {
		_cleanup_free_ uint8_t *data =
			joined(garbage, lengths[i], picture, picture_size, &size);
		expect_picture(data, size, 0, picture, picture_size, "garbage");
	}
	_cleanup_free_ uint8_t *far =
		joined(garbage, sizeof(garbage), picture, picture_size, &size);
	expect_drop(far, size, 0, FRAME_DROP_CORRUPT, "garbage without an end");
	_cleanup_free_ uint8_t *after_empty =
		joined("\xff\xd8\xff\xd9", 4, picture, picture_size, &size);
	expect_picture(after_empty, size, 0, picture, picture_size, "an empty picture in front");
	_cleanup_free_ uint8_t *twice = joined("\xff\xd8", 2, picture, picture_size, &size);
	expect_picture(twice, size, 0, picture, picture_size, "two SOI");
}

static void test_tells_empty_ones(void **state)
{
	(void)state;
	static const uint8_t zeros[10000];

	expect_drop(zeros, 0, 0, FRAME_DROP_EMPTY, "nothing");
	expect_drop(zeros, 1, 0, FRAME_DROP_EMPTY, "a zero");
	expect_drop(zeros, sizeof(zeros), 0, FRAME_DROP_EMPTY, "zeros");
	expect_drop((const uint8_t *)"\xff\xd8\xff\xd9", 4, 0, FRAME_DROP_EMPTY, "SOI EOI");
	expect_drop((const uint8_t *)"\xff\xd8\xff\xd9\0\0", 6, 0, FRAME_DROP_EMPTY, "SOI EOI 0");
	expect_drop((const uint8_t *)"hello", 5, 0, FRAME_DROP_CORRUPT, "a text");
	expect_drop((const uint8_t *)"\xff\xd8", 2, 0, FRAME_DROP_TRUNCATED, "SOI");
}

static void test_inserts_huffman_tables(void **state)
{
	(void)state;
	for (size_t i = 0; i < N_KINDS; i++) {
		size_t size, picture_size;
		if (kinds[i].has_optimized_tables) {
			continue;
		}
		_cleanup_free_ uint8_t *picture = jpeg_fixture_make(&kinds[i], &picture_size);
		_cleanup_free_ uint8_t *data = joined(picture, picture_size, "", 0, &size);
		size = jpeg_fixture_remove(data, size, JPEG_MARKER_DHT);
		assert_true(size < picture_size);
		expect_picture(data, size, 0, picture, picture_size, "without DHT");
	}
}

/* The tables that a picture has win over those that are put in for the missing ones. */
static void test_completes_huffman_tables(void **state)
{
	(void)state;
	size_t size, picture_size;
	_cleanup_free_ uint8_t *picture = jpeg_fixture_make(&plain, &picture_size);
	_cleanup_free_ uint8_t *data = joined(picture, picture_size, "", 0, &size);
	uint8_t *dht = memmem(data, size, "\xff\xc4", 2);
	size_t length = 2 + ((size_t)dht[2] << 8 | dht[3]);

	memmove(dht, dht + length, size - (size_t)(dht - data) - length);
	expect_picture(data, size - length, 0, picture, picture_size, "with three of four tables");
}

static void test_keeps_the_servers_headroom(void **state)
{
	(void)state;
	size_t size;
	_cleanup_free_ uint8_t *picture = jpeg_fixture_make(&plain, &size);
	const size_t needed = FRAME_HEADROOM_SERVER + JPEG_HUFFMAN_SEGMENT_BYTES;
	struct block block;

	size = jpeg_fixture_remove(picture, size, JPEG_MARKER_DHT);
	block_init(&block, picture, size, 0);
	block.frame.headroom = needed - 1;
	assert_int_equal(mjpeg_repair(&block.frame, MAX_FRAME), FRAME_DROP_OVERSIZE);
	block_done(&block);
	block_init(&block, picture, size, 0);
	block.frame.headroom = needed;
	assert_int_equal(mjpeg_repair(&block.frame, MAX_FRAME), 0);
	assert_int_equal(block.frame.headroom, FRAME_HEADROOM_SERVER);
	block_done(&block);
}

static void test_cuts_the_tail(void **state)
{
	(void)state;
	size_t size, picture_size;
	_cleanup_free_ uint8_t *zeros = calloc(1, 100000);
	_cleanup_free_ uint8_t *noise = malloc(5000);
	const size_t lengths[] = {1, 2, 3, 255, 256, 257, 5000, 100000};

	for (size_t i = 0; i < 5000; i++) {
		noise[i] = (uint8_t)(i * 7919 >> 3);
	}
	for (size_t kind = 0; kind < N_KINDS; kind++) {
		_cleanup_free_ uint8_t *picture = jpeg_fixture_make(&kinds[kind], &picture_size);
		for (size_t i = 0; i < sizeof(lengths) / sizeof(lengths[0]); i++) {
			struct block block;
			_cleanup_free_ uint8_t *data = joined(picture, picture_size,
				i % 2 && lengths[i] <= 5000 ? noise : zeros, lengths[i], &size);
			block_init(&block, data, size, 0);
			assert_int_equal(mjpeg_repair(&block.frame, MAX_FRAME), 0);
			assert_int_equal(block.frame.size, picture_size);
			check_same(&block.frame, picture, picture_size, "a tail");
			block_done(&block);
		}
	}
}

static void test_writes_a_missing_end(void **state)
{
	(void)state;
	size_t size, picture_size;
	_cleanup_free_ uint8_t *zeros = calloc(1, 100000);

	for (size_t i = 0; i < N_KINDS; i++) {
		_cleanup_free_ uint8_t *picture = jpeg_fixture_make(&kinds[i], &picture_size);
		expect_picture(picture, picture_size - 2, 2, picture, picture_size, "without EOI");
		expect_picture(picture, picture_size - 1, 1, picture, picture_size, "half an EOI");
		expect_drop(picture, picture_size - 2, 1, FRAME_DROP_OVERSIZE, "no room for EOI");
		_cleanup_free_ uint8_t *data =
			joined(picture, picture_size - 2, zeros, 100000, &size);
		expect_picture(data, size, 0, picture, picture_size, "zeros instead of EOI");
		_cleanup_free_ uint8_t *next =
			joined(picture, picture_size - 2, picture, picture_size - 2, &size);
		expect_picture(next, size, 0, picture, picture_size, "a picture instead of EOI");
		size = jpeg_fixture_remove(picture, picture_size, JPEG_MARKER_DHT);
		if (!kinds[i].has_optimized_tables) {
			_cleanup_free_ uint8_t *whole = jpeg_fixture_make(&kinds[i], &picture_size);
			expect_picture(picture, size - 2, 2, whole, picture_size, "EOI and DHT");
		}
	}
}

static void test_ends_a_progressive_picture(void **state)
{
	(void)state;
	const struct jpeg_fixture progressive = {
		.width = 160, .height = 120, .quality = 80, .h = 2, .v = 1, .is_progressive = true};
	size_t size;
	_cleanup_free_ uint8_t *picture = jpeg_fixture_make(&progressive, &size);

	expect_picture(picture, size, 0, picture, size, "progressive");
	expect_picture(picture, size - 2, 2, picture, size, "progressive without EOI");
	_cleanup_free_ uint8_t *tailed = joined(picture, size, "abcdefg", 7, &size);
	expect_picture(tailed, size, 0, tailed, size - 7, "progressive with a tail");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_leaves_a_good_picture_alone),
		cmocka_unit_test(test_cuts_garbage_in_front),
		cmocka_unit_test(test_tells_empty_ones),
		cmocka_unit_test(test_inserts_huffman_tables),
		cmocka_unit_test(test_completes_huffman_tables),
		cmocka_unit_test(test_keeps_the_servers_headroom),
		cmocka_unit_test(test_cuts_the_tail),
		cmocka_unit_test(test_writes_a_missing_end),
		cmocka_unit_test(test_ends_a_progressive_picture),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
