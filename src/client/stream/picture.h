/* Checks that a picture is a whole JPEG, from SOI to EOI, as its bytes come in. */
#ifndef CLIENT_STREAM_PICTURE_H
#define CLIENT_STREAM_PICTURE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct picture {
	uint8_t state;  /* of picture.c */
	uint16_t left;  /* bytes of the segment that are still to come */
	bool has_scan;  /* an SOS was seen */
	bool has_frame; /* an SOF was seen */
	uint8_t last;   /* the marker that a length belongs to */
};

/* For a new picture. */
void picture_begin(struct picture *picture);

/* The next bytes of it. */
void picture_feed(struct picture *picture, const uint8_t *data, size_t size);

/* Returns false if what was fed does not begin with SOI; true as long as nothing was fed. */
bool picture_begins_well(const struct picture *picture);

/*
 * Returns true if what was fed is one whole picture: SOI, whole segments with a frame header among
 * them, one scan or more, and EOI as the last two bytes. What is coded in the scans is not looked
 * at.
 */
bool picture_is_whole(const struct picture *picture);

#endif
