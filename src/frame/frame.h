/*
 * A frame: one picture in memory that somebody else owns (a V4L2 buffer, a pool block), shared by
 * an owner count. Frames are embedded in their owner's table, never allocated one by one.
 *
 * Life: the producer's thread fills it and passes it on; from the moment that it is published it is
 * immutable, but for the memory around the payload (headroom before it, capacity behind it), which
 * belongs to the server's thread. The last unref, on whichever thread, calls release, which gives
 * the memory back at once.
 */
#ifndef FRAME_FRAME_H
#define FRAME_FRAME_H

#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>

/*
 * Writable bytes that every fresh frame has before its payload, at least. Enough for the standard
 * Huffman tables that some cameras leave out (420 bytes), a multipart header and a WebSocket
 * header.
 */
#define FRAME_HEADROOM 4096

/* What is left of the headroom for the server whatever a repair took, at least. */
#define FRAME_HEADROOM_SERVER 1024

enum pixel_format {
	PIXEL_FORMAT_MJPEG, /* a complete JPEG picture each */
	PIXEL_FORMAT_YUYV,  /* 4:2:2 packed, Y0 Cb Y1 Cr */
	PIXEL_FORMAT_UYVY,  /* 4:2:2 packed, Cb Y0 Cr Y1 */
	PIXEL_FORMAT_NV12,  /* 4:2:0, a plane of Y and one of Cb Cr pairs */
	PIXEL_FORMAT_NV16,  /* 4:2:2, a plane of Y and one of Cb Cr pairs */
	PIXEL_FORMAT_COUNT,
};

/* Why a frame that the camera delivered was not published; the names are those of the metrics. */
enum frame_drop {
	FRAME_DROP_ERROR_FLAG = 1, /* the driver marked it as damaged */
	FRAME_DROP_EMPTY,          /* no picture in it */
	FRAME_DROP_TRUNCATED,      /* it ends before its picture does */
	FRAME_DROP_OVERSIZE,       /* larger than max_frame */
	FRAME_DROP_CORRUPT,        /* not a picture */
	FRAME_DROP_EXHAUSTED,      /* no free pool block */
	FRAME_DROP_STALE,          /* a newer one was there already when it was read */
	FRAME_DROP_REPEATED,       /* the driver gave it out a second time */
	FRAME_DROP_COUNT,
};

/* One plane of a raw picture. */
struct frame_plane {
	const uint8_t *data;
	uint32_t stride; /* bytes from one row to the next, >= the bytes of a row */
};

struct frame {
	atomic_uint refs;
	void (*release)(struct frame *frame); /* called once, by the last unref */

	uint8_t *data;   /* payload */
	size_t size;     /* bytes of payload */
	size_t headroom; /* writable bytes directly before data */
	size_t capacity; /* writable bytes from data on, >= size */

	enum pixel_format format;
	uint32_t width, height;       /* pixels */
	struct frame_plane planes[2]; /* raw formats only: they lie within the payload's memory */

	uint64_t sequence;    /* counts every frame that the camera delivered, dropped ones too */
	uint64_t captured_ns; /* CLOCK_MONOTONIC: start of capture as the driver reports it */
};

/* Sets the count to 1. Everything else of the frame is for the caller to fill. */
void frame_init(struct frame *frame, void (*release)(struct frame *frame));

/* One more owner. Returns frame. Any thread. */
struct frame *frame_ref(struct frame *frame);

/* One owner less; the last one releases. NULL is allowed. Returns NULL. Any thread. */
struct frame *frame_unref(struct frame *frame);

/* For _cleanup_(frame_unrefp). */
void frame_unrefp(struct frame **frame);

/* "YUYV", "MJPG", ... as V4L2 and the status write them. */
const char *pixel_format_name(enum pixel_format format);

/* "error_flag", "empty", ... as the metrics write them. */
const char *frame_drop_name(enum frame_drop drop);

#endif
