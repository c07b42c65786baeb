/* The header of twinlens.v1, which stands before each picture; docs/protocol.md has its fields. */
#ifndef SERVER_WEBSOCKET_HEADER_H
#define SERVER_WEBSOCKET_HEADER_H

#include <stdbool.h>

#include "frame/frame.h"

#define HEADER_BYTES 32

/* Writes HEADER_BYTES to header. has_skipped: since the last frame that the viewer was sent;
 * skipped: by this viewer, of this camera, in all. */
void header_write(uint8_t *header, const struct frame *frame, unsigned camera, bool has_skipped,
	uint32_t skipped, uint64_t sent_ns);

#endif
