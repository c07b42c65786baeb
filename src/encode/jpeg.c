/* Raw frames to JPEG in a block of the pool. */
#include "encode/encoder-impl.h"

#include <errno.h>
#include <stdbool.h>

#include "jpeg/compress.h"
#include "util/cleanup.h"

struct jpeg_encoder {
	struct encoder encoder;
	enum pixel_format format;
	enum jpeg_packing packing;
	uint32_t width, height;
	struct frame_pool *pool;
	struct jpeg_compressor *compressor;
};

static enum jpeg_packing packing_of(enum pixel_format format)
{
	switch (format) {
	case PIXEL_FORMAT_UYVY:
		return JPEG_PACKING_UYVY;
	case PIXEL_FORMAT_NV12:
		return JPEG_PACKING_NV12;
	case PIXEL_FORMAT_NV16:
		return JPEG_PACKING_NV16;
	default:
		return JPEG_PACKING_YUYV;
	}
}

/* Whether a plane lies within the frame's payload as a whole. */
static bool is_plane_inside(const struct jpeg_encoder *jpeg, const struct frame *raw, unsigned i)
{
	const struct frame_plane *plane = &raw->planes[i];
	size_t row_bytes = jpeg_packing_row_bytes(jpeg->packing, i, jpeg->width);
	uint64_t rows = jpeg_packing_rows(jpeg->packing, i, jpeg->height);

	if (rows == 0) {
		return true;
	}
	uintptr_t start = (uintptr_t)plane->data, payload = (uintptr_t)raw->data;
	if (start < payload || start - payload > raw->size || plane->stride < row_bytes) {
		return false;
	}
	return (rows - 1) * plane->stride + row_bytes <= raw->size - (start - payload);
}

static int check(const struct jpeg_encoder *jpeg, const struct frame *raw)
{
	if (raw->size == 0) {
		return FRAME_DROP_EMPTY;
	}
	if (raw->format != jpeg->format || raw->width != jpeg->width ||
		raw->height != jpeg->height) {
		return FRAME_DROP_CORRUPT;
	}
	if (!is_plane_inside(jpeg, raw, 0) || !is_plane_inside(jpeg, raw, 1)) {
		return FRAME_DROP_TRUNCATED;
	}
	return 0;
}

static int jpeg_encode(struct encoder *encoder, struct frame *raw, struct frame **ret_jpeg)
{
	struct jpeg_encoder *jpeg = (struct jpeg_encoder *)encoder; /* its first member */
	int r = check(jpeg, raw);

	if (r > 0) {
		return r;
	}
	_cleanup_(frame_unrefp) struct frame *frame = frame_pool_acquire(jpeg->pool);
	if (!frame) {
		return FRAME_DROP_EXHAUSTED;
	}
	const struct jpeg_picture picture = {
		.data = {raw->planes[0].data, raw->planes[1].data},
		.stride = {raw->planes[0].stride, raw->planes[1].stride},
	};
	r = jpeg_compressor_run(
		jpeg->compressor, &picture, frame->data, frame->capacity, &frame->size);
	if (r < 0) {
		return r == -ENOSPC ? FRAME_DROP_OVERSIZE : FRAME_DROP_CORRUPT;
	}
	frame->format = PIXEL_FORMAT_MJPEG;
	frame->width = raw->width;
	frame->height = raw->height;
	frame->sequence = raw->sequence;
	frame->captured_ns = raw->captured_ns;
	*ret_jpeg = take_ptr(frame);
	return 0;
}

static void jpeg_free(struct encoder *encoder)
{
	struct jpeg_encoder *jpeg = (struct jpeg_encoder *)encoder;

	jpeg_compressor_free(jpeg->compressor);
	free(jpeg);
}

int encoder_jpeg_new(enum pixel_format format, uint32_t width, uint32_t height, unsigned quality,
	struct frame_pool *pool, struct encoder **ret_encoder, struct error *err)
{
	static const struct encoder_ops ops = {.encode = jpeg_encode, .free = jpeg_free};
	const struct jpeg_compressor_config config = {
		.packing = packing_of(format),
		.width = width,
		.height = height,
		.quality = quality,
	};
	struct jpeg_encoder *jpeg = calloc(1, sizeof(*jpeg));
	int r = jpeg ? jpeg_compressor_new(&config, &jpeg->compressor) : -ENOMEM;

	if (r < 0) {
		free(jpeg);
		return error_set(err, r, "JPEG encoder for %s %ux%u, quality %u: %s",
			pixel_format_name(format), width, height, quality, error_name(r));
	}
	jpeg->encoder.ops = &ops;
	jpeg->format = format;
	jpeg->packing = config.packing;
	jpeg->width = width;
	jpeg->height = height;
	jpeg->pool = pool;
	*ret_encoder = &jpeg->encoder;
	return 0;
}

size_t encoder_jpeg_worst_bytes(enum pixel_format format, uint32_t width)
{
	return sizeof(struct jpeg_encoder) + jpeg_compressor_bytes(packing_of(format), width);
}
