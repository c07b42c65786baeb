/* For those who implement an encoder. */
#ifndef ENCODE_ENCODER_IMPL_H
#define ENCODE_ENCODER_IMPL_H

#include "encode/encoder.h"

/* Turns raw, which stays the caller's, into another frame, or itself with one more owner. */
struct encoder_ops {
	int (*encode)(struct encoder *encoder, struct frame *raw, struct frame **ret_jpeg);
	void (*free)(struct encoder *encoder);
};

/* First member of every implementation. */
struct encoder {
	const struct encoder_ops *ops;
};

int encoder_jpeg_new(enum pixel_format format, uint32_t width, uint32_t height, unsigned quality,
	struct frame_pool *pool, struct encoder **ret_encoder, struct error *err);
int encoder_mjpeg_new(size_t max_frame, struct encoder **ret_encoder, struct error *err);

size_t encoder_jpeg_worst_bytes(enum pixel_format format, uint32_t width);
size_t encoder_mjpeg_worst_bytes(void);

#endif
