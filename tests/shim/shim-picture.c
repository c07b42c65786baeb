/* What the fake cameras show: recorded JPEGs or raw frames, or a moving gradient. */
#include "shim.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#define PICTURES_MAX 1024

static bool is_chroma_apart(uint32_t fourcc)
{
	return fourcc == V4L2_PIX_FMT_NV12M || fourcc == V4L2_PIX_FMT_NV16M;
}

static bool is_half_chroma(uint32_t fourcc)
{
	return fourcc == V4L2_PIX_FMT_NV12 || fourcc == V4L2_PIX_FMT_NV12M;
}

static bool is_packed(uint32_t fourcc)
{
	return fourcc == V4L2_PIX_FMT_YUYV || fourcc == V4L2_PIX_FMT_UYVY;
}

struct shim_layout shim_layout_of(const struct shim_device *device)
{
	uint32_t fourcc = device->format->fourcc;
	uint32_t width = device->size.width, height = device->size.height;
	struct shim_layout layout = {.planes = 1};

	if (fourcc == V4L2_PIX_FMT_MJPEG) {
		layout.size[0] = device->sizeimage ? device->sizeimage : width * height * 2;
		layout.size[0] += device->data_offset;
		return layout;
	}
	uint32_t stride = (is_packed(fourcc) ? width * 2 : width) + device->padding;
	uint32_t chroma =
		is_packed(fourcc) ? 0 : stride * (is_half_chroma(fourcc) ? height / 2 : height);
	layout.stride[0] = stride;
	layout.size[0] = stride * height + device->data_offset;
	if (is_chroma_apart(fourcc)) {
		layout.planes = 2;
		layout.stride[1] = stride;
		layout.size[1] = chroma;
	} else {
		layout.size[0] += chroma;
	}
	return layout;
}

static bool read_file(const char *path, struct shim_blob *ret_blob)
{
	FILE *file = fopen(path, "rbe");
	struct stat status;

	if (!file) {
		return false;
	}
	bool is_read = false;
	if (fstat(fileno(file), &status) == 0 && status.st_size > 0) {
		ret_blob->size = (size_t)status.st_size;
		ret_blob->data = malloc(ret_blob->size);
		is_read = ret_blob->data &&
			  fread(ret_blob->data, 1, ret_blob->size, file) == ret_blob->size;
	}
	fclose(file);
	return is_read;
}

static int is_jpeg(const struct dirent *entry)
{
	const char *dot = strrchr(entry->d_name, '.');

	return dot && (strcmp(dot, ".jpg") == 0 || strcmp(dot, ".jpeg") == 0);
}

static bool load_folder(struct shim_format *format, const char *path)
{
	struct dirent **entries;
	int n = scandir(path, &entries, is_jpeg, alphasort);

	if (n <= 0) {
		return false;
	}
	format->pictures = calloc((size_t)n, sizeof(*format->pictures));
	for (int i = 0; i < n; i++) {
		char file[SHIM_PATH_MAX * 2];
		snprintf(file, sizeof(file), "%s/%s", path, entries[i]->d_name);
		if (format->pictures && format->n_pictures < PICTURES_MAX &&
			read_file(file, &format->pictures[format->n_pictures])) {
			format->n_pictures++;
		}
		free(entries[i]);
	}
	free(entries);
	return format->n_pictures > 0;
}

bool shim_load_pictures(struct shim_format *format, const char *path)
{
	if (format->fourcc == V4L2_PIX_FMT_MJPEG) {
		return load_folder(format, path);
	}
	format->pictures = calloc(1, sizeof(*format->pictures));
	if (!format->pictures || !read_file(path, format->pictures)) {
		return false;
	}
	format->n_pictures = 1;
	return true;
}

/* A row that starts at phase, of a gradient without end. The phase is even for packed formats. */
static void draw_row(uint8_t *row, uint32_t fourcc, uint32_t width, uint32_t phase)
{
	if (fourcc == V4L2_PIX_FMT_YUYV || fourcc == V4L2_PIX_FMT_UYVY) {
		unsigned luma = fourcc == V4L2_PIX_FMT_UYVY;
		for (uint32_t x = 0; x < width; x++) {
			row[2 * x + luma] = (uint8_t)(x + phase);
			row[2 * x + 1 - luma] = 128;
		}
		return;
	}
	for (uint32_t x = 0; x < width; x++) {
		row[x] = (uint8_t)(x + phase);
	}
}

/*
 * One row is computed, the others are copies of two of it that are shifted. Without the heap: tests
 * count what the program allocates.
 */
static void draw_gradient(
	const struct shim_device *device, uint32_t n, uint8_t *plane, uint32_t stride)
{
	uint32_t fourcc = device->format->fourcc;
	uint32_t width = device->size.width, height = device->size.height;
	uint32_t pixel_bytes = is_packed(fourcc) ? 2 : 1;
	uint8_t wheel[(SHIM_SIDE_MAX + 256) * 2];

	draw_row(wheel, fourcc, width + 256, 0);
	for (uint32_t y = 0; y < height; y++) {
		uint32_t phase = (y + 4 * n) & 254;
		memcpy(plane + (size_t)y * stride, wheel + (size_t)phase * pixel_bytes,
			(size_t)width * pixel_bytes);
	}
}

