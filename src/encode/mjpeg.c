/* MJPEG frames are repaired in place, and passed on. */
#include "encode/encoder-impl.h"

#include <errno.h>

#include "encode/mjpeg-repair.h"
#include "util/cleanup.h"

struct mjpeg_encoder {
	struct encoder encoder;
	size_t max_frame;
};

static int mjpeg_encode(struct encoder *encoder, struct frame *raw, struct frame **ret_jpeg)
{
	const struct mjpeg_encoder *mjpeg = (const struct mjpeg_encoder *)encoder;

	if (raw->format != PIXEL_FORMAT_MJPEG) {
		return FRAME_DROP_CORRUPT;
	}
	int r = mjpeg_repair(raw, mjpeg->max_frame);
	if (r == 0) {
		*ret_jpeg = frame_ref(raw);
	}
	return r;
}

static void mjpeg_free(struct encoder *encoder)
{
	free(encoder);
}

int encoder_mjpeg_new(size_t max_frame, struct encoder **ret_encoder, struct error *err)
{
	static const struct encoder_ops ops = {.encode = mjpeg_encode, .free = mjpeg_free};
	struct mjpeg_encoder *mjpeg = calloc(1, sizeof(*mjpeg));

	if (!mjpeg) {
		return error_set(err, -ENOMEM, "MJPEG encoder: %s", error_name(-ENOMEM));
	}
	mjpeg->encoder.ops = &ops;
	mjpeg->max_frame = max_frame;
	*ret_encoder = &mjpeg->encoder;
	return 0;
}

size_t encoder_mjpeg_worst_bytes(void)
{
	return sizeof(struct mjpeg_encoder);
}
