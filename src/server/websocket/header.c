#include "server/websocket/header.h"

#include <endian.h>
#include <string.h>

#include "util/clock.h"

#define VERSION    1
#define KIND_FRAME 1

static void put_u16(uint8_t *to, uint16_t value)
{
	value = htobe16(value);
	memcpy(to, &value, sizeof(value));
}

static void put_u32(uint8_t *to, uint32_t value)
{
	value = htobe32(value);
	memcpy(to, &value, sizeof(value));
}

static void put_u64(uint8_t *to, uint64_t value)
{
	value = htobe64(value);
	memcpy(to, &value, sizeof(value));
}

void header_write(uint8_t *header, const struct frame *frame, unsigned camera, bool has_skipped,
	uint32_t skipped, uint64_t sent_ns)
{
	header[0] = VERSION;
	header[1] = KIND_FRAME;
	header[2] = (uint8_t)camera;
	header[3] = has_skipped;
	put_u32(header + 4, (uint32_t)frame->sequence);
	put_u64(header + 8, frame->captured_ns / NSEC_PER_USEC);
	put_u64(header + 16, sent_ns / NSEC_PER_USEC);
	put_u16(header + 24, (uint16_t)frame->width);
	put_u16(header + 26, (uint16_t)frame->height);
	put_u32(header + 28, skipped);
}
