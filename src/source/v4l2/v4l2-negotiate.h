/* Agrees with a capture node on format, size and rate. The driver has the last word. */
#ifndef SOURCE_V4L2_V4L2_NEGOTIATE_H
#define SOURCE_V4L2_V4L2_NEGOTIATE_H

#include "source/v4l2/v4l2-format.h"
#include "source/v4l2/v4l2-node.h"

/* Formats that the node offers, as fourccs; returns how many were written, at most
 * V4L2_FORMATS_MAX. */
size_t v4l2_list_formats(const struct v4l2_node *node, uint32_t ret_fourccs[V4L2_FORMATS_MAX]);

/*
 * Sets the format that fits spec best, and the rate where the driver lets it be set. 0 with the
 * layout and the rate that the driver tells (0: it does not); -ENOTSUP when the format is not
 * offered; another negative errno; err says why.
 */
int v4l2_negotiate(const struct v4l2_node *node, const struct camera_spec *spec,
	struct v4l2_layout *ret_layout, double *ret_fps, struct error *err);

#endif
