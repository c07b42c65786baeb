/*
 * Raw pictures to JPEG: baseline, 4:2:2 or 4:2:0 as the input has it, JFIF, the standard Huffman
 * tables. One thread at a time. Never prints, never exits, never writes past the given memory;
 * allocates when it is made and not after.
 */
#ifndef JPEG_COMPRESS_H
#define JPEG_COMPRESS_H

#include <stdbool.h>

#include "jpeg/strip.h"

#define JPEG_DIMENSION_MAX 65500 /* of libjpeg */

struct jpeg_compressor_config {
	enum jpeg_packing packing;
	uint32_t width, height; /* 1..JPEG_DIMENSION_MAX */
	unsigned quality;       /* 1..100 */
	bool has_restarts;      /* a restart marker after each row of MCUs but the last */
};

struct jpeg_compressor;

/* 0, -EINVAL or -ENOMEM. */
int jpeg_compressor_new(
	const struct jpeg_compressor_config *config, struct jpeg_compressor **ret_compressor);

/* NULL is allowed. Returns NULL. */
struct jpeg_compressor *jpeg_compressor_free(struct jpeg_compressor *compressor);

/* Heap that one takes, for adding up memory. */
size_t jpeg_compressor_bytes(enum jpeg_packing packing, uint32_t width);

/*
 * Compresses a picture into out. 0; -ENOSPC: it does not fit into capacity; -EIO: libjpeg failed,
 * which it has no reason to. After an error the compressor can be used again. No heap allocation.
 */
int jpeg_compressor_run(struct jpeg_compressor *compressor, const struct jpeg_picture *picture,
	uint8_t *out, size_t capacity, size_t *ret_size);

#endif
