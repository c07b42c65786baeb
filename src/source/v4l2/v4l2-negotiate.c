#include "source/v4l2/v4l2-negotiate.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "source/v4l2/v4l2-holders.h"

size_t v4l2_list_formats(const struct v4l2_node *node, uint32_t ret_fourccs[V4L2_FORMATS_MAX])
{
	uint32_t n = 0;

	for (; n < V4L2_FORMATS_MAX; n++) {
		struct v4l2_fmtdesc description = {.index = n, .type = node->buffer_type};
		if (v4l2_ioctl(node->fd, VIDIOC_ENUM_FMT, &description) < 0) {
			break; /* -EINVAL ends the list */
		}
		ret_fourccs[n] = description.pixelformat;
	}
	return n;
}

static void picture_to_format(
	const struct v4l2_picture *picture, uint32_t type, struct v4l2_format *ret_format)
{
	memset(ret_format, 0, sizeof(*ret_format));
	ret_format->type = type;
	if (V4L2_TYPE_IS_MULTIPLANAR(type)) {
		struct v4l2_pix_format_mplane *pixels = &ret_format->fmt.pix_mp;
		pixels->width = picture->width;
		pixels->height = picture->height;
		pixels->pixelformat = picture->fourcc;
		pixels->field = V4L2_FIELD_ANY;
		pixels->num_planes = (uint8_t)picture->memory_planes;
		return;
	}
	ret_format->fmt.pix.width = picture->width;
	ret_format->fmt.pix.height = picture->height;
	ret_format->fmt.pix.pixelformat = picture->fourcc;
	ret_format->fmt.pix.field = V4L2_FIELD_ANY;
}

static void picture_from_format(const struct v4l2_format *format, struct v4l2_picture *ret_picture)
{
	memset(ret_picture, 0, sizeof(*ret_picture));
	if (V4L2_TYPE_IS_MULTIPLANAR(format->type)) {
		const struct v4l2_pix_format_mplane *pixels = &format->fmt.pix_mp;
		ret_picture->fourcc = pixels->pixelformat;
		ret_picture->width = pixels->width;
		ret_picture->height = pixels->height;
		ret_picture->memory_planes = pixels->num_planes;
		for (unsigned i = 0; i < V4L2_MEMORY_PLANES_MAX && i < pixels->num_planes; i++) {
			ret_picture->strides[i] = pixels->plane_fmt[i].bytesperline;
		}
		return;
	}
	const struct v4l2_pix_format *pixels = &format->fmt.pix;
	ret_picture->fourcc = pixels->pixelformat;
	ret_picture->width = pixels->width;
	ret_picture->height = pixels->height;
	ret_picture->memory_planes = 1;
	ret_picture->strides[0] = pixels->bytesperline;
}

/* request: VIDIOC_S_FMT or VIDIOC_TRY_FMT. picture: the wish, and then what the driver made of it.
 */
static int ask_for_picture(
	const struct v4l2_node *node, unsigned long request, struct v4l2_picture *picture)
{
	struct v4l2_format format;

	picture_to_format(picture, node->buffer_type, &format);
	int r = v4l2_ioctl(node->fd, request, &format);
	if (r == 0) {
		picture_from_format(&format, picture);
	}
	return r;
}

static struct v4l2_picture wish(const struct v4l2_format_info *info, const struct camera_spec *spec)
{
	return (struct v4l2_picture){
		.fourcc = info->fourcc,
		.width = spec->width,
		.height = spec->height,
		.memory_planes = info->memory_planes,
	};
}

/* The first that has exactly the size, else the first. */
static const struct v4l2_format_info *choose(const struct v4l2_node *node,
	const struct camera_spec *spec, const struct v4l2_format_info *const *candidates, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		struct v4l2_picture picture = wish(candidates[i], spec);
		if (ask_for_picture(node, VIDIOC_TRY_FMT, &picture) == 0 &&
			picture.fourcc == candidates[i]->fourcc && picture.width == spec->width &&
			picture.height == spec->height) {
			return candidates[i];
		}
	}
	return candidates[0];
}

