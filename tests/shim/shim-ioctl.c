/* The ioctls of a fake camera, as a UVC or an ISP driver answers them. */
#include "shim.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>

static uint32_t buffer_type(const struct shim_device *device)
{
	return device->is_mplane ? V4L2_BUF_TYPE_VIDEO_CAPTURE_MPLANE : V4L2_BUF_TYPE_VIDEO_CAPTURE;
}

static int query_capabilities(struct shim_device *device, struct v4l2_capability *capability)
{
	memset(capability, 0, sizeof(*capability));
	snprintf((char *)capability->driver, sizeof(capability->driver), "v4l2-shim");
	memcpy(capability->card, device->card, sizeof(device->card));
	memcpy(capability->bus_info, device->bus, sizeof(device->bus));
	capability->version = 0x060100;
	capability->device_caps = device->caps;
	/* As with UVC, the whole device has a metadata node too. */
	capability->capabilities = device->caps | V4L2_CAP_VIDEO_CAPTURE | V4L2_CAP_META_CAPTURE |
				   V4L2_CAP_DEVICE_CAPS;
	return shim_refuses(device, SHIM_CALL_QUERYCAP);
}

static int enum_formats(struct shim_device *device, struct v4l2_fmtdesc *description)
{
	uint32_t index = description->index;

	if (description->type != buffer_type(device) || index >= device->n_formats) {
		return EINVAL;
	}
	uint32_t fourcc = device->formats[index].fourcc;
	memset(description, 0, sizeof(*description));
	description->index = index;
	description->type = buffer_type(device);
	description->flags = fourcc == V4L2_PIX_FMT_MJPEG ? V4L2_FMT_FLAG_COMPRESSED : 0;
	description->pixelformat = fourcc;
	memcpy(description->description, &fourcc, 4);
	return 0;
}

static const struct shim_format *find_format(const struct shim_device *device, uint32_t fourcc)
{
	for (unsigned i = 0; i < device->n_formats; i++) {
		if (device->formats[i].fourcc == fourcc) {
			return &device->formats[i];
		}
	}
	return NULL;
}

static int enum_sizes(struct shim_device *device, struct v4l2_frmsizeenum *sizes)
{
	if (!find_format(device, sizes->pixel_format) || sizes->index >= device->n_sizes) {
		return EINVAL;
	}
	sizes->type = V4L2_FRMSIZE_TYPE_DISCRETE;
	sizes->discrete.width = device->sizes[sizes->index].width;
	sizes->discrete.height = device->sizes[sizes->index].height;
	return 0;
}

static int enum_intervals(struct shim_device *device, struct v4l2_frmivalenum *intervals)
{
	bool is_known = false;

	for (unsigned i = 0; i < device->n_sizes; i++) {
		is_known |= device->sizes[i].width == intervals->width &&
			    device->sizes[i].height == intervals->height;
	}
	if (!find_format(device, intervals->pixel_format) || !is_known || intervals->index > 1) {
		return EINVAL;
	}
	unsigned fps = intervals->index == 0 ? device->fps_max : (device->fps_max + 1) / 2;
	intervals->type = V4L2_FRMIVAL_TYPE_DISCRETE;
	intervals->discrete = (struct v4l2_fract){.numerator = 1, .denominator = fps};
	return 0;
}

/* The size with the nearest number of pixels. */
static struct shim_size nearest_size(
	const struct shim_device *device, uint32_t width, uint32_t height)
{
	const struct shim_size *best = &device->sizes[0];
	int64_t wanted = (int64_t)width * height, best_distance = INT64_MAX;

	for (unsigned i = 0; i < device->n_sizes; i++) {
		int64_t pixels = (int64_t)device->sizes[i].width * device->sizes[i].height;
		int64_t distance = pixels > wanted ? pixels - wanted : wanted - pixels;
		if (distance < best_distance) {
			best = &device->sizes[i];
			best_distance = distance;
		}
	}
	return *best;
}

static void write_format(const struct shim_device *device, struct v4l2_format *format)
{
	struct shim_layout layout = shim_layout_of(device);

	if (!device->is_mplane) {
		format->fmt.pix = (struct v4l2_pix_format){
			.width = device->size.width,
			.height = device->size.height,
			.pixelformat = device->format->fourcc,
			.field = V4L2_FIELD_NONE,
			.bytesperline = layout.stride[0],
			.sizeimage = layout.size[0],
			.colorspace = V4L2_COLORSPACE_SRGB,
		};
		return;
	}
	struct v4l2_pix_format_mplane *pixels = &format->fmt.pix_mp;
	memset(pixels, 0, sizeof(*pixels));
	pixels->width = device->size.width;
	pixels->height = device->size.height;
	pixels->pixelformat = device->format->fourcc;
	pixels->field = V4L2_FIELD_NONE;
	pixels->colorspace = V4L2_COLORSPACE_SRGB;
	pixels->num_planes = (uint8_t)layout.planes;
	for (unsigned i = 0; i < layout.planes; i++) {
		pixels->plane_fmt[i].bytesperline = layout.stride[i];
		pixels->plane_fmt[i].sizeimage = layout.size[i];
	}
}

