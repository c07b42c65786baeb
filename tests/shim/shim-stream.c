/* Buffers of a fake camera, and the thread that fills them at the negotiated rate. */
#include "shim.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define NSEC_PER_SEC 1000000000ULL

static size_t round_to_page(size_t bytes)
{
	size_t page = (size_t)sysconf(_SC_PAGESIZE);

	return (bytes + page - 1) / page * page;
}

void shim_fifo_push(struct shim_fifo *fifo, unsigned index)
{
	fifo->indices[(fifo->head + fifo->count++) % SHIM_BUFFERS_MAX] = index;
}

unsigned shim_fifo_pop(struct shim_fifo *fifo)
{
	unsigned index = fifo->indices[fifo->head];

	fifo->head = (fifo->head + 1) % SHIM_BUFFERS_MAX;
	fifo->count--;
	return index;
}

static size_t buffer_bytes(const struct shim_device *device)
{
	struct shim_layout layout = shim_layout_of(device);
	size_t bytes = 0;

	for (unsigned i = 0; i < layout.planes; i++) {
		bytes += round_to_page(layout.size[i]);
	}
	return bytes;
}

size_t shim_plane_offset(const struct shim_device *device, unsigned index, unsigned plane)
{
	struct shim_layout layout = shim_layout_of(device);

	return index * buffer_bytes(device) + (plane ? round_to_page(layout.size[0]) : 0);
}

/* What the program has mapped stays, as in the kernel. */
static void free_buffers(struct shim_device *device)
{
	if (device->memory) {
		shim_memory_freed(device);
		shim.real.munmap(device->memory, device->memory_bytes);
		shim.real.close(device->memory_fd);
	}
	device->memory = NULL;
	device->memory_fd = -1;
	device->n_buffers = 0;
	device->owner = -1;
}

int shim_request_buffers(struct shim_file *file, uint32_t *count)
{
	struct shim_device *device = file->device;

	if (device->owner >= 0 && device->owner != file->fd) {
		return EBUSY;
	}
	shim_stream_off(device);
	free_buffers(device);
	if (*count == 0) {
		return 0;
	}
	if (*count < device->min_buffers) {
		*count = device->min_buffers;
	}
	if (*count > SHIM_BUFFERS_MAX) {
		*count = SHIM_BUFFERS_MAX;
	}
	device->memory_bytes = buffer_bytes(device) * *count;
	device->memory_fd = memfd_create("v4l2-shim", MFD_CLOEXEC);
	if (device->memory_fd < 0 ||
		ftruncate(device->memory_fd, (off_t)device->memory_bytes) < 0) {
		return ENOMEM;
	}
	void *memory = shim.real.mmap(NULL, device->memory_bytes, PROT_READ | PROT_WRITE,
		MAP_SHARED, device->memory_fd, 0);
	if (memory == MAP_FAILED) {
		shim.real.close(device->memory_fd);
		return ENOMEM;
	}
	device->memory = memory;
	device->n_buffers = *count;
	device->owner = file->fd;
	shim_memory_made(device);
	memset(device->buffers, 0, sizeof(device->buffers));
	memset(&device->queued, 0, sizeof(device->queued));
	memset(&device->done, 0, sizeof(device->done));
	return 0;
}

int shim_queue_buffer(struct shim_device *device, unsigned index)
{
	if (index >= device->n_buffers || device->buffers[index].is_queued ||
		device->buffers[index].is_done) {
		return EINVAL;
	}
	device->buffers[index].is_queued = true;
	shim_fifo_push(&device->queued, index);
	return 0;
}

/* With a lock that is let go while waiting. */
static int wait_for_frame(struct shim_file *file)
{
	struct shim_device *device = file->device;
	int fd = file->fd;

	while (device->is_present && device->is_streaming && device->done.count == 0) {
		struct pollfd pollfd = {.fd = fd, .events = POLLIN};
		pthread_mutex_unlock(&shim.lock);
		int r = poll(&pollfd, 1, 100);
		int error = errno;
		pthread_mutex_lock(&shim.lock);
		if (r < 0) {
			return error;
		}
	}
	return 0;
}

