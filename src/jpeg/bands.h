/*
 * A moving picture made of bands, one row of MCUs each, that are compressed on their own: a restart
 * marker stands after each. Bands that do not change are compressed once; only the others cost
 * time. One thread at a time; allocates when it is made and not after.
 */
#ifndef JPEG_BANDS_H
#define JPEG_BANDS_H

#include <stdbool.h>

#include "jpeg/strip.h"

#define JPEG_BAND_ROWS 8

struct jpeg_bands;

/*
 * Draws rows first_row .. first_row + JPEG_BAND_ROWS - 1 (as far as they are in the picture) as
 * YUYV, and returns whether they change from picture to picture.
 */
typedef bool (*jpeg_band_draw_fn)(void *userdata, uint32_t first_row, uint8_t *yuyv, size_t stride);

/*
 * For pictures of width x height, in 4:2:2. Draws all bands once; draw and userdata are kept. 0,
 * -EINVAL, -ENOMEM, or -ENOSPC when the bands that do not change have more than max_bytes.
 */
int jpeg_bands_new(uint32_t width, uint32_t height, unsigned quality, size_t max_bytes,
	jpeg_band_draw_fn draw, void *userdata, struct jpeg_bands **ret_bands);

/* NULL is allowed. Returns NULL. */
struct jpeg_bands *jpeg_bands_free(struct jpeg_bands *bands);

/* Heap that one takes in the worst case. */
size_t jpeg_bands_worst_bytes(uint32_t width, uint32_t height, size_t max_bytes);

/*
 * Writes the next picture to out, the changing bands drawn anew. 0; -ENOSPC: it does not fit; -EIO.
 * No heap allocation.
 */
int jpeg_bands_compose(struct jpeg_bands *bands, uint8_t *out, size_t capacity, size_t *ret_size);

#endif
