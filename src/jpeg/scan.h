/* Where a JPEG picture ends. Bounded by the given memory; no allocation. */
#ifndef JPEG_SCAN_H
#define JPEG_SCAN_H

#include "jpeg/header.h"

/*
 * Walks over a picture that may come in pieces. Jumps over segments, so that pictures within them
 * (thumbnails) do not confuse it, and stops at nothing but an EOI or the SOI of a next picture.
 */
struct jpeg_walker {
	size_t at;     /* up to where it has looked; may lie beyond what has come so far */
	bool has_scan; /* an SOS was seen */
	bool has_end;  /* the picture ended with an EOI */
};

/*
 * Goes on with the first size bytes of the same picture, whose SOI the walker stands behind: start
 * with at = 2. True: the picture ends at walker->at. False: there is no end yet, more is needed.
 */
bool jpeg_walker_advance(struct jpeg_walker *walker, const uint8_t *data, size_t size);

/*
 * Follows the codes of a picture without an EOI, to learn whether it is whole. header was read from
 * picture; data of size bytes is what stands behind its scan_at. 0: all MCUs are there, and end at
 * *ret_end (an offset in data). -ENODATA: they are not. -EBADMSG: a code does not exist. -ENOTSUP:
 * the picture has several scans, and cannot be judged so.
 */
int jpeg_scan_measure(const struct jpeg_header *header, const uint8_t *picture, const uint8_t *data,
	size_t size, size_t *ret_end);

#endif
