/* Damaged pictures in guarded memory, for the tests of the repair. */
#ifndef ENCODE_FIXTURE_MJPEG_H
#define ENCODE_FIXTURE_MJPEG_H

#include "encode/mjpeg-repair.h"
#include "jpeg/fixture.h"

#define MAX_FRAME ((size_t)1 << 20)

#define N_KINDS 8

extern const struct jpeg_fixture plain, kinds[N_KINDS];

/* A frame whose memory ends at a page that cannot be touched, and begins behind marked bytes. */
struct block {
	struct frame frame;
	uint8_t *start;
	void *mapping;
	size_t mapping_bytes;
};

/* spare: writable bytes behind the picture. */
void block_init(struct block *block, const uint8_t *data, size_t size, size_t spare);
void block_done(struct block *block);

/* What a repair must keep whatever it is given. */
void check_bounds(const struct block *block, size_t size, size_t spare);

/* frame shows what picture does, and says so. */
void check_same(const struct frame *frame, const uint8_t *picture, size_t size, const char *what);

/* Repairs data, and expects the picture to come out. */
void expect_picture(const uint8_t *data, size_t size, size_t spare, const uint8_t *picture,
	size_t picture_size, const char *what);

/* Repairs data, and expects it to be dropped. */
void expect_drop(
	const uint8_t *data, size_t size, size_t spare, enum frame_drop drop, const char *what);

/* a and b in one piece, which the caller frees. */
uint8_t *joined(const void *a, size_t a_size, const void *b, size_t b_size, size_t *ret_size);

#endif
