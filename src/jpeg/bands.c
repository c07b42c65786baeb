/*
 * A band is a picture of its own, 8 rows high, compressed with the same tables and with restarts:
 * its header is that of the whole picture but for the height, and its data is one restart interval.
 */
#include "jpeg/bands.h"

#include <errno.h>
#include <string.h>

#include "jpeg/compress.h"
#include "jpeg/header.h"
#include "util/cleanup.h"

/* Of a static band: where its data is kept. */
struct band {
	bool is_changing;
	uint32_t at, size;
};

struct jpeg_bands {
	uint32_t height, n;
	jpeg_band_draw_fn draw;
	void *userdata;
	struct jpeg_compressor *compressor;
	struct jpeg_picture picture; /* the band that is drawn */
	uint8_t *rows;
	size_t stride;

	uint8_t *store; /* the header, then the static bands */
	size_t header_bytes, store_bytes;
	struct band bands[];
};

static size_t row_stride(uint32_t width)
{
	return jpeg_packing_row_bytes(JPEG_PACKING_YUYV, 0, width);
}

static uint32_t band_count(uint32_t height)
{
	return (height + JPEG_BAND_ROWS - 1) / JPEG_BAND_ROWS;
}

/* Rows that the last band lacks are its last one, or whatever was drawn before: out of the picture.
 */
static bool draw_band(struct jpeg_bands *bands, uint32_t i)
{
	return bands->draw(bands->userdata, i * JPEG_BAND_ROWS, bands->rows, bands->stride);
}

/* Compresses the rows that were drawn as a picture into out. The header is of the same size each
 * time. */
static int compress_band(struct jpeg_bands *bands, uint8_t *out, size_t capacity, size_t *ret_size)
{
	return jpeg_compressor_run(bands->compressor, &bands->picture, out, capacity, ret_size);
}

/* Only the band's data, without header and EOI. */
static int compress_data(struct jpeg_bands *bands, uint8_t *out, size_t capacity, size_t *ret_size)
{
	size_t size;
	int r = compress_band(bands, out, capacity, &size);

	if (r < 0) {
		return r;
	}
	*ret_size = size - bands->header_bytes - 2;
	memmove(out, out + bands->header_bytes, *ret_size);
	return 0;
}

static int store_header(struct jpeg_bands *bands, size_t max_bytes)
{
	struct jpeg_header header;
	size_t size;
	int r = compress_band(bands, bands->store, max_bytes, &size);

	if (r < 0) {
		return r;
	}
	r = jpeg_header_read(bands->store, size, &header);
	if (r < 0) {
		return -EIO;
	}
	bands->store[header.height_at] = (uint8_t)(bands->height >> 8);
	bands->store[header.height_at + 1] = (uint8_t)bands->height;
	bands->header_bytes = header.scan_at;
	bands->store_bytes = header.scan_at;
	return 0;
}

static int store_bands(struct jpeg_bands *bands, size_t max_bytes)
{
	int r = 0;

	for (uint32_t i = 0; i < bands->n && r == 0; i++) {
		struct band *band = &bands->bands[i];
		size_t size;
		band->is_changing = draw_band(bands, i);
		if (i == 0) {
			r = store_header(bands, max_bytes);
		}
		if (r < 0 || band->is_changing) {
			continue;
		}
		r = compress_data(bands, bands->store + bands->store_bytes,
			max_bytes - bands->store_bytes, &size);
		if (r == 0) {
			band->at = (uint32_t)bands->store_bytes;
			band->size = (uint32_t)size;
			bands->store_bytes += size;
		}
	}
	return r;
}

static int set_up(struct jpeg_bands *bands, uint32_t width, unsigned quality, size_t max_bytes)
{
	const struct jpeg_compressor_config config = {
		.packing = JPEG_PACKING_YUYV,
		.width = width,
		.height = JPEG_BAND_ROWS,
		.quality = quality,
		.has_restarts = true,
	};
	int r = jpeg_compressor_new(&config, &bands->compressor);

	if (r < 0) {
		return r;
	}
	bands->stride = row_stride(width);
	bands->rows = calloc(JPEG_BAND_ROWS, bands->stride);
	bands->store = malloc(max_bytes);
	if (!bands->rows || !bands->store) {
		return -ENOMEM;
	}
	bands->picture = (struct jpeg_picture){.data = {bands->rows}, .stride = {bands->stride}};
	r = store_bands(bands, max_bytes);
	if (r < 0) {
		return r;
	}
	uint8_t *shrunk = realloc(bands->store, bands->store_bytes);
	bands->store = shrunk ? shrunk : bands->store;
	return 0;
}

int jpeg_bands_new(uint32_t width, uint32_t height, unsigned quality, size_t max_bytes,
	jpeg_band_draw_fn draw, void *userdata, struct jpeg_bands **ret_bands)
{
	if (height == 0 || height > JPEG_DIMENSION_MAX || max_bytes > UINT32_MAX) {
		return -EINVAL;
	}
	uint32_t n = band_count(height);
	struct jpeg_bands *bands = calloc(1, sizeof(*bands) + n * sizeof(bands->bands[0]));
	if (!bands) {
		return -ENOMEM;
	}
	bands->height = height;
	bands->n = n;
	bands->draw = draw;
	bands->userdata = userdata;
	int r = set_up(bands, width, quality, max_bytes);
	if (r < 0) {
		jpeg_bands_free(bands);
		return r;
	}
	*ret_bands = bands;
	return 0;
}

struct jpeg_bands *jpeg_bands_free(struct jpeg_bands *bands)
{
	if (bands) {
		jpeg_compressor_free(bands->compressor);
		free(bands->store);
		free(bands->rows);
		free(bands);
	}
	return NULL;
}

size_t jpeg_bands_worst_bytes(uint32_t width, uint32_t height, size_t max_bytes)
{
	return sizeof(struct jpeg_bands) + band_count(height) * sizeof(struct band) +
	       jpeg_compressor_bytes(JPEG_PACKING_YUYV, width) +
	       JPEG_BAND_ROWS * row_stride(width) + max_bytes;
}

/* What a band's data ends with: a restart marker, or the picture's end. */
static void put_marker(const struct jpeg_bands *bands, uint32_t i, uint8_t *out)
{
	out[0] = 0xff;
	out[1] = i + 1 == bands->n ? JPEG_MARKER_EOI : (uint8_t)(JPEG_MARKER_RST0 + i % 8);
}

int jpeg_bands_compose(struct jpeg_bands *bands, uint8_t *out, size_t capacity, size_t *ret_size)
{
	size_t used = bands->header_bytes;

	if (capacity < used) {
		return -ENOSPC;
	}
	memcpy(out, bands->store, used);
	for (uint32_t i = 0; i < bands->n; i++) {
		const struct band *band = &bands->bands[i];
		size_t size = band->size;
		if (band->is_changing) {
			draw_band(bands, i);
			int r = compress_data(bands, out + used, capacity - used, &size);
			if (r < 0) {
				return r;
			}
		} else if (size + 2 > capacity - used) {
			return -ENOSPC;
		} else {
			memcpy(out + used, bands->store + band->at, size);
		}
		used += size;
		/* There is room: a changing band was compressed with its own EOI. */
		put_marker(bands, i, out + used);
		used += 2;
	}
	*ret_size = used;
	return 0;
}
