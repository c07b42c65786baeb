/* The Huffman tables of ITU-T T.81, K.3.3, that motion JPEG takes for granted. */
#ifndef JPEG_HUFFMAN_H
#define JPEG_HUFFMAN_H

#include <stddef.h>
#include <stdint.h>

#define JPEG_HUFFMAN_SEGMENT_BYTES 420

/* A whole DHT segment, marker and length included, with the four standard tables. */
extern const uint8_t jpeg_huffman_segment[JPEG_HUFFMAN_SEGMENT_BYTES];

#endif
