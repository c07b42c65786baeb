/*
 * Rows of a raw picture as libjpeg takes them: separate Y, Cb and Cr, a strip of one row of MCUs at
 * a time, so that there is never a planar copy of the whole picture. The buffer of a strip stays in
 * the CPU's first caches (10 KB for 640 pixels of 4:2:2).
 */
#ifndef JPEG_STRIP_H
#define JPEG_STRIP_H

#include <stddef.h>
#include <stdint.h>

/* How samples lie in memory. */
enum jpeg_packing {
	JPEG_PACKING_YUYV, /* 4:2:2, one plane of Y0 Cb Y1 Cr */
	JPEG_PACKING_UYVY, /* 4:2:2, one plane of Cb Y0 Cr Y1 */
	JPEG_PACKING_NV12, /* 4:2:0, a plane of Y and one of Cb Cr pairs, half as many rows */
	JPEG_PACKING_NV16, /* 4:2:2, a plane of Y and one of Cb Cr pairs */
};

/* A raw picture that somebody else owns. A row of an odd width has the whole last pair of pixels.
 */
struct jpeg_picture {
	const uint8_t *data[2]; /* planes; the second one for NV12 and NV16 only */
	size_t stride[2];       /* bytes from one row to the next */
};

/* Pointers to the rows of a strip. Pointers beyond the last row of a picture repeat that row. */
struct jpeg_strip {
	const uint8_t *y[16], *cb[8], *cr[8];
};

struct jpeg_strips;

/* For pictures of width x height. 0 or -ENOMEM. */
int jpeg_strips_new(enum jpeg_packing packing, uint32_t width, uint32_t height,
	struct jpeg_strips **ret_strips);

/* NULL is allowed. Returns NULL. */
struct jpeg_strips *jpeg_strips_free(struct jpeg_strips *strips);

/* Bytes of heap that one takes. */
size_t jpeg_strips_bytes(enum jpeg_packing packing, uint32_t width);

/* Rows of luma in a strip: 8 for 4:2:2, 16 for 4:2:0. */
uint32_t jpeg_packing_strip_rows(enum jpeg_packing packing);

/* Bytes that a row of this width takes in plane 0 or 1; 0 when there is no such plane. */
size_t jpeg_packing_row_bytes(enum jpeg_packing packing, unsigned plane, uint32_t width);

/* Rows that a picture of this height has in plane 0 or 1; 0 when there is no such plane. */
uint32_t jpeg_packing_rows(enum jpeg_packing packing, unsigned plane, uint32_t height);

/*
 * The strip that starts at a row of the picture, which is a multiple of the strip's rows. Valid
 * until the next call. Nothing is read beyond the bytes of a row, nor beyond the last row.
 */
void jpeg_strips_load(struct jpeg_strips *strips, const struct jpeg_picture *picture, uint32_t row,
	struct jpeg_strip *ret_strip);

#endif
