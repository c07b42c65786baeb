/*
 * The headroom: each buffer is mapped into a reserved range of addresses whose first pages are
 * anonymous, so that a header can be written directly before the bytes that the camera wrote. The
 * two memory planes of a picture follow each other in the same range, so that a frame is one range
 * too.
 */
#include "source/v4l2/v4l2-queue-impl.h"

#include <assert.h>
#include <errno.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#define PLANE_BYTES_MAX (256U << 20)

void kernel_buffer_init(
	struct kernel_buffer *kernel, const struct v4l2_queue *queue, unsigned index)
{
	memset(kernel, 0, sizeof(*kernel));
	kernel->buffer.index = index;
	kernel->buffer.type = queue->type;
	kernel->buffer.memory = V4L2_MEMORY_MMAP;
	if (v4l2_queue_is_multiplanar(queue)) {
		kernel->buffer.m.planes = kernel->planes;
		kernel->buffer.length = VIDEO_MAX_PLANES;
	}
}

struct v4l2_plane kernel_buffer_plane(
	const struct kernel_buffer *kernel, const struct v4l2_queue *queue, unsigned i)
{
	if (v4l2_queue_is_multiplanar(queue)) {
		return kernel->planes[i];
	}
	return (struct v4l2_plane){
		.bytesused = kernel->buffer.bytesused,
		.length = kernel->buffer.length,
		.m.mem_offset = kernel->buffer.m.offset,
	};
}

static size_t round_to_page(size_t bytes)
{
	size_t page = (size_t)sysconf(_SC_PAGESIZE);

	return (bytes + page - 1) / page * page;
}

/* Reserves the range, opens its first pages for writing and puts the memory planes behind. */
static int map_buffer(
	struct v4l2_queue *queue, struct buffer *buffer, const struct kernel_buffer *kernel)
{
	size_t headroom = round_to_page(FRAME_HEADROOM);
	size_t bytes = headroom;

	for (unsigned i = 0; i < queue->layout.memory_planes; i++) {
		struct v4l2_plane plane = kernel_buffer_plane(kernel, queue, i);
		if (plane.length == 0 || plane.length > PLANE_BYTES_MAX) {
			return -EPROTO;
		}
		bytes += round_to_page(plane.length);
	}
	void *range =
		mmap(NULL, bytes, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	if (range == MAP_FAILED) {
		return -errno;
	}
	buffer->range = range;
	buffer->range_bytes = bytes;
	if (mprotect(range, headroom, PROT_READ | PROT_WRITE) < 0) {
		return -errno;
	}
	uint8_t *at = buffer->range + headroom;
	for (unsigned i = 0; i < queue->layout.memory_planes; i++) {
		struct v4l2_plane plane = kernel_buffer_plane(kernel, queue, i);
		/* Writable, because MJPEG is repaired in place. */
		void *mapped = mmap(at, plane.length, PROT_READ | PROT_WRITE,
			MAP_SHARED | MAP_FIXED, queue->fd, plane.m.mem_offset);
		if (mapped == MAP_FAILED) {
			return -errno;
		}
		assert(mapped == at);
		buffer->planes[i].data = at;
		buffer->planes[i].length = plane.length;
		at += round_to_page(plane.length);
	}
	return 0;
}

static int map_buffers(struct v4l2_queue *queue, size_t max, size_t *ret_bytes)
{
	for (unsigned i = 0; i < queue->n_buffers; i++) {
		struct kernel_buffer kernel;
		kernel_buffer_init(&kernel, queue, i);
		int r = v4l2_ioctl(queue->fd, VIDIOC_QUERYBUF, &kernel.buffer);
		if (r < 0) {
			return r;
		}
		if (v4l2_queue_is_multiplanar(queue) &&
			kernel.buffer.length != queue->layout.memory_planes) {
			return -EPROTO;
		}
		queue->buffers[i].queue = queue;
		queue->buffers[i].index = i;
		r = map_buffer(queue, &queue->buffers[i], &kernel);
		if (r < 0) {
			return r;
		}
		*ret_bytes = queue->buffers[i].range_bytes * queue->n_buffers; /* all alike */
		if (*ret_bytes > max) {
			return -E2BIG;
		}
	}
	return 0;
}

/*
 * Asks for buffers that the CPU reads through its cache, with which videobuf2 keeps the cache right
 * at QBUF and DQBUF; drivers without the choice ignore the flag. Some that have it cannot allocate
 * so.
 */
static int request_buffers(struct v4l2_queue *queue, unsigned count)
{
	struct v4l2_requestbuffers request = {
		.count = count,
		.type = queue->type,
		.memory = V4L2_MEMORY_MMAP,
		.flags = V4L2_MEMORY_FLAG_NON_COHERENT,
	};
	int r = v4l2_ioctl(queue->fd, VIDIOC_REQBUFS, &request);

	if (r < 0 && r != -EBUSY && r != -ENODEV) {
		request = (struct v4l2_requestbuffers){
			.count = count, .type = queue->type, .memory = V4L2_MEMORY_MMAP};
		r = v4l2_ioctl(queue->fd, VIDIOC_REQBUFS, &request);
	}
	if (r < 0) {
		return r;
	}
	if (request.count < 2) {
		return -ENOMEM;
	}
	queue->n_buffers = request.count < V4L2_BUFFERS_MAX ? request.count : V4L2_BUFFERS_MAX;
	return 0;
}

void v4l2_buffers_forget(struct v4l2_queue *queue)
{
	struct v4l2_requestbuffers none = {.type = queue->type, .memory = V4L2_MEMORY_MMAP};

	/* Mapped buffers live on as orphans; a kernel that cannot do so waits for close and unmap.
	 */
	(void)v4l2_ioctl(queue->fd, VIDIOC_REQBUFS, &none);
}

int v4l2_buffers_map(struct v4l2_queue *queue, unsigned count, size_t max, size_t *ret_bytes)
{
	int r = request_buffers(queue, count);

	if (r < 0) {
		return r;
	}
	r = map_buffers(queue, max, ret_bytes);
	if (r < 0) {
		v4l2_buffers_forget(queue);
	}
	return r;
}

void v4l2_buffers_unmap(struct v4l2_queue *queue)
{
	for (unsigned i = 0; i < queue->n_buffers; i++) {
		struct buffer *buffer = &queue->buffers[i];
		if (buffer->range) {
			munmap(buffer->range, buffer->range_bytes);
			buffer->range = NULL;
		}
	}
}
