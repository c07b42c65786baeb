/*
 * Turns what a source delivers into JPEG pictures that every decoder draws: raw frames are encoded
 * into a pool block, MJPEG is checked, repaired in place and passed through. One thread, the
 * camera's.
 */
#ifndef ENCODE_ENCODER_H
#define ENCODE_ENCODER_H

#include "frame/frame.h"
#include "frame/pool.h"
#include "util/error.h"

struct encoder;

/*
 * For frames of format, width x height. quality 1..100. The pool, which must outlive the encoder,
 * gives the blocks; that of MJPEG does not use it (NULL allowed). max_frame bounds a passed
 * picture. 0, -ENOMEM, or -EINVAL with err.
 */
int encoder_new(enum pixel_format format, uint32_t width, uint32_t height, unsigned quality,
	size_t max_frame, struct frame_pool *pool, struct encoder **ret_encoder, struct error *err);

/* NULL is allowed. Returns NULL. */
struct encoder *encoder_free(struct encoder *encoder);

/*
 * Takes over the caller's owner count of raw, whatever it returns. 0: *ret_jpeg has one owner and
 * carries raw's sequence, time and size. Positive: dropped, the enum frame_drop says why. No heap
 * allocation.
 */
int encoder_encode(struct encoder *encoder, struct frame *raw, struct frame **ret_jpeg);

/* Heap that an encoder takes in the worst case, for adding up memory. */
size_t encoder_worst_bytes(enum pixel_format format, uint32_t width);

#endif
