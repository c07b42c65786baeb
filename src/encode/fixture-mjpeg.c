#include "encode/fixture-mjpeg.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include <cmocka.h>

#define CANARY 0x5a

void block_init(struct block *block, const uint8_t *data, size_t size, size_t spare)
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

void check_bounds(const struct block *block, size_t size, size_t spare)
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

void block_done(struct block *block)
{
	munmap(block->mapping, block->mapping_bytes);
}

const struct jpeg_fixture plain = {.width = 200, .height = 120, .quality = 80, .h = 2, .v = 1};

const struct jpeg_fixture kinds[N_KINDS] = {
	{.width = 200, .height = 120, .quality = 80, .h = 2, .v = 1},
	{.width = 203, .height = 117, .quality = 60, .h = 2, .v = 2},
	{.width = 96, .height = 64, .quality = 95, .h = 1, .v = 1},
	{.width = 97, .height = 65, .quality = 80},
	{.width = 200, .height = 120, .quality = 80, .h = 2, .v = 1, .restart_rows = 1},
	{.width = 64, .height = 64, .quality = 80, .h = 4, .v = 1, .variant = 3},
	{.width = 200, .height = 120, .quality = 30, .h = 2, .v = 2, .has_optimized_tables = true},
	{.width = 120, .height = 64, .quality = 80, .h = 2, .v = 1, .thumbnail_bytes = 4096},
};

void check_same(const struct frame *frame, const uint8_t *picture, size_t size, const char *what)
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

void expect_picture(const uint8_t *data, size_t size, size_t spare, const uint8_t *picture,
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

void expect_drop(
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

uint8_t *joined(const void *a, size_t a_size, const void *b, size_t b_size, size_t *ret_size)
{
	uint8_t *both = malloc(a_size + b_size + 1);

	memcpy(both, a, a_size);
	memcpy(both + a_size, b, b_size);
	*ret_size = a_size + b_size;
	return both;
}
