#include "frame/frame.h"

#include <assert.h>

void frame_init(struct frame *frame, void (*release)(struct frame *frame))
{
	atomic_init(&frame->refs, 1);
	frame->release = release;
}

struct frame *frame_ref(struct frame *frame)
{
	unsigned before = atomic_fetch_add_explicit(&frame->refs, 1, memory_order_relaxed);

	assert(before > 0);
	(void)before;
	return frame;
}

struct frame *frame_unref(struct frame *frame)
{
	if (!frame) {
		return NULL;
	}
	/* Release: what this owner did is done. Acquire, for the last one: what all the others did,
	 * too. */
	unsigned before = atomic_fetch_sub_explicit(&frame->refs, 1, memory_order_acq_rel);
	assert(before > 0);
	if (before == 1) {
		frame->release(frame);
	}
	return NULL;
}

void frame_unrefp(struct frame **frame)
{
	*frame = frame_unref(*frame);
}

const char *pixel_format_name(enum pixel_format format)
{
	static const char *const names[PIXEL_FORMAT_COUNT] = {
		[PIXEL_FORMAT_MJPEG] = "MJPG",
		[PIXEL_FORMAT_YUYV] = "YUYV",
		[PIXEL_FORMAT_UYVY] = "UYVY",
		[PIXEL_FORMAT_NV12] = "NV12",
		[PIXEL_FORMAT_NV16] = "NV16",
	};

	assert(format < PIXEL_FORMAT_COUNT);
	return names[format];
}

const char *frame_drop_name(enum frame_drop drop)
{
	static const char *const names[FRAME_DROP_COUNT] = {
		[FRAME_DROP_ERROR_FLAG] = "error_flag",
		[FRAME_DROP_EMPTY] = "empty",
		[FRAME_DROP_TRUNCATED] = "truncated",
		[FRAME_DROP_OVERSIZE] = "oversize",
		[FRAME_DROP_CORRUPT] = "corrupt",
		[FRAME_DROP_EXHAUSTED] = "exhausted",
		[FRAME_DROP_STALE] = "stale",
		[FRAME_DROP_REPEATED] = "repeated",
	};

	assert(drop > 0 && drop < FRAME_DROP_COUNT);
	return names[drop];
}
