#include "encode/encoder.h"

#include <assert.h>

#include "encode/encoder-impl.h"

int encoder_new(enum pixel_format format, uint32_t width, uint32_t height, unsigned quality,
	size_t max_frame, struct frame_pool *pool, struct encoder **ret_encoder, struct error *err)
{
	assert(format < PIXEL_FORMAT_COUNT);
	if (format == PIXEL_FORMAT_MJPEG) {
		return encoder_mjpeg_new(max_frame, ret_encoder, err);
	}
	return encoder_jpeg_new(format, width, height, quality, pool, ret_encoder, err);
}

struct encoder *encoder_free(struct encoder *encoder)
{
	if (encoder) {
		encoder->ops->free(encoder);
	}
	return NULL;
}

int encoder_encode(struct encoder *encoder, struct frame *raw, struct frame **ret_jpeg)
{
	int r = encoder->ops->encode(encoder, raw, ret_jpeg);

	frame_unref(raw);
	return r;
}

size_t encoder_worst_bytes(enum pixel_format format, uint32_t width)
{
	return format == PIXEL_FORMAT_MJPEG ? encoder_mjpeg_worst_bytes()
					    : encoder_jpeg_worst_bytes(format, width);
}