int shim_dequeue_buffer(struct shim_file *file, unsigned *ret_index)
{
	struct shim_device *device = file->device;
	char byte;

	if (file->fd != device->owner || !device->is_streaming) {
		return EINVAL;
	}
	if (file->is_blocking) {
		int error = wait_for_frame(file);
		if (error) {
			return error;
		}
		if (!device->is_present) {
			return ENODEV;
		}
		if (!device->is_streaming) {
			return EINVAL;
		}
	}
	if (device->repeats > 0) {
		device->repeats--;
		*ret_index = device->last_index;
		return 0;
	}
	if (device->done.count == 0) {
		return EAGAIN;
	}
	(void)!recv(file->fd, &byte, 1, MSG_DONTWAIT);
	unsigned index = shim_fifo_pop(&device->done);
	device->buffers[index].is_done = false;
	device->last_index = index;
	*ret_index = index;
	return 0;
}

static uint64_t now_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * NSEC_PER_SEC + (uint64_t)now.tv_nsec;
}

static enum shim_fault take_fault(struct shim_device *device)
{
	enum shim_fault fault = device->fault;

	if (fault != SHIM_FAULT_NONE && device->fault_left > 0 && --device->fault_left == 0) {
		device->fault = SHIM_FAULT_NONE;
	}
	return fault;
}

/* A frame without a free buffer is lost, but counts in the sequence. */
static void produce_frame(struct shim_device *device, int peer)
{
	uint32_t sequence = device->sequence++;

	if (device->queued.count == 0) {
		return;
	}
	unsigned index = shim_fifo_pop(&device->queued);
	struct shim_buffer *buffer = &device->buffers[index];
	uint8_t *planes[SHIM_PLANES_MAX] = {device->memory + shim_plane_offset(device, index, 0),
		device->memory + shim_plane_offset(device, index, 1)};
	buffer->is_queued = false;
	buffer->is_done = true;
	buffer->sequence = sequence;
	shim_draw(device, sequence, planes, buffer->bytesused);
	buffer->flags = shim_damage(device, take_fault(device), planes, buffer->bytesused);
	/* The end of the frame, where a driver takes it in its interrupt. */
	buffer->time_ns = now_ns();
	shim_fifo_push(&device->done, index);
	(void)!send(peer, "", 1, MSG_DONTWAIT | MSG_NOSIGNAL);
}

static void wait_until(struct shim_device *device, uint64_t time_ns)
{
	struct timespec until = {.tv_sec = (time_t)(time_ns / NSEC_PER_SEC),
		.tv_nsec = (long)(time_ns % NSEC_PER_SEC)};

	while (!device->is_stopping &&
		pthread_cond_timedwait(&device->wake, &shim.lock, &until) != ETIMEDOUT) {
	}
}

static void *run_stream(void *userdata)
{
	struct shim_device *device = userdata;

	pthread_setname_np(pthread_self(), "v4l2-shim"); /* so that measurements can leave it out */
	pthread_mutex_lock(&shim.lock);
	uint64_t interval = NSEC_PER_SEC / device->fps;
	for (uint64_t next = now_ns() + interval;; next += interval) {
		wait_until(device, next);
		shim_obey();
		if (device->is_stopping || !device->is_present) {
			break;
		}
		struct shim_file *file = shim_find_file(device->owner);
		if (!device->is_frozen && file) {
			produce_frame(device, file->peer);
		}
	}
	pthread_mutex_unlock(&shim.lock);
	return NULL;
}

int shim_stream_on(struct shim_file *file)
{
	struct shim_device *device = file->device;

	if (device->owner != file->fd) {
		return device->owner >= 0 ? EBUSY : EINVAL;
	}
	if (device->is_streaming) {
		return 0;
	}
	device->sequence = 0;
	device->is_stopping = false;
	sigset_t all, before;
	sigfillset(&all);
	pthread_sigmask(SIG_BLOCK, &all, &before); /* signals are for the program's threads */
	int error = pthread_create(&device->thread, NULL, run_stream, device);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	device->is_streaming = error == 0;
	return error;
}

void shim_stream_off(struct shim_device *device)
{
	struct shim_file *file = shim_find_file(device->owner);
	char bytes[SHIM_BUFFERS_MAX];

	if (device->is_streaming) {
		device->is_stopping = true;
		pthread_cond_broadcast(&device->wake);
		pthread_mutex_unlock(&shim.lock);
		pthread_join(device->thread, NULL);
		pthread_mutex_lock(&shim.lock);
		device->is_streaming = false;
	}
	for (unsigned i = 0; i < device->n_buffers; i++) {
		device->buffers[i].is_queued = device->buffers[i].is_done = false;
	}
	memset(&device->queued, 0, sizeof(device->queued));
	memset(&device->done, 0, sizeof(device->done));
	if (file) {
		(void)!recv(file->fd, bytes, sizeof(bytes), MSG_DONTWAIT);
	}
}
