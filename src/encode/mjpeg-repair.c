#include "encode/mjpeg-repair.h"

#include <errno.h>
#include <stdbool.h>
#include <string.h>

#include "jpeg/huffman.h"
#include "jpeg/scan.h"

/* A tail of this many zeros is looked through backwards; a longer one takes a search from the
 * front. */
#define TAIL_MAX 256

/* Entropy-coded data of a whole picture does not end in more bytes of zeros than this. */
#define ZEROS_MAX 16

static bool is_zero(const uint8_t *data, size_t size)
{
	return size == 0 || (data[0] == 0 && memcmp(data, data + 1, size - 1) == 0);
}

/* Takes away what is in front of the picture: the headroom grows by it. */
static int cut_front(struct frame *frame)
{
	size_t start;

	if (jpeg_find_start(frame->data, frame->size, MJPEG_GARBAGE_MAX, &start) < 0) {
		const uint8_t *data = frame->data;
		bool has_start = frame->size >= 2 && data[0] == 0xff && data[1] == JPEG_MARKER_SOI;
		if (has_start && frame->size < 4) {
			return FRAME_DROP_TRUNCATED;
		}
		bool is_empty = has_start && data[2] == 0xff && data[3] == JPEG_MARKER_EOI;
		return is_empty || is_zero(data, frame->size) ? FRAME_DROP_EMPTY
							      : FRAME_DROP_CORRUPT;
	}
	frame->data += start;
	frame->headroom += start;
	frame->size -= start;
	frame->capacity -= start;
	return 0;
}

static size_t without_zeros(const uint8_t *data, size_t from, size_t size)
{
	while (size > from && data[size - 1] == 0) {
		size--;
	}
	return size;
}

/* Whether the picture's last bytes, but for some zeros, are an EOI; then ret_end is behind it. */
static bool has_end_at_tail(const struct frame *frame, size_t scan_at, size_t *ret_end)
{
	size_t size = frame->size;
	size_t from = size - scan_at > TAIL_MAX ? size - TAIL_MAX : scan_at;

	size = without_zeros(frame->data, from, size);
	*ret_end = size;
	return size >= scan_at + 2 && frame->data[size - 2] == 0xff &&
	       frame->data[size - 1] == JPEG_MARKER_EOI;
}

/*
 * Where the data of a picture without an EOI ends. Zeros are codes, too: a picture that was cut and
 * filled up with them must not count as whole.
 */
static int find_missing_end(
	const struct frame *frame, const struct jpeg_header *header, size_t limit, size_t *ret_end)
{
	const uint8_t *data = frame->data;
	size_t scan_at = header->scan_at, end;
	size_t used = without_zeros(data, scan_at, limit);
	size_t readable = limit - used > ZEROS_MAX ? used + ZEROS_MAX : limit;

	if (used == scan_at) {
		return FRAME_DROP_TRUNCATED;
	}
	int r = jpeg_scan_measure(header, data, data + scan_at, readable - scan_at, &end);
	if (r == 0) {
		*ret_end = scan_at + end;
		return 0;
	}
	if (r != -ENOTSUP) {
		return r == -ENODATA ? FRAME_DROP_TRUNCATED : FRAME_DROP_CORRUPT;
	}
	if (data[used - 1] == 0xff) { /* half a marker, or a stuffed byte */
		used += used < limit ? 1 : -1;
	}
	*ret_end = used;
	return used == scan_at ? FRAME_DROP_TRUNCATED : 0;
}

/* Cuts what is behind the picture, or writes the EOI that it lacks. */
static int mend_end(struct frame *frame, const struct jpeg_header *header)
{
	struct jpeg_walker walker = {.at = header->scan_at, .has_scan = true};
	size_t end;

	if (has_end_at_tail(frame, header->scan_at, &end)) {
		frame->size = end;
		return end == header->scan_at + 2 ? FRAME_DROP_TRUNCATED : 0;
	}
	size_t limit = frame->size;
	if (jpeg_walker_advance(&walker, frame->data, frame->size)) {
		limit = walker.at;
	}
	if (walker.has_end) {
		frame->size = limit;
		return limit == header->scan_at + 2 ? FRAME_DROP_TRUNCATED : 0;
	}
	int r = find_missing_end(frame, header, limit, &end);
	if (r > 0) {
		return r;
	}
	if (frame->capacity - end < 2) {
		return FRAME_DROP_OVERSIZE;
	}
	frame->data[end] = 0xff;
	frame->data[end + 1] = JPEG_MARKER_EOI;
	frame->size = end + 2;
	return 0;
}

/*
 * The standard tables, in front of those that the picture has: these win. What is in front of the
 * tables moves into the headroom.
 */
static int insert_tables(struct frame *frame, const struct jpeg_header *header)
{
	const size_t bytes = JPEG_HUFFMAN_SEGMENT_BYTES;

	if (frame->headroom < FRAME_HEADROOM_SERVER + bytes) {
		return FRAME_DROP_OVERSIZE;
	}
	memmove(frame->data - bytes, frame->data, header->tables_at);
	frame->data -= bytes;
	memcpy(frame->data + header->tables_at, jpeg_huffman_segment, bytes);
	frame->headroom -= bytes;
	frame->capacity += bytes;
	frame->size += bytes;
	return 0;
}

int mjpeg_repair(struct frame *frame, size_t max_frame)
{
	struct jpeg_header header;

	if (frame->size == 0) {
		return FRAME_DROP_EMPTY;
	}
	int r = cut_front(frame);
	if (r > 0) {
		return r;
	}
	r = jpeg_header_read(frame->data, frame->size, &header);
	if (r < 0) {
		return r == -ENODATA ? FRAME_DROP_TRUNCATED : FRAME_DROP_CORRUPT;
	}
	r = mend_end(frame, &header);
	if (r == 0 && header.lacks_huffman) {
		r = insert_tables(frame, &header);
	}
	if (r > 0) {
		return r;
	}
	frame->width = header.width;
	frame->height = header.height;
	return frame->size > max_frame ? FRAME_DROP_OVERSIZE : 0;
}
