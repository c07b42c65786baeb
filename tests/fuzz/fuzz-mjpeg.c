/*
 * The repair of motion JPEG, and the walk over a stream of it. The first three bytes say how much
 * room is behind the frame, how much is in front of it, and in which pieces the walk gets it; the
 * others are the frame. Its memory is allocated to the byte, so that the address sanitizer sees
 * every step beyond.
 */
#include "encode/mjpeg-repair.h"

#include <stdlib.h>
#include <string.h>

#include "fuzz.h"
#include "jpeg/scan.h"

#define PARAMETERS 3
#define MAX_FRAME  ((size_t)1 << 20)

static void check_repaired(struct frame *frame)
{
	struct jpeg_header header;
	struct frame again = *frame;

	must(jpeg_header_read(frame->data, frame->size, &header) == 0);
	must(!header.lacks_huffman);
	must(frame->width == header.width && frame->height == header.height);
	must(frame->width > 0 && frame->height > 0);
	must(memcmp(frame->data + frame->size - 2, "\xff\xd9", 2) == 0);
	/* What was repaired needs no repair. */
	must(mjpeg_repair(&again, MAX_FRAME) == 0);
	must(again.data == frame->data && again.size == frame->size);
}

static void repair(const uint8_t *data, size_t size, size_t spare, size_t headroom)
{
	uint8_t *memory = malloc(headroom + size + spare);
	struct frame frame = {
		.data = memory + headroom,
		.size = size,
		.headroom = headroom,
		.capacity = size + spare,
	};

	must(memory != NULL);
	memset(memory, 0, headroom + size + spare);
	memcpy(frame.data, data, size);
	int r = mjpeg_repair(&frame, MAX_FRAME);
	must(r >= 0 && r < FRAME_DROP_COUNT);
	must(frame.headroom >= FRAME_HEADROOM_SERVER && frame.size <= frame.capacity);
	must(frame.data - frame.headroom == memory);
	must(frame.data + frame.capacity == memory + headroom + size + spare);
	if (r == 0) {
		check_repaired(&frame);
	}
	free(memory);
}

/* In pieces or in one, a picture ends at the same place. */
static void walk(const uint8_t *data, size_t size, size_t piece)
{
	struct jpeg_walker whole = {.at = 2}, pieces = {.at = 2};
	bool is_over = jpeg_walker_advance(&whole, data, size), is_over_in_pieces = false;

	for (size_t have = 0; have < size && !is_over_in_pieces;) {
		have = size - have > piece ? have + piece : size;
		is_over_in_pieces = jpeg_walker_advance(&pieces, data, have);
	}
	must(is_over == is_over_in_pieces);
	must(!is_over || whole.at == pieces.at);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (size < PARAMETERS) {
		return 0;
	}
	const uint8_t *frame = data + PARAMETERS;
	size_t frame_size = size - PARAMETERS;
	repair(frame, frame_size, data[0] % 5, FRAME_HEADROOM_SERVER + data[1] * (size_t)4);
	walk(frame, frame_size, 1 + data[2] * (size_t)4);
	return 0;
}