/* Sets what is nearest to the wish, writes it back, and puts the old one back when only trying. */
static int set_format(struct shim_file *file, struct v4l2_format *format, bool is_try)
{
	struct shim_device *device = file->device;
	const struct shim_format *old_format = device->format;
	struct shim_size old_size = device->size;

	if (format->type != buffer_type(device)) {
		return EINVAL;
	}
	if (!is_try) {
		int error = shim_refuses(device, SHIM_CALL_S_FMT);
		if (error) {
			return error;
		}
		if (device->n_buffers > 0) {
			return EBUSY;
		}
	}
	const struct shim_format *wanted = find_format(device,
		device->is_mplane ? format->fmt.pix_mp.pixelformat : format->fmt.pix.pixelformat);
	device->format = wanted ? wanted : &device->formats[0];
	device->size =
		device->is_mplane
			? nearest_size(device, format->fmt.pix_mp.width, format->fmt.pix_mp.height)
			: nearest_size(device, format->fmt.pix.width, format->fmt.pix.height);
	write_format(device, format);
	if (is_try) {
		device->format = old_format;
		device->size = old_size;
	}
	return 0;
}

static int get_format(struct shim_device *device, struct v4l2_format *format)
{
	if (format->type != buffer_type(device)) {
		return EINVAL;
	}
	write_format(device, format);
	return 0;
}

static int parameters(struct shim_device *device, struct v4l2_streamparm *parm, bool is_set)
{
	struct v4l2_fract wanted = parm->parm.capture.timeperframe;

	if (parm->type != buffer_type(device)) {
		return EINVAL;
	}
	if (is_set && device->is_streaming) {
		return EBUSY;
	}
	if (is_set) {
		unsigned fps = wanted.numerator ? wanted.denominator / wanted.numerator : 0;
		device->fps = fps == 0 || fps > device->fps_max ? device->fps_max : fps;
	}
	memset(&parm->parm, 0, sizeof(parm->parm));
	parm->parm.capture.capability = V4L2_CAP_TIMEPERFRAME;
	parm->parm.capture.timeperframe = (struct v4l2_fract){1, device->fps};
	parm->parm.capture.readbuffers = device->min_buffers;
	return 0;
}

static int input(struct v4l2_input *description)
{
	if (description->index > 0) {
		return EINVAL;
	}
	memset(description, 0, sizeof(*description));
	snprintf((char *)description->name, sizeof(description->name), "Camera 1");
	description->type = V4L2_INPUT_TYPE_CAMERA;
	return 0;
}

static int request_buffers(struct shim_file *file, struct v4l2_requestbuffers *request)
{
	struct shim_device *device = file->device;

	request->capabilities = V4L2_BUF_CAP_SUPPORTS_MMAP | V4L2_BUF_CAP_SUPPORTS_ORPHANED_BUFS;
	request->flags = 0;
	if (request->type != buffer_type(device) || request->memory != V4L2_MEMORY_MMAP) {
		return EINVAL;
	}
	int error = request->count ? shim_refuses(device, SHIM_CALL_REQBUFS) : 0;
	return error ? error : shim_request_buffers(file, &request->count);
}

static void write_plane(
	const struct shim_device *device, unsigned index, unsigned i, struct v4l2_plane *plane)
{
	struct shim_layout layout = shim_layout_of(device);

	memset(plane, 0, sizeof(*plane));
	plane->bytesused = device->buffers[index].bytesused[i];
	plane->length = layout.size[i];
	plane->m.mem_offset = (uint32_t)shim_plane_offset(device, index, i);
	plane->data_offset = i == 0 ? device->data_offset : 0;
}

