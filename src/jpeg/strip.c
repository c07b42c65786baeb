/*
 * Every loop here is one that compilers turn into vector code: separate inputs and outputs, no
 * branch, a count that is known at its start.
 *
 * libjpeg reads whole blocks of 8 samples. What a row lacks of them is its last sample repeated,
 * which costs the fewest bits. Luma of NV12 and NV16 is pointed at where it lies when its rows are
 * whole blocks.
 */
#include "jpeg/strip.h"

#include <errno.h>
#include <stdbool.h>
#include <string.h>

#include "util/cleanup.h"

#define ALIGNMENT 64

struct jpeg_strips {
	enum jpeg_packing packing;
	uint32_t width, height;
	size_t luma_stride, chroma_stride; /* of the rows in the buffer; 0: luma is not copied */
	uint8_t *y, *cb, *cr;
	uint8_t buffer[] __attribute__((aligned(ALIGNMENT)));
};

static bool is_packed(enum jpeg_packing packing)
{
	return packing == JPEG_PACKING_YUYV || packing == JPEG_PACKING_UYVY;
}

uint32_t jpeg_packing_strip_rows(enum jpeg_packing packing)
{
	return packing == JPEG_PACKING_NV12 ? 16 : 8;
}

size_t jpeg_packing_row_bytes(enum jpeg_packing packing, unsigned plane, uint32_t width)
{
	size_t pairs = ((size_t)width + 1) / 2;

	if (is_packed(packing)) {
		return plane == 0 ? 4 * pairs : 0;
	}
	return plane == 0 ? width : plane == 1 ? 2 * pairs : 0;
}

uint32_t jpeg_packing_rows(enum jpeg_packing packing, unsigned plane, uint32_t height)
{
	if (plane == 0) {
		return height;
	}
	if (plane > 1 || is_packed(packing)) {
		return 0;
	}
	return packing == JPEG_PACKING_NV12 ? (height + 1) / 2 : height;
}

static size_t chroma_stride(uint32_t width)
{
	return (((size_t)width + 15) / 16 * 8 + ALIGNMENT - 1) & ~(size_t)(ALIGNMENT - 1);
}

/* A packed row is split in pairs of pixels, so it fills a whole pair. */
static size_t luma_stride(enum jpeg_packing packing, uint32_t width)
{
	return is_packed(packing) || width % 8 != 0 ? 2 * chroma_stride(width) : 0;
}

static size_t buffer_bytes(enum jpeg_packing packing, uint32_t width)
{
	return jpeg_packing_strip_rows(packing) * luma_stride(packing, width) +
	       2 * 8 * chroma_stride(width);
}

size_t jpeg_strips_bytes(enum jpeg_packing packing, uint32_t width)
{
	return sizeof(struct jpeg_strips) + buffer_bytes(packing, width) + ALIGNMENT;
}

int jpeg_strips_new(
	enum jpeg_packing packing, uint32_t width, uint32_t height, struct jpeg_strips **ret_strips)
{
	size_t bytes = jpeg_strips_bytes(packing, width) & ~(size_t)(ALIGNMENT - 1);
	struct jpeg_strips *strips = aligned_alloc(ALIGNMENT, bytes);

	if (!strips) {
		return -ENOMEM;
	}
	*strips = (struct jpeg_strips){
		.packing = packing,
		.width = width,
		.height = height,
		.luma_stride = luma_stride(packing, width),
		.chroma_stride = chroma_stride(width),
	};
	strips->y = strips->buffer;
	strips->cb = strips->y + jpeg_packing_strip_rows(packing) * strips->luma_stride;
	strips->cr = strips->cb + 8 * strips->chroma_stride;
	*ret_strips = strips;
	return 0;
}

struct jpeg_strips *jpeg_strips_free(struct jpeg_strips *strips)
{
	free(strips);
	return NULL;
}

static void split_yuyv(const uint8_t *restrict from, size_t pairs, uint8_t *restrict y,
	uint8_t *restrict cb, uint8_t *restrict cr)
{
	for (size_t i = 0; i < pairs; i++) {
		y[2 * i] = from[4 * i];
		cb[i] = from[4 * i + 1];
		y[2 * i + 1] = from[4 * i + 2];
		cr[i] = from[4 * i + 3];
	}
}

