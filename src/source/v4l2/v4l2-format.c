#include "source/v4l2/v4l2-format.h"

#include <errno.h>
#include <string.h>

#define DIMENSION_MAX 16384
#define STRIDE_MAX    (1U << 20)

/* In the order of preference: what costs least CPU first. */
static const struct v4l2_format_info formats[] = {
	{V4L2_PIX_FMT_MJPEG, PIXEL_FORMAT_MJPEG, 1},
	{V4L2_PIX_FMT_JPEG, PIXEL_FORMAT_MJPEG, 1},
	{V4L2_PIX_FMT_YUYV, PIXEL_FORMAT_YUYV, 1},
	{V4L2_PIX_FMT_UYVY, PIXEL_FORMAT_UYVY, 1},
	{V4L2_PIX_FMT_NV12, PIXEL_FORMAT_NV12, 1},
	{V4L2_PIX_FMT_NV12M, PIXEL_FORMAT_NV12, 2},
	{V4L2_PIX_FMT_NV16, PIXEL_FORMAT_NV16, 1},
	{V4L2_PIX_FMT_NV16M, PIXEL_FORMAT_NV16, 2},
};

#define N_FORMATS (sizeof(formats) / sizeof(formats[0]))

const struct v4l2_format_info *v4l2_format_find(uint32_t fourcc)
{
	for (size_t i = 0; i < N_FORMATS; i++) {
		if (formats[i].fourcc == fourcc) {
			return &formats[i];
		}
	}
	return NULL;
}

static bool is_wanted(enum pixel_format format, enum camera_format wanted)
{
	switch (wanted) {
	case CAMERA_FORMAT_AUTO:
		return true;
	case CAMERA_FORMAT_MJPEG:
		return format == PIXEL_FORMAT_MJPEG;
	case CAMERA_FORMAT_YUYV:
		return format == PIXEL_FORMAT_YUYV;
	case CAMERA_FORMAT_UYVY:
		return format == PIXEL_FORMAT_UYVY;
	case CAMERA_FORMAT_NV12:
		return format == PIXEL_FORMAT_NV12;
	case CAMERA_FORMAT_NV16:
		return format == PIXEL_FORMAT_NV16;
	}
	return false;
}

static bool is_offered(const uint32_t *offered, size_t n, uint32_t fourcc)
{
	for (size_t i = 0; i < n; i++) {
		if (offered[i] == fourcc) {
			return true;
		}
	}
	return false;
}

size_t v4l2_format_candidates(const uint32_t *offered, size_t n, enum camera_format wanted,
	const struct v4l2_format_info *ret_candidates[V4L2_FORMATS_MAX])
{
	size_t n_candidates = 0;

	for (size_t i = 0; i < N_FORMATS; i++) {
		if (is_wanted(formats[i].format, wanted) &&
			is_offered(offered, n, formats[i].fourcc)) {
			ret_candidates[n_candidates++] = &formats[i];
		}
	}
	return n_candidates;
}

void v4l2_fourcc_name(uint32_t fourcc, char ret_name[5])
{
	for (unsigned i = 0; i < 4; i++) {
		unsigned char c = (unsigned char)(fourcc >> (8 * i));
		ret_name[i] = c > 0x20 && c < 0x7f ? (char)c : '?';
	}
	ret_name[4] = '\0';
	if (ret_name[3] == '?' && (fourcc >> 24) == ' ') {
		ret_name[3] = '\0'; /* "Y16 " is written Y16 */
	}
}

/* The rows of one colour plane. */
struct rows {
	uint64_t bytes, count;
};

static struct rows luma_rows(enum pixel_format format, uint32_t width, uint32_t height)
{
	if (format == PIXEL_FORMAT_YUYV || format == PIXEL_FORMAT_UYVY) {
		return (struct rows){.bytes = ((uint64_t)width + 1) / 2 * 4, .count = height};
	}
	return (struct rows){.bytes = width, .count = height};
}

static struct rows chroma_rows(enum pixel_format format, uint32_t width, uint32_t height)
{
	struct rows rows = {.bytes = ((uint64_t)width + 1) / 2 * 2, .count = height};

	if (format == PIXEL_FORMAT_NV12) {
		rows.count = ((uint64_t)height + 1) / 2;
	}
	return rows;
}

/* Adds a plane whose last row may end where its pixels end. Bounded, so that nothing overflows. */
static int add_plane(struct v4l2_layout *layout, unsigned memory, uint64_t begin, uint32_t stride,
	struct rows rows)
{
	unsigned i = layout->n_planes;

	if (stride == 0) {
		stride = (uint32_t)rows.bytes;
	}
	if (stride < rows.bytes || stride > STRIDE_MAX) {
		return -EMEDIUMTYPE;
	}
	layout->planes[i].memory = memory;
	layout->planes[i].stride = stride;
	layout->planes[i].begin = begin;
	layout->planes[i].end = begin + (rows.count - 1) * stride + rows.bytes;
	layout->n_planes++;
	return 0;
}

static int add_planes(struct v4l2_layout *layout, const struct v4l2_picture *picture)
{
	int r = add_plane(layout, 0, 0, picture->strides[0],
		luma_rows(layout->format, layout->width, layout->height));

	if (r < 0 || layout->format == PIXEL_FORMAT_YUYV || layout->format == PIXEL_FORMAT_UYVY) {
		return r;
	}
	struct rows chroma = chroma_rows(layout->format, layout->width, layout->height);
	if (layout->memory_planes == 2) {
		return add_plane(layout, 1, 0, picture->strides[1], chroma);
	}
	uint32_t stride = layout->planes[0].stride;
	if (stride < chroma.bytes) {
		stride = (uint32_t)chroma.bytes; /* an odd width, tightly packed */
	}
	return add_plane(
		layout, 0, (uint64_t)layout->planes[0].stride * layout->height, stride, chroma);
}

int v4l2_layout_init(
	const struct v4l2_picture *picture, struct v4l2_layout *ret_layout, struct error *err)
{
	const struct v4l2_format_info *info = v4l2_format_find(picture->fourcc);
	char name[5];

	v4l2_fourcc_name(picture->fourcc, name);
	if (!info || info->memory_planes != picture->memory_planes) {
		return error_set(err, -EMEDIUMTYPE,
			"the driver gave the format %s in %u memory planes, which is not supported",
			name, picture->memory_planes);
	}
	if (picture->width == 0 || picture->width > DIMENSION_MAX || picture->height == 0 ||
		picture->height > DIMENSION_MAX) {
		return error_set(err, -EMEDIUMTYPE,
			"the driver gave a picture of %ux%u, supported are 1x1 to %ux%u",
			picture->width, picture->height, DIMENSION_MAX, DIMENSION_MAX);
	}
	struct v4l2_layout layout = {
		.format = info->format,
		.width = picture->width,
		.height = picture->height,
		.memory_planes = picture->memory_planes,
	};
	if (layout.format != PIXEL_FORMAT_MJPEG && add_planes(&layout, picture) < 0) {
		return error_set(err, -EMEDIUMTYPE,
			"the driver gave %s rows of %u and %u bytes for %u pixels", name,
			picture->strides[0], picture->strides[1], picture->width);
	}
	*ret_layout = layout;
	return 0;
}

bool v4l2_layout_fits(const struct v4l2_layout *layout, unsigned memory, uint64_t size)
{
	for (unsigned i = 0; i < layout->n_planes; i++) {
		if (layout->planes[i].memory == memory && layout->planes[i].end > size) {
			return false;
		}
	}
	return true;
}
