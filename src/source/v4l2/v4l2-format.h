/*
 * Pixel formats of V4L2 and where the colour planes of a picture lie in a buffer. Arithmetic only:
 * what a driver says is judged here, nothing is opened.
 */
#ifndef SOURCE_V4L2_V4L2_FORMAT_H
#define SOURCE_V4L2_V4L2_FORMAT_H

#include <linux/videodev2.h>
#include <stdbool.h>

#include "config/config.h"
#include "frame/frame.h"
#include "util/error.h"

#define V4L2_MEMORY_PLANES_MAX 2   /* of the formats that are supported */
#define V4L2_FORMATS_MAX       128 /* of one device that are looked at; vivid has about 80 */

/* A fourcc that a source takes. */
struct v4l2_format_info {
	uint32_t fourcc;
	enum pixel_format format;
	unsigned memory_planes; /* 2: luma and chroma in two memory planes (multiplanar API only) */
};

/* The picture that a driver agreed to, in one shape for the single- and the multiplanar API. */
struct v4l2_picture {
	uint32_t fourcc, width, height;
	unsigned memory_planes;
	uint32_t strides[V4L2_MEMORY_PLANES_MAX]; /* bytesperline */
};

/* Where the colour planes of a raw picture lie; none for MJPEG. */
struct v4l2_layout {
	enum pixel_format format;
	uint32_t width, height;
	unsigned memory_planes;
	unsigned n_planes;
	struct {
		unsigned memory; /* the memory plane that it lies in */
		uint32_t stride;
		uint64_t begin, end; /* bytes from the start of the picture in that memory plane */
	} planes[2];
};

/* NULL when it is not supported. */
const struct v4l2_format_info *v4l2_format_find(uint32_t fourcc);

/*
 * What of n offered formats fits the wish, best first. For CAMERA_FORMAT_AUTO: MJPEG, then YUYV,
 * UYVY, NV12, NV16. Returns how many were written to ret_candidates, at most V4L2_FORMATS_MAX.
 */
size_t v4l2_format_candidates(const uint32_t *offered, size_t n, enum camera_format wanted,
	const struct v4l2_format_info *ret_candidates[V4L2_FORMATS_MAX]);

/* "YUYV": four printable characters and a NUL; others become '?'. */
void v4l2_fourcc_name(uint32_t fourcc, char ret_name[5]);

/*
 * The layout of a picture as a driver gave it. A stride of 0 means tightly packed. 0, or
 * -EMEDIUMTYPE with err when the format is not supported or the numbers make no picture.
 */
int v4l2_layout_init(
	const struct v4l2_picture *picture, struct v4l2_layout *ret_layout, struct error *err);

/* Whether a memory plane with size bytes of picture holds all that the layout needs of it. */
bool v4l2_layout_fits(const struct v4l2_layout *layout, unsigned memory, uint64_t size);

#endif
