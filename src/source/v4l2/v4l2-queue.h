/*
 * The mapped buffers of a streaming V4L2 device, and the frames in them. Counted: every frame that
 * is out holds a share, so frames may outlive the stream and the descriptor.
 *
 * The camera's thread makes all calls; only the frames are released by others, at any time. A
 * release gives its buffer back to the driver at once, or, after v4l2_queue_stop, only drops its
 * share. The last share unmaps. A mapping keeps the kernel's side of the device open, so a device
 * is wholly closed when the last frame of it is released.
 */
#ifndef SOURCE_V4L2_V4L2_QUEUE_H
#define SOURCE_V4L2_V4L2_QUEUE_H

#include "source/v4l2/v4l2-format.h"
#include "source/v4l2/v4l2-node.h"

#define V4L2_BUFFERS_MAX 32 /* of one device, as in the kernel */

struct v4l2_queue;

/*
 * Requests and maps buffers of node, which must stay open until v4l2_queue_stop. Each has
 * FRAME_HEADROOM or more writable bytes before it. The driver may grant more than n_buffers; when
 * they take more than memory_max bytes it is -E2BIG. 0, or a negative errno with err.
 */
int v4l2_queue_new(const struct v4l2_node *node, const struct v4l2_layout *layout,
	unsigned n_buffers, size_t memory_max, struct v4l2_queue **ret_queue, struct error *err);

/* Gives all buffers to the driver and starts the stream. 0, or a negative errno (of the ioctl). */
int v4l2_queue_start(struct v4l2_queue *queue);

/*
 * Takes one frame of the driver. 0: *ret_frame has one owner and captured_ns; sequence is for the
 * caller. Positive: it came and is not kept, enum frame_drop says why; FRAME_DROP_STALE when the
 * next one is there already, FRAME_DROP_REPEATED when it is in use. -EAGAIN: none yet. Other
 * negative errno: the device failed. max_frame: bytes of the largest MJPEG picture.
 */
int v4l2_queue_read(struct v4l2_queue *queue, size_t max_frame, struct frame **ret_frame);

/*
 * Ends the stream, gives the buffers up and drops the caller's share. NULL is allowed. Returns
 * NULL. The node may be closed afterwards. May block while the driver does; a release never waits
 * for that.
 */
struct v4l2_queue *v4l2_queue_stop(struct v4l2_queue *queue);

#endif
