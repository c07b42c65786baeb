#include "jpeg/scan.h"

#include <string.h>

/* Where the marker at walker->at leads: false when more bytes are needed to tell. */
static bool skip_marker(struct jpeg_walker *walker, const uint8_t *data, size_t size)
{
	const uint8_t *p = data + walker->at;
	size_t left = size - walker->at;

	if (p[1] == 0xff) { /* a fill byte */
		walker->at++;
		return true;
	}
	if (p[1] == 0 || jpeg_marker_is_bare(p[1])) {
		walker->at += 2;
		return true;
	}
	if (left < 4) {
		return false;
	}
	size_t length = (size_t)p[2] << 8 | p[3];
	walker->has_scan |= p[1] == JPEG_MARKER_SOS;
	walker->at += length < 2 ? 2 : 2 + length; /* a bad length is damage: look on behind it */
	return true;
}

bool jpeg_walker_advance(struct jpeg_walker *walker, const uint8_t *data, size_t size)
{
	while (walker->at < size) {
		const uint8_t *p = memchr(data + walker->at, 0xff, size - walker->at);
		walker->at = p ? (size_t)(p - data) : size;
		if (size - walker->at < 2) {
			return false;
		}
		if (p[1] == JPEG_MARKER_EOI) {
			walker->at += 2;
			walker->has_end = true;
			return true;
		}
		if (p[1] == JPEG_MARKER_SOI) {
			return true;
		}
		if (!skip_marker(walker, data, size)) {
			return false;
		}
	}
	return false;
}