/* The names of the offered formats that a source takes, or else of all, as far as they fit. */
static void name_formats(const uint32_t *offered, size_t n, char *buffer, size_t size)
{
	for (int is_any = 0; is_any < 2; is_any++) {
		size_t used = 0;
		for (size_t i = 0; i < n && used + 8 < size; i++) {
			char name[5];
			if (!is_any && !v4l2_format_find(offered[i])) {
				continue;
			}
			v4l2_fourcc_name(offered[i], name);
			used += (size_t)snprintf(
				buffer + used, size - used, "%s%s", used ? ", " : "", name);
		}
		if (used > 0) {
			return;
		}
	}
	snprintf(buffer, size, "none");
}

static int error_not_offered(const struct v4l2_node *node, const uint32_t *offered, size_t n,
	enum camera_format wanted, struct error *err)
{
	char names[128];

	name_formats(offered, n, names, sizeof(names));
	if (wanted != CAMERA_FORMAT_AUTO) {
		return error_set(err, -ENOTSUP,
			"%s (%s): the format that was asked for is not offered, only: %s; try "
			"format=auto",
			node->path, node->card, names);
	}
	return error_set(err, -ENOTSUP,
		"%s (%s): offers no format that is supported (MJPG, YUYV, UYVY, NV12, NV16), only: "
		"%s",
		node->path, node->card, names);
}

/* Frames a second; 0 when the driver does not tell. */
static double negotiate_rate(const struct v4l2_node *node, uint32_t fps)
{
	struct v4l2_streamparm parameters = {.type = node->buffer_type};
	struct v4l2_captureparm *capture = &parameters.parm.capture;

	if (v4l2_ioctl(node->fd, VIDIOC_G_PARM, &parameters) < 0) {
		return 0;
	}
	if (capture->capability & V4L2_CAP_TIMEPERFRAME) {
		struct v4l2_streamparm told = parameters;
		capture->timeperframe = (struct v4l2_fract){.numerator = 1, .denominator = fps};
		if (v4l2_ioctl(node->fd, VIDIOC_S_PARM, &parameters) < 0) {
			parameters = told; /* it stays as it was */
		}
	}
	if (capture->timeperframe.numerator == 0) {
		return 0;
	}
	return (double)capture->timeperframe.denominator / capture->timeperframe.numerator;
}

static int set_picture(const struct v4l2_node *node, const struct v4l2_format_info *info,
	const struct camera_spec *spec, struct v4l2_picture *ret_picture, struct error *err)
{
	struct v4l2_picture picture = wish(info, spec);
	int r = ask_for_picture(node, VIDIOC_S_FMT, &picture);

	if (r == -EBUSY) {
		return v4l2_error_busy(node->path, err);
	}
	if (r < 0) {
		char name[5];
		v4l2_fourcc_name(info->fourcc, name);
		return error_set(err, v4l2_error_of_driver(r), "%s (%s): setting %s %ux%u: %s",
			node->path, node->card, name, spec->width, spec->height, error_name(r));
	}
	*ret_picture = picture;
	return 0;
}

int v4l2_negotiate(const struct v4l2_node *node, const struct camera_spec *spec,
	struct v4l2_layout *ret_layout, double *ret_fps, struct error *err)
{
	const struct v4l2_format_info *candidates[V4L2_FORMATS_MAX];
	uint32_t offered[V4L2_FORMATS_MAX];
	struct v4l2_picture picture;
	struct error why;
	size_t n_offered = v4l2_list_formats(node, offered);
	size_t n = v4l2_format_candidates(offered, n_offered, spec->format, candidates);

	if (n == 0) {
		return error_not_offered(node, offered, n_offered, spec->format, err);
	}
	int r = set_picture(node, choose(node, spec, candidates, n), spec, &picture, err);
	if (r < 0) {
		return r;
	}
	r = v4l2_layout_init(&picture, ret_layout, &why);
	if (r < 0) {
		return error_set(err, r, "%s (%s): %s", node->path, node->card, why.text);
	}
	*ret_fps = negotiate_rate(node, spec->fps);
	return 0;
}
