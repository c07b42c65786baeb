/*
 * Everything that a driver reports (index, bytesused, data_offset) is checked before it is used;
 * what the lengths allow was settled when the buffers were mapped.
 */
#include "source/v4l2/v4l2-queue.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>

#include "source/v4l2/v4l2-holders.h"
#include "source/v4l2/v4l2-queue-impl.h"
#include "util/clock.h"

static void queue_unref(struct v4l2_queue *queue)
{
	if (atomic_fetch_sub_explicit(&queue->refs, 1, memory_order_acq_rel) != 1) {
		return;
	}
	v4l2_buffers_unmap(queue);
	pthread_mutex_destroy(&queue->lock);
	free(queue);
}

/* Offers a buffer to the driver. A refused one is offered again with the next read. Under the lock.
 */
static int enqueue(struct buffer *buffer)
{
	struct v4l2_queue *queue = buffer->queue;
	struct kernel_buffer kernel;

	kernel_buffer_init(&kernel, queue, buffer->index);
	if (v4l2_queue_is_multiplanar(queue)) {
		kernel.buffer.length = queue->layout.memory_planes;
	}
	int r = v4l2_ioctl(queue->fd, VIDIOC_QBUF, &kernel.buffer);
	buffer->state = r < 0 ? BUFFER_IDLE : BUFFER_QUEUED;
	queue->has_refused |= r < 0;
	return r;
}

static void give_back(struct buffer *buffer)
{
	struct v4l2_queue *queue = buffer->queue;

	pthread_mutex_lock(&queue->lock);
	if (queue->is_streaming) {
		enqueue(buffer);
	}
	pthread_mutex_unlock(&queue->lock);
}

static void release_frame(struct frame *frame)
{
	struct buffer *buffer = (struct buffer *)frame; /* its first member */
	struct v4l2_queue *queue = buffer->queue;

	give_back(buffer);
	queue_unref(queue);
}

static int error_map(const struct v4l2_node *node, int r, unsigned n_buffers, size_t bytes,
	size_t max, struct error *err)
{
	if (r == -EBUSY) {
		return v4l2_error_busy(node->path, err);
	}
	if (r == -E2BIG) {
		return error_set(err, r,
			"%s (%s): the driver's buffers take %.1f MiB, and memory.budget leaves %.1f"
			" for them; raise it, or lower the size or frames.buffers",
			node->path, node->card, (double)bytes / (1 << 20), (double)max / (1 << 20));
	}
	return error_set(err, v4l2_error_of_driver(r), "%s (%s): mapping %u buffers: %s",
		node->path, node->card, n_buffers, error_name(r));
}

int v4l2_queue_new(const struct v4l2_node *node, const struct v4l2_layout *layout,
	unsigned n_buffers, size_t memory_max, struct v4l2_queue **ret_queue, struct error *err)
{
	struct v4l2_queue *queue = calloc(1, sizeof(*queue));
	size_t bytes = 0;

	if (!queue) {
		return error_set(err, -ENOMEM, "%s: no memory", node->path);
	}
	pthread_mutex_init(&queue->lock, NULL);
	atomic_init(&queue->refs, 1);
	queue->fd = node->fd;
	queue->type = node->buffer_type;
	queue->layout = *layout;
	int r = v4l2_buffers_map(queue, n_buffers, memory_max, &bytes);
	if (r < 0) {
		queue_unref(queue);
		return error_map(node, r, n_buffers, bytes, memory_max, err);
	}
	*ret_queue = queue;
	return 0;
}

int v4l2_queue_start(struct v4l2_queue *queue)
{
	int r = 0;

	pthread_mutex_lock(&queue->lock);
	for (unsigned i = 0; i < queue->n_buffers && r == 0; i++) {
		r = enqueue(&queue->buffers[i]);
	}
	pthread_mutex_unlock(&queue->lock);
	if (r == 0) {
		r = v4l2_ioctl(queue->fd, VIDIOC_STREAMON, &(int){(int)queue->type});
	}
	pthread_mutex_lock(&queue->lock);
	queue->is_streaming = r == 0;
	pthread_mutex_unlock(&queue->lock);
	return r;
}

struct v4l2_queue *v4l2_queue_stop(struct v4l2_queue *queue)
{
	if (!queue) {
		return NULL;
	}
	/* First no release touches the descriptor any more, then the driver may take its time. */
	pthread_mutex_lock(&queue->lock);
	queue->is_streaming = false;
	pthread_mutex_unlock(&queue->lock);
	(void)v4l2_ioctl(queue->fd, VIDIOC_STREAMOFF, &(int){(int)queue->type});
	v4l2_buffers_forget(queue);
	queue->fd = -1;
	queue_unref(queue);
	return NULL;
}

/*
 * Takes a filled buffer of the driver. v4l2loopback, when it is read late, also gives one out that
 * it does not have: its picture is in use, so FRAME_DROP_REPEATED.
 */
static int dequeue(
	struct v4l2_queue *queue, struct kernel_buffer *kernel, struct buffer **ret_buffer)
{
	kernel_buffer_init(kernel, queue, 0);
	int r = v4l2_ioctl(queue->fd, VIDIOC_DQBUF, &kernel->buffer);
	if (r < 0) {
		return r;
	}
	if (kernel->buffer.index >= queue->n_buffers) {
		return -EPROTO;
	}
	struct buffer *buffer = &queue->buffers[kernel->buffer.index];
	pthread_mutex_lock(&queue->lock);
	bool was_queued = buffer->state == BUFFER_QUEUED;
	if (was_queued) {
		buffer->state = BUFFER_TAKEN;
	}
	pthread_mutex_unlock(&queue->lock);
	*ret_buffer = buffer;
	return was_queued ? 0 : FRAME_DROP_REPEATED;
}

