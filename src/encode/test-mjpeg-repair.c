#include "encode/mjpeg-repair.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>
#include <sys/mman.h>

#include <cmocka.h>

#include "jpeg/fixture.h"
#include "jpeg/header.h"
#include "jpeg/huffman.h"
#include "util/cleanup.h"

#define MAX_FRAME ((size_t)1 << 20)
#define CANARY    0x5a

/* A frame whose memory ends at a page that cannot be touched, and begins behind marked bytes. */
struct block {
	struct frame frame;
	uint8_t *start;
	void *mapping;
	size_t mapping_bytes;
};

static void block_init(struct block *block, const uint8_t *data, size_t size, size_t spare)
{
	*block = (struct block){0};
	block->start = jpeg_fixture_guarded(
		64 + FRAME_HEADROOM + size + spare, &block->mapping, &block->mapping_bytes);
	memset(block->start, CANARY, 64);
	block->frame.data = block->start + 64 + FRAME_HEADROOM;
	block->frame.size = size;
	block->frame.headroom = FRAME_HEADROOM;
	block->frame.capacity = size + spare;
	block->frame.format = PIXEL_FORMAT_MJPEG;
	memcpy(block->frame.data, data, size);
}

/* What a repair must keep whatever it is given. */
static void check_bounds(const struct block *block, size_t size, size_t spare)
{
	const struct frame *frame = &block->frame;
	const uint8_t *first = block->start + 64;

	for (int i = 0; i < 64; i++) {
		assert_int_equal(block->start[i], CANARY);
	}
	assert_ptr_equal(frame->data - frame->headroom, first);
	assert_ptr_equal(frame->data + frame->capacity, first + FRAME_HEADROOM + size + spare);
	assert_true(frame->headroom >= FRAME_HEADROOM_SERVER);
	assert_true(frame->size <= frame->capacity);
}

static void block_done(struct block *block)
{
	munmap(block->mapping, block->mapping_bytes);
}

static const struct jpeg_fixture plain = {
	.width = 200, .height = 120, .quality = 80, .h = 2, .v = 1};

static const struct jpeg_fixture kinds[] = {
	{.width = 200, .height = 120, .quality = 80, .h = 2, .v = 1},
	{.width = 203, .height = 117, .quality = 60, .h = 2, .v = 2},
	{.width = 96, .height = 64, .quality = 95, .h = 1, .v = 1},
	{.width = 97, .height = 65, .quality = 80},
	{.width = 200, .height = 120, .quality = 80, .h = 2, .v = 1, .restart_rows = 1},
	{.width = 64, .height = 64, .quality = 80, .h = 4, .v = 1, .variant = 3},
	{.width = 200, .height = 120, .quality = 30, .h = 2, .v = 2, .has_optimized_tables = true},
	{.width = 120, .height = 64, .quality = 80, .h = 2, .v = 1, .thumbnail_bytes = 4096},
};
#define N_KINDS (sizeof(kinds) / sizeof(kinds[0]))

static void check_same(
	const struct frame *frame, const uint8_t *picture, size_t size, const char *what)
{
	struct jpeg_decoded got, want;

	assert_true(jpeg_fixture_decode(picture, size, &want));
	if (!jpeg_fixture_decode(frame->data, frame->size, &got)) {
		fail_msg("%s: cannot be decoded", what);
	}
	assert_int_equal(got.warnings, 0);
	assert_int_equal(got.width, want.width);
	assert_int_equal(got.height, want.height);
	assert_int_equal(frame->width, want.width);
	assert_int_equal(frame->height, want.height);
	assert_int_equal(got.n_components, want.n_components);
	assert_memory_equal(
		got.samples, want.samples, want.width * want.height * (size_t)want.n_components);
	free(got.samples);
	free(want.samples);
}

/* Repairs data, and expects the picture to come out. */
static void expect_picture(const uint8_t *data, size_t size, size_t spare, const uint8_t *picture,
	size_t picture_size, const char *what)
{
	struct block block;

	block_init(&block, data, size, spare);
	int r = mjpeg_repair(&block.frame, MAX_FRAME);
	if (r != 0) {
		fail_msg("%s: dropped as %s", what, frame_drop_name((enum frame_drop)r));
	}
	check_bounds(&block, size, spare);
	check_same(&block.frame, picture, picture_size, what);
	block_done(&block);
}

static void expect_drop(
	const uint8_t *data, size_t size, size_t spare, enum frame_drop drop, const char *what)
{
	struct block block;

	block_init(&block, data, size, spare);
	int r = mjpeg_repair(&block.frame, MAX_FRAME);
	check_bounds(&block, size, spare);
	if (r != (int)drop) {
		fail_msg("%s: %d instead of %s", what, r, frame_drop_name(drop));
	}
	block_done(&block);
}

static uint8_t *joined(const void *a, size_t a_size, const void *b, size_t b_size, size_t *ret_size)
{
	uint8_t *both = malloc(a_size + b_size + 1);

	memcpy(both, a, a_size);
	memcpy(both + a_size, b, b_size);
	*ret_size = a_size + b_size;
	return both;
}

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
		cmocka_unit_test(test_leaves_a_good_picture_alone),
		cmocka_unit_test(test_cuts_garbage_in_front),
		cmocka_unit_test(test_tells_empty_ones),
		cmocka_unit_test(test_inserts_huffman_tables),
		cmocka_unit_test(test_completes_huffman_tables),
		cmocka_unit_test(test_keeps_the_servers_headroom),
		cmocka_unit_test(test_cuts_the_tail),
		cmocka_unit_test(test_writes_a_missing_end),
		cmocka_unit_test(test_ends_a_progressive_picture),
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
