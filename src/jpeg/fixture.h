/* For tests only: pictures made and read by libjpeg itself, another way than the product's. */
#ifndef JPEG_FIXTURE_H
#define JPEG_FIXTURE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct jpeg_fixture {
	uint32_t width, height;
	int quality;
	int h, v; /* sampling factors of luma; 0: a grey picture */
	bool is_progressive;
	bool has_optimized_tables; /* others than the standard ones */
	unsigned restart_rows;
	size_t thumbnail_bytes; /* of a picture in an APP1 segment */
	unsigned variant;       /* of the contents */
};

/* A picture in memory for free(). Aborts when it cannot be made. */
uint8_t *jpeg_fixture_make(const struct jpeg_fixture *fixture, size_t *ret_size);

/* A decoded picture: 3 bytes (Y, Cb, Cr) a pixel, or 1 for a grey one, without fancy upsampling. */
struct jpeg_decoded {
	uint32_t width, height;
	int n_components;
	int h, v;
	long warnings; /* of libjpeg: damage that it worked around */
	uint8_t *samples;
};

/* Whether libjpeg decodes it. The samples are for free(). */
bool jpeg_fixture_decode(const uint8_t *data, size_t size, struct jpeg_decoded *ret_decoded);

/* Removes every segment with this marker from a picture, in place. Returns the new size. */
size_t jpeg_fixture_remove(uint8_t *data, size_t size, uint8_t marker);

/* bytes of memory that end at a page without access, and start (at page_start) behind one. */
uint8_t *jpeg_fixture_guarded(size_t bytes, void **ret_mapping, size_t *ret_mapping_bytes);

#endif