/* Fills in what the kernel tells of buffer index. */
static int write_buffer(
	const struct shim_device *device, unsigned index, struct v4l2_buffer *buffer)
{
	const struct shim_buffer *state = &device->buffers[index];
	unsigned planes = shim_layout_of(device).planes;

	if (device->is_mplane && (!buffer->m.planes || buffer->length < planes)) {
		return EINVAL;
	}
	buffer->index = index;
	buffer->flags = V4L2_BUF_FLAG_TIMESTAMP_MONOTONIC | V4L2_BUF_FLAG_TSTAMP_SRC_EOF |
			V4L2_BUF_FLAG_MAPPED | state->flags;
	buffer->flags |= state->is_queued ? V4L2_BUF_FLAG_QUEUED : 0;
	buffer->flags |= state->is_done ? V4L2_BUF_FLAG_DONE : 0;
	buffer->field = V4L2_FIELD_NONE;
	buffer->timestamp.tv_sec = (time_t)(state->time_ns / 1000000000ULL);
	buffer->timestamp.tv_usec = (suseconds_t)(state->time_ns % 1000000000ULL / 1000);
	buffer->sequence = state->sequence;
	if (!device->is_mplane) {
		struct v4l2_plane plane;
		write_plane(device, index, 0, &plane);
		buffer->bytesused = plane.bytesused;
		buffer->length = plane.length;
		buffer->m.offset = plane.m.mem_offset;
		return 0;
	}
	for (unsigned i = 0; i < planes; i++) {
		write_plane(device, index, i, &buffer->m.planes[i]);
	}
	buffer->bytesused = 0;
	buffer->length = planes;
	return 0;
}

static bool is_our_buffer(const struct shim_device *device, const struct v4l2_buffer *buffer)
{
	return buffer->type == buffer_type(device) && buffer->memory == V4L2_MEMORY_MMAP &&
	       device->n_buffers > 0;
}

static int handle_buffer(struct shim_file *file, unsigned long request, struct v4l2_buffer *buffer)
{
	struct shim_device *device = file->device;
	unsigned index = buffer->index;
	int error = 0;

	if (!is_our_buffer(device, buffer)) {
		return EINVAL;
	}
	if (request == VIDIOC_DQBUF) {
		error = shim_refuses(device, SHIM_CALL_DQBUF);
		error = error ? error : shim_dequeue_buffer(file, &index);
	} else if (request == VIDIOC_QBUF) {
		error = shim_refuses(device, SHIM_CALL_QBUF);
		error = error ? error : shim_queue_buffer(device, index);
	} else if (index >= device->n_buffers) {
		error = EINVAL;
	}
	return error ? error : write_buffer(device, index, buffer);
}

static int stream(struct shim_file *file, unsigned long request)
{
	struct shim_device *device = file->device;

	if (request == VIDIOC_STREAMON) {
		int error = shim_refuses(device, SHIM_CALL_STREAMON);
		return error ? error : shim_stream_on(file);
	}
	if (device->owner == file->fd) {
		shim_stream_off(device);
	}
	if (device->stop_ms > 0) {
		pthread_mutex_unlock(&shim.lock); /* the other cameras go on */
		(void)poll(NULL, 0, (int)device->stop_ms);
		pthread_mutex_lock(&shim.lock);
	}
	return 0;
}

static int dispatch(struct shim_file *file, unsigned long request, void *argument)
{
	struct shim_device *device = file->device;

	switch (request) {
	case VIDIOC_QUERYCAP:
		return query_capabilities(device, argument);
	case VIDIOC_ENUM_FMT:
		return enum_formats(device, argument);
	case VIDIOC_ENUM_FRAMESIZES:
		return enum_sizes(device, argument);
	case VIDIOC_ENUM_FRAMEINTERVALS:
		return enum_intervals(device, argument);
	case VIDIOC_G_FMT:
		return get_format(device, argument);
	case VIDIOC_S_FMT:
		return set_format(file, argument, false);
	case VIDIOC_TRY_FMT:
		return set_format(file, argument, true);
	case VIDIOC_G_PARM:
		return parameters(device, argument, false);
	case VIDIOC_S_PARM:
		return parameters(device, argument, true);
	case VIDIOC_ENUMINPUT:
		return input(argument);
	case VIDIOC_G_INPUT:
		*(int *)argument = 0;
		return 0;
	case VIDIOC_S_INPUT:
		return *(int *)argument == 0 ? 0 : EINVAL;
	case VIDIOC_REQBUFS:
		return request_buffers(file, argument);
	case VIDIOC_QUERYBUF:
	case VIDIOC_QBUF:
	case VIDIOC_DQBUF:
		return handle_buffer(file, request, argument);
	case VIDIOC_STREAMON:
	case VIDIOC_STREAMOFF:
		return stream(file, request);
	case VIDIOC_QUERYCTRL:
	case VIDIOC_QUERYMENU:
	case VIDIOC_QUERY_EXT_CTRL:
	case VIDIOC_G_CTRL:
	case VIDIOC_S_CTRL:
		return EINVAL; /* there is no such control */
	default:
		return ENOTTY;
	}
}

int shim_ioctl(int fd, unsigned long request, void *argument)
{
	pthread_mutex_lock(&shim.lock);
	shim_obey();
	struct shim_file *file = shim_find_file(fd);
	int error = ENODEV;
	/* The kernel looks at 32 bits only, and some programs sign-extend them. */
	if (file && file->peer >= 0) {
		error = dispatch(file, (uint32_t)request, argument);
	}
	pthread_mutex_unlock(&shim.lock);
	return error;
}
