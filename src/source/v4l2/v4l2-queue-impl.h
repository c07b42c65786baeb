/* Inside of v4l2-queue.c and v4l2-buffers.c. */
#ifndef SOURCE_V4L2_V4L2_QUEUE_IMPL_H
#define SOURCE_V4L2_V4L2_QUEUE_IMPL_H

#include <pthread.h>

#include "source/v4l2/v4l2-queue.h"

enum buffer_state {
	BUFFER_IDLE,   /* ours: not yet queued, or refused by the driver and to be offered again */
	BUFFER_QUEUED, /* the driver's */
	BUFFER_TAKEN,  /* being looked at, or in a frame that is out */
};

struct buffer {
	struct frame frame;
	struct v4l2_queue *queue;
	unsigned index;
	enum buffer_state state; /* under the queue's lock */
	uint8_t *range;          /* reserved addresses: headroom, memory planes */
	size_t range_bytes;
	struct {
		uint8_t *data;
		uint32_t length;
	} planes[V4L2_MEMORY_PLANES_MAX];
};

struct v4l2_queue {
	pthread_mutex_t lock; /* of is_streaming and the states, and around VIDIOC_QBUF */
	bool is_streaming;
	bool has_refused; /* a buffer is idle because the driver refused it */
	atomic_uint refs;
	int fd; /* borrowed; not touched once is_streaming is false */
	uint32_t type;
	struct v4l2_layout layout;
	unsigned n_buffers;
	struct buffer buffers[V4L2_BUFFERS_MAX];
};

/* What the kernel fills in for one buffer; the planes belong to the multiplanar API only. */
struct kernel_buffer {
	struct v4l2_buffer buffer;
	struct v4l2_plane planes[VIDEO_MAX_PLANES];
};

static inline bool v4l2_queue_is_multiplanar(const struct v4l2_queue *queue)
{
	return V4L2_TYPE_IS_MULTIPLANAR(queue->type);
}

void kernel_buffer_init(
	struct kernel_buffer *kernel, const struct v4l2_queue *queue, unsigned index);

/* One shape for both APIs: the single-planar one becomes one plane. */
struct v4l2_plane kernel_buffer_plane(
	const struct kernel_buffer *kernel, const struct v4l2_queue *queue, unsigned i);

/*
 * Requests count buffers or what the driver makes of it, and maps them; ret_bytes is what all of
 * them take. 0, or a negative errno; -E2BIG, with ret_bytes, when that is more than max.
 */
int v4l2_buffers_map(struct v4l2_queue *queue, unsigned count, size_t max, size_t *ret_bytes);

/* The driver forgets the buffers; what is mapped stays. Needs the descriptor. */
void v4l2_buffers_forget(struct v4l2_queue *queue);

/* Idempotent; does not need the descriptor. */
void v4l2_buffers_unmap(struct v4l2_queue *queue);

#endif