static uint64_t captured_ns(const struct v4l2_buffer *buffer)
{
	uint64_t now = clock_now_ns();
	const struct timeval *time = &buffer->timestamp;

	if ((buffer->flags & V4L2_BUF_FLAG_TIMESTAMP_MASK) != V4L2_BUF_FLAG_TIMESTAMP_MONOTONIC ||
		time->tv_sec < 0 || time->tv_usec < 0 || time->tv_usec >= 1000000) {
		return now;
	}
	uint64_t sec = (uint64_t)time->tv_sec;
	if (sec > now / NSEC_PER_SEC || (sec == 0 && time->tv_usec == 0)) {
		return now;
	}
	uint64_t ns = sec * NSEC_PER_SEC + (uint64_t)time->tv_usec * NSEC_PER_USEC;
	return ns < now ? ns : now;
}

/* What a driver says of a filled buffer, checked: within what is mapped. */
struct filled {
	uint8_t *starts[V4L2_MEMORY_PLANES_MAX]; /* of the pictures in the memory planes */
	uint8_t *end;                            /* behind the last one */
};

/* Checks memory plane i. 0, or the enum frame_drop that says why it is not a picture. */
static int check_plane(const struct buffer *buffer, const struct kernel_buffer *kernel, unsigned i,
	size_t max_frame, struct filled *filled)
{
	const struct v4l2_layout *layout = &buffer->queue->layout;
	struct v4l2_plane plane = kernel_buffer_plane(kernel, buffer->queue, i);
	uint32_t length = buffer->planes[i].length;

	if (plane.bytesused == 0) {
		return FRAME_DROP_EMPTY;
	}
	if (layout->format == PIXEL_FORMAT_MJPEG &&
		plane.bytesused > (uint64_t)max_frame + plane.data_offset) {
		return FRAME_DROP_OVERSIZE;
	}
	uint32_t used = plane.bytesused < length ? plane.bytesused : length;
	if (plane.data_offset >= used || !v4l2_layout_fits(layout, i, used - plane.data_offset)) {
		return FRAME_DROP_TRUNCATED;
	}
	filled->starts[i] = buffer->planes[i].data + plane.data_offset;
	filled->end = buffer->planes[i].data + used;
	return 0;
}

static int check_planes(const struct buffer *buffer, const struct kernel_buffer *kernel,
	size_t max_frame, struct filled *ret_filled)
{
	if (kernel->buffer.flags & V4L2_BUF_FLAG_ERROR) {
		return FRAME_DROP_ERROR_FLAG;
	}
	for (unsigned i = 0; i < buffer->queue->layout.memory_planes; i++) {
		int r = check_plane(buffer, kernel, i, max_frame, ret_filled);
		if (r > 0) {
			return r;
		}
	}
	return 0;
}

static void fill_frame(
	struct buffer *buffer, const struct kernel_buffer *kernel, const struct filled *filled)
{
	const struct v4l2_layout *layout = &buffer->queue->layout;
	unsigned last = layout->memory_planes - 1;
	uint8_t *start = filled->starts[0];
	uint8_t *limit = buffer->planes[last].data + buffer->planes[last].length;
	struct frame *frame = &buffer->frame;

	frame->data = start;
	frame->size = (size_t)(filled->end - start);
	frame->headroom = (size_t)(start - buffer->range);
	frame->capacity = (size_t)(limit - start);
	frame->format = layout->format;
	frame->width = layout->width;
	frame->height = layout->height;
	for (unsigned i = 0; i < layout->n_planes; i++) {
		const uint8_t *memory = filled->starts[layout->planes[i].memory];
		frame->planes[i].data = memory + layout->planes[i].begin;
		frame->planes[i].stride = layout->planes[i].stride;
	}
	frame->captured_ns = captured_ns(&kernel->buffer);
}

static bool is_ready(const struct v4l2_queue *queue, short event)
{
	struct pollfd pollfd = {.fd = queue->fd, .events = POLLIN};

	return poll(&pollfd, 1, 0) > 0 && (pollfd.revents & event);
}

static void offer_refused_again(struct v4l2_queue *queue)
{
	pthread_mutex_lock(&queue->lock);
	if (queue->has_refused) {
		queue->has_refused = false;
		for (unsigned i = 0; i < queue->n_buffers; i++) {
			if (queue->buffers[i].state == BUFFER_IDLE) {
				enqueue(&queue->buffers[i]);
			}
		}
	}
	pthread_mutex_unlock(&queue->lock);
}

int v4l2_queue_read(struct v4l2_queue *queue, size_t max_frame, struct frame **ret_frame)
{
	struct kernel_buffer kernel;
	struct buffer *buffer;

	offer_refused_again(queue);
	int r = dequeue(queue, &kernel, &buffer);
	if (r < 0) {
		/* A descriptor that reports an error but says "none yet" would be polled in a loop.
		 */
		return r == -EAGAIN && is_ready(queue, POLLERR | POLLHUP) ? -EIO : r;
	}
	if (r > 0) {
		return r; /* the release of what is in it will offer the buffer again */
	}
	struct filled filled = {0};
	r = check_planes(buffer, &kernel, max_frame, &filled);
	if (r == 0 && is_ready(queue, POLLIN)) {
		r = FRAME_DROP_STALE;
	}
	if (r > 0) {
		give_back(buffer);
		return r;
	}
	frame_init(&buffer->frame, release_frame);
	fill_frame(buffer, &kernel, &filled);
	atomic_fetch_add_explicit(&queue->refs, 1, memory_order_relaxed);
	*ret_frame = &buffer->frame;
	return 0;
}