static void split_uyvy(const uint8_t *restrict from, size_t pairs, uint8_t *restrict y,
	uint8_t *restrict cb, uint8_t *restrict cr)
{
	for (size_t i = 0; i < pairs; i++) {
		cb[i] = from[4 * i];
		y[2 * i] = from[4 * i + 1];
		cr[i] = from[4 * i + 2];
		y[2 * i + 1] = from[4 * i + 3];
	}
}

static void split_chroma(
	const uint8_t *restrict from, size_t pairs, uint8_t *restrict cb, uint8_t *restrict cr)
{
	for (size_t i = 0; i < pairs; i++) {
		cb[i] = from[2 * i];
		cr[i] = from[2 * i + 1];
	}
}

/* Repeats the last of used samples up to a multiple of 8. */
static void extend_row(uint8_t *row, size_t used)
{
	size_t missing = -used & 7;

	memset(row + used, row[used - 1], missing);
}

static uint32_t at_most(uint32_t value, uint32_t limit)
{
	return value < limit ? value : limit;
}

static void load_packed(struct jpeg_strips *strips, const struct jpeg_picture *picture,
	uint32_t row, struct jpeg_strip *ret_strip)
{
	const uint8_t *from = picture->data[0] + row * picture->stride[0];
	size_t pairs = ((size_t)strips->width + 1) / 2;
	uint8_t *y = strips->y, *cb = strips->cb, *cr = strips->cr;

	for (uint32_t i = 0; i < 8; i++) {
		if (row + i < strips->height) {
			y = strips->y + i * strips->luma_stride;
			cb = strips->cb + i * strips->chroma_stride;
			cr = strips->cr + i * strips->chroma_stride;
			if (strips->packing == JPEG_PACKING_YUYV) {
				split_yuyv(from, pairs, y, cb, cr);
			} else {
				split_uyvy(from, pairs, y, cb, cr);
			}
			extend_row(y, strips->width);
			extend_row(cb, pairs);
			extend_row(cr, pairs);
			from += picture->stride[0];
		}
		ret_strip->y[i] = y;
		ret_strip->cb[i] = cb;
		ret_strip->cr[i] = cr;
	}
}

static void load_luma(struct jpeg_strips *strips, const struct jpeg_picture *picture, uint32_t row,
	struct jpeg_strip *ret_strip)
{
	uint32_t rows = jpeg_packing_strip_rows(strips->packing);

	for (uint32_t i = 0; i < rows; i++) {
		uint32_t from_row = at_most(row + i, strips->height - 1);
		const uint8_t *from = picture->data[0] + from_row * picture->stride[0];

		if (strips->luma_stride == 0) {
			ret_strip->y[i] = from;
			continue;
		}
		uint8_t *y = strips->y + (from_row - row) * strips->luma_stride;
		if (row + i == from_row) {
			memcpy(y, from, strips->width);
			extend_row(y, strips->width);
		}
		ret_strip->y[i] = y;
	}
}

static void load_chroma(struct jpeg_strips *strips, const struct jpeg_picture *picture,
	uint32_t row, struct jpeg_strip *ret_strip)
{
	uint32_t rows = jpeg_packing_rows(strips->packing, 1, strips->height);
	uint32_t first = strips->packing == JPEG_PACKING_NV12 ? row / 2 : row;
	size_t pairs = ((size_t)strips->width + 1) / 2;

	for (uint32_t i = 0; i < 8; i++) {
		uint32_t from_row = at_most(first + i, rows - 1);
		uint8_t *cb = strips->cb + (from_row - first) * strips->chroma_stride;
		uint8_t *cr = strips->cr + (from_row - first) * strips->chroma_stride;

		if (first + i == from_row) {
			split_chroma(
				picture->data[1] + from_row * picture->stride[1], pairs, cb, cr);
			extend_row(cb, pairs);
			extend_row(cr, pairs);
		}
		ret_strip->cb[i] = cb;
		ret_strip->cr[i] = cr;
	}
}

void jpeg_strips_load(struct jpeg_strips *strips, const struct jpeg_picture *picture, uint32_t row,
	struct jpeg_strip *ret_strip)
{
	if (is_packed(strips->packing)) {
		load_packed(strips, picture, row, ret_strip);
		return;
	}
	load_luma(strips, picture, row, ret_strip);
	load_chroma(strips, picture, row, ret_strip);
}
