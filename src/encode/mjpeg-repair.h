/*
 * Repair of a motion JPEG picture as cameras send them: garbage in front, no Huffman tables, a tail
 * of zeros or of an older picture, no end. Nothing of the picture is moved but its header.
 */
#ifndef ENCODE_MJPEG_REPAIR_H
#define ENCODE_MJPEG_REPAIR_H

#include "frame/frame.h"

/* How far the start of a picture is searched for. */
#define MJPEG_GARBAGE_MAX 4096

/*
 * Makes frame, which nobody else uses yet, a picture that every decoder draws: data, size, headroom
 * and capacity are what is left of it, width and height those that the picture states. 0; or the
 * enum frame_drop for which it is to be dropped, its memory possibly changed:
 *
 * - EMPTY: no bytes but zeros, or an empty picture;
 * - TRUNCATED: it ends before its last row does;
 * - OVERSIZE: more than max_frame bytes, or no room for what it lacks;
 * - CORRUPT: not a picture.
 *
 * A picture without an end is followed code by code, and is whole or truncated; a progressive one,
 * whose early end only costs detail, is given an end. Entropy-coded data is not looked at when the
 * last two bytes are an end, since it may lie in memory that is slow to read. FRAME_HEADROOM_SERVER
 * is kept.
 */
int mjpeg_repair(struct frame *frame, size_t max_frame);

#endif
