/*
 * A V4L2 node: opened, asked who it is, and kept or refused with words that say what to do. Shared
 * by the source and by the list of devices.
 */
#ifndef SOURCE_V4L2_V4L2_NODE_H
#define SOURCE_V4L2_V4L2_NODE_H

#include <limits.h>
#include <linux/videodev2.h>
#include <stdbool.h>
#include <stdint.h>

#include "util/error.h"

/* What a node is for, by its device_caps. */
enum v4l2_node_kind {
	V4L2_NODE_CAPTURE,
	V4L2_NODE_METADATA,
	V4L2_NODE_MEM2MEM,
	V4L2_NODE_OUTPUT,
	V4L2_NODE_OTHER, /* radio, teletext, touch, ... */
};

struct v4l2_node {
	int fd;                                  /* -1 when closed */
	char path[PATH_MAX];                     /* as it was opened */
	char card[32], driver[16], bus_info[32]; /* printable */
	uint32_t device_caps;
	enum v4l2_node_kind kind;
	uint32_t buffer_type; /* V4L2_BUF_TYPE_VIDEO_CAPTURE or _MPLANE, of a capture node */
};

/* ioctl(2), again when it was interrupted. 0, or a negative errno. */
int v4l2_ioctl(int fd, unsigned long request, void *argument);

/*
 * The errno of a failed ioctl for the caller of the source: -EINVAL and -ENOTSUP become -EIO,
 * because drivers return them for what passes, and here they mean a configuration that can never
 * work.
 */
int v4l2_error_of_driver(int r);

enum v4l2_node_kind v4l2_node_kind_of(uint32_t device_caps);

/* "capture", "metadata", "mem2mem", "output", "other". */
const char *v4l2_node_kind_name(enum v4l2_node_kind kind);

/*
 * Opens path and asks for its capabilities. 0 with an open node of any kind; else a negative errno
 * with err: -ENOENT, -EACCES, -EBUSY, -ENODEV, ... or -EMEDIUMTYPE when it is no V4L2 device.
 */
int v4l2_node_open(const char *path, struct v4l2_node *ret_node, struct error *err);

/* Idempotent. */
void v4l2_node_close(struct v4l2_node *node);

/* Why pictures cannot be streamed from the node, in a few words; NULL when they can. */
const char *v4l2_node_why_useless(const struct v4l2_node *node);

/* 0, or -EMEDIUMTYPE with err when pictures cannot be streamed from the node. */
int v4l2_node_check_capture(const struct v4l2_node *node, struct error *err);

#endif
