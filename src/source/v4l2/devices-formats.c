/* Asks a node for its formats, sizes and rates. How many it may tell is bounded. */
#include "source/v4l2/devices.h"

#include <errno.h>
#include <stdlib.h>

#include "source/v4l2/v4l2-format.h"
#include "source/v4l2/v4l2-negotiate.h"

static double rate_of(struct v4l2_fract interval)
{
	return interval.numerator ? (double)interval.denominator / interval.numerator : 0;
}

static void read_rates(const struct v4l2_node *node, uint32_t fourcc, struct device_size *size)
{
	for (uint32_t i = 0; i < DEVICE_RATES_MAX; i++) {
		struct v4l2_frmivalenum interval = {
			.index = i,
			.pixel_format = fourcc,
			.width = size->max_width ? size->max_width : size->width,
			.height = size->max_height ? size->max_height : size->height,
		};
		if (v4l2_ioctl(node->fd, VIDIOC_ENUM_FRAMEINTERVALS, &interval) < 0) {
			return;
		}
		if (interval.type != V4L2_FRMIVAL_TYPE_DISCRETE) {
			size->is_rate_range = true;
			size->rates[0] = rate_of(interval.stepwise.max); /* the longest interval */
			size->rates[1] = rate_of(interval.stepwise.min);
			size->n_rates = 2;
			return;
		}
		size->rates[size->n_rates++] = rate_of(interval.discrete);
	}
}

static bool read_size(
	const struct v4l2_node *node, uint32_t fourcc, uint32_t index, struct device_size *size)
{
	struct v4l2_frmsizeenum answer = {.index = index, .pixel_format = fourcc};

	if (v4l2_ioctl(node->fd, VIDIOC_ENUM_FRAMESIZES, &answer) < 0) {
		return false;
	}
	if (answer.type == V4L2_FRMSIZE_TYPE_DISCRETE) {
		size->width = answer.discrete.width;
		size->height = answer.discrete.height;
	} else {
		size->width = answer.stepwise.min_width;
		size->height = answer.stepwise.min_height;
		size->max_width = answer.stepwise.max_width;
		size->max_height = answer.stepwise.max_height;
		size->step_width = answer.stepwise.step_width;
		size->step_height = answer.stepwise.step_height;
	}
	read_rates(node, fourcc, size);
	return true;
}

static int read_sizes(const struct v4l2_node *node, uint32_t fourcc, struct device_format *format)
{
	format->sizes = calloc(DEVICE_SIZES_MAX, sizeof(*format->sizes));
	if (!format->sizes) {
		return -ENOMEM;
	}
	while (format->n_sizes < DEVICE_SIZES_MAX &&
		read_size(
			node, fourcc, (uint32_t)format->n_sizes, &format->sizes[format->n_sizes])) {
		/* A range is the only answer. */
		if (format->sizes[format->n_sizes++].max_width) {
			break;
		}
	}
	return 0;
}

int device_read_formats(const struct v4l2_node *node, struct device *device)
{
	uint32_t fourccs[V4L2_FORMATS_MAX];
	size_t n = v4l2_list_formats(node, fourccs);

	device->formats = calloc(DEVICE_FORMATS_MAX, sizeof(*device->formats));
	if (!device->formats) {
		return -ENOMEM;
	}
	for (size_t i = 0; i < n && i < DEVICE_FORMATS_MAX; i++) {
		struct device_format *format = &device->formats[device->n_formats++];
		v4l2_fourcc_name(fourccs[i], format->name);
		format->is_supported = v4l2_format_find(fourccs[i]) != NULL;
		int r = read_sizes(node, fourccs[i], format);
		if (r < 0) {
			return r;
		}
	}
	return 0;
}
