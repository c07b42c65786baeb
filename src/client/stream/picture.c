#include "client/stream/picture.h"

#include <string.h>

enum {
	STATE_SOI_FF, /* the first byte */
	STATE_SOI,
	STATE_MARKER_FF, /* between two segments */
	STATE_MARKER,
	STATE_LENGTH_HIGH,
	STATE_LENGTH_LOW,
	STATE_SEGMENT,
	STATE_SCAN,    /* coded data */
	STATE_SCAN_FF, /* 0xff in coded data */
	STATE_END,     /* behind EOI */
	STATE_BAD_START,
	STATE_BAD,
};

#define MARKER_SOI 0xd8
#define MARKER_EOI 0xd9
#define MARKER_SOS 0xda

void picture_begin(struct picture *picture)
{
	*picture = (struct picture){.state = STATE_SOI_FF};
}

/* RST0 to RST7 and TEM have no segment. */
static bool stands_alone(uint8_t marker)
{
	return (marker >= 0xd0 && marker <= 0xd7) || marker == 0x01;
}

/* SOF0 to SOF15 but DHT, JPG and DAC. */
static bool is_frame_header(uint8_t marker)
{
	return marker >= 0xc0 && marker <= 0xcf && marker != 0xc4 && marker != 0xc8 &&
	       marker != 0xcc;
}

static uint8_t take_marker(struct picture *picture, uint8_t marker)
{
	if (marker == 0xff) {
		return STATE_MARKER; /* a fill byte */
	}
	if (marker == MARKER_EOI) {
		return picture->has_scan ? STATE_END : STATE_BAD;
	}
	if (marker == 0 || marker == MARKER_SOI) {
		return STATE_BAD;
	}
	if (stands_alone(marker)) {
		return STATE_MARKER_FF;
	}
	picture->last = marker;
	picture->has_frame = picture->has_frame || is_frame_header(marker);
	return STATE_LENGTH_HIGH;
}

static uint8_t end_segment(struct picture *picture)
{
	if (picture->last != MARKER_SOS) {
		return STATE_MARKER_FF;
	}
	picture->has_scan = true;
	return picture->has_frame ? STATE_SCAN : STATE_BAD;
}

static uint8_t take_length(struct picture *picture, uint8_t low)
{
	picture->left = (uint16_t)(picture->left | low);
	if (picture->left < 2) {
		return STATE_BAD;
	}
	picture->left = (uint16_t)(picture->left - 2); /* the length counts itself */
	return picture->left > 0 ? STATE_SEGMENT : end_segment(picture);
}

/* In coded data 0xff 0x00 is a byte, and a restart marker does not end it. */
static uint8_t take_in_scan(struct picture *picture, uint8_t byte)
{
	if (byte == 0 || (byte >= 0xd0 && byte <= 0xd7)) {
		return STATE_SCAN;
	}
	return byte == 0xff ? STATE_SCAN_FF : take_marker(picture, byte);
}

static uint8_t take_byte(struct picture *picture, uint8_t byte)
{
	switch (picture->state) {
	case STATE_SOI_FF:
		return byte == 0xff ? STATE_SOI : STATE_BAD_START;
	case STATE_SOI:
		return byte == MARKER_SOI ? STATE_MARKER_FF : STATE_BAD_START;
	case STATE_MARKER_FF:
		return byte == 0xff ? STATE_MARKER : STATE_BAD;
	case STATE_MARKER:
		return take_marker(picture, byte);
	case STATE_LENGTH_HIGH:
		picture->left = (uint16_t)(byte << 8);
		return STATE_LENGTH_LOW;
	case STATE_LENGTH_LOW:
		return take_length(picture, byte);
	case STATE_SCAN_FF:
		return take_in_scan(picture, byte);
	case STATE_BAD_START:
		return STATE_BAD_START;
	default:
		return STATE_BAD; /* STATE_END: bytes behind the picture */
	}
}

/* Bytes that change nothing are stepped over: most of a picture is coded data. */
static size_t step_over(struct picture *picture, const uint8_t *data, size_t size)
{
	if (picture->state == STATE_SEGMENT) {
		size_t n = size < picture->left ? size : picture->left;
		picture->left = (uint16_t)(picture->left - n);
		if (picture->left == 0) {
			picture->state = end_segment(picture);
		}
		return n;
	}
	if (picture->state == STATE_SCAN) {
		const uint8_t *found = memchr(data, 0xff, size);
		if (found) {
			picture->state = STATE_SCAN_FF;
			return (size_t)(found - data) + 1;
		}
		return size;
	}
	return 0;
}

void picture_feed(struct picture *picture, const uint8_t *data, size_t size)
{
	while (size > 0) {
		size_t n = step_over(picture, data, size);
		if (n == 0) {
			picture->state = take_byte(picture, data[0]);
			n = 1;
		}
		data += n;
		size -= n;
	}
}

bool picture_begins_well(const struct picture *picture)
{
	return picture->state != STATE_BAD_START;
}

bool picture_is_whole(const struct picture *picture)
{
	return picture->state == STATE_END;
}