static void draw_chroma(
	const struct shim_device *device, uint32_t n, uint8_t *plane, uint32_t stride)
{
	uint32_t rows = is_half_chroma(device->format->fourcc) ? device->size.height / 2
							       : device->size.height;

	for (uint32_t y = 0; y < rows; y++) {
		memset(plane + (size_t)y * stride, (int)((y + n) & 255), device->size.width);
	}
}

/* Frame n of a file of tightly packed frames, repeated; false when it does not hold a whole one. */
static bool draw_recorded(const struct shim_device *device, uint32_t n,
	uint8_t *planes[SHIM_PLANES_MAX], const struct shim_layout *layout)
{
	uint32_t fourcc = device->format->fourcc;
	size_t row = (size_t)device->size.width * (is_packed(fourcc) ? 2 : 1);
	size_t rows = device->size.height, chroma_rows = 0;

	if (!is_packed(fourcc)) {
		chroma_rows = is_half_chroma(fourcc) ? rows / 2 : rows;
	}
	size_t frame = row * (rows + chroma_rows);
	if (device->format->n_pictures == 0 || device->format->pictures[0].size < frame) {
		return false;
	}
	size_t count = device->format->pictures[0].size / frame;
	const uint8_t *from = device->format->pictures[0].data + n % count * frame;
	for (size_t y = 0; y < rows + chroma_rows; y++, from += row) {
		bool is_apart = layout->planes == 2 && y >= rows;
		uint8_t *to = is_apart ? planes[1] + (y - rows) * layout->stride[1]
				       : planes[0] + y * layout->stride[0];
		memcpy(to, from, row);
	}
	return true;
}

void shim_draw(const struct shim_device *device, uint32_t n, uint8_t *planes[SHIM_PLANES_MAX],
	uint32_t ret_bytes[SHIM_PLANES_MAX])
{
	struct shim_layout layout = shim_layout_of(device);
	const struct shim_format *format = device->format;
	uint8_t *at[SHIM_PLANES_MAX] = {planes[0] + device->data_offset, planes[1]};

	if (format->fourcc == V4L2_PIX_FMT_MJPEG) {
		const struct shim_blob *picture = &format->pictures[n % format->n_pictures];
		size_t room = layout.size[0] - device->data_offset;
		size_t size = picture->size < room ? picture->size : room;
		memcpy(at[0], picture->data, size);
		ret_bytes[0] = (uint32_t)size + device->data_offset;
		return;
	}
	for (unsigned i = 0; i < layout.planes; i++) {
		ret_bytes[i] = layout.size[i];
	}
	if (draw_recorded(device, n, at, &layout)) {
		return;
	}
	draw_gradient(device, n, at[0], layout.stride[0]);
	if (layout.planes == 2) {
		draw_chroma(device, n, at[1], layout.stride[1]);
	} else if (!is_packed(format->fourcc)) {
		draw_chroma(device, n, at[0] + (size_t)layout.stride[0] * device->size.height,
			layout.stride[0]);
	}
}

/* Takes the DHT segments out of a JPEG; returns its new size. */
static uint32_t remove_huffman_tables(uint8_t *jpeg, uint32_t size)
{
	uint32_t at = 2;

	while (at + 4 <= size && jpeg[at] == 0xff && jpeg[at + 1] != 0xda) {
		uint32_t length = 2 + ((uint32_t)jpeg[at + 2] << 8 | jpeg[at + 3]);
		if (at + length > size) {
			break;
		}
		if (jpeg[at + 1] != 0xc4) {
			at += length;
			continue;
		}
		memmove(jpeg + at, jpeg + at + length, size - at - length);
		size -= length;
	}
	return size;
}

uint32_t shim_damage(const struct shim_device *device, enum shim_fault fault,
	uint8_t *planes[SHIM_PLANES_MAX], uint32_t bytes[SHIM_PLANES_MAX])
{
	struct shim_layout layout = shim_layout_of(device);
	uint32_t offset = device->data_offset;
	uint8_t *data = planes[0] + offset;
	uint32_t size = bytes[0] - offset, room = layout.size[0] - offset;

	switch (fault) {
	case SHIM_FAULT_NONE:
	case SHIM_FAULT_COUNT:
		break;
	case SHIM_FAULT_ERROR:
		return V4L2_BUF_FLAG_ERROR;
	case SHIM_FAULT_EMPTY:
		bytes[0] = 0;
		break;
	case SHIM_FAULT_TRUNCATED:
		bytes[0] = offset + size / 2;
		break;
	case SHIM_FAULT_TAIL:
		if (size + 512 <= room) {
			memset(data + size, 0, 512);
			bytes[0] += 512;
		}
		break;
	case SHIM_FAULT_NOEOI:
		bytes[0] -= 2;
		break;
	case SHIM_FAULT_NODHT:
		bytes[0] = offset + remove_huffman_tables(data, size);
		break;
	case SHIM_FAULT_GARBAGE:
		if (size + 64 <= room) {
			memmove(data + 64, data, size);
			memset(data, 0x55, 64);
			bytes[0] += 64;
		}
		break;
	case SHIM_FAULT_OVERSIZE:
		bytes[0] = layout.size[0];
		break;
	case SHIM_FAULT_OVERRUN:
		bytes[0] = layout.size[0] + 65536;
		break;
	}
	return 0;
}
