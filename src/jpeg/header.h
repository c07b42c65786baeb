/*
 * What stands in front of a JPEG picture's entropy-coded data, read with suspicion: pictures come
 * from devices, networks and files. Reads only the few bytes that matter, never beyond size.
 */
#ifndef JPEG_HEADER_H
#define JPEG_HEADER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Second bytes of markers, ITU-T T.81 table B.1. */
enum jpeg_marker {
	JPEG_MARKER_SOF0 = 0xc0, /* baseline */
	JPEG_MARKER_SOF2 = 0xc2, /* progressive */
	JPEG_MARKER_DHT = 0xc4,
	JPEG_MARKER_JPG = 0xc8,
	JPEG_MARKER_DAC = 0xcc,
	JPEG_MARKER_SOF15 = 0xcf,
	JPEG_MARKER_RST0 = 0xd0,
	JPEG_MARKER_RST7 = 0xd7,
	JPEG_MARKER_SOI = 0xd8,
	JPEG_MARKER_EOI = 0xd9,
	JPEG_MARKER_SOS = 0xda,
	JPEG_MARKER_DQT = 0xdb,
	JPEG_MARKER_DRI = 0xdd,
	JPEG_MARKER_APP0 = 0xe0,
	JPEG_MARKER_COM = 0xfe,
	JPEG_MARKER_TEM = 0x01,
};

#define JPEG_COMPONENTS_MAX  4
#define JPEG_TABLES_MAX      4
#define JPEG_STANDARD_TABLES 2 /* of each class: luminance, chrominance */

struct jpeg_component {
	uint8_t id;
	uint8_t h, v;      /* sampling factors, 1..4 */
	uint8_t quantizer; /* numbers of tables, 0..3 */
	uint8_t dc, ac;
	bool is_in_first_scan;
};

/* Offsets are from the SOI on. */
struct jpeg_header {
	uint32_t width, height;
	bool is_progressive;
	unsigned n_components;
	struct jpeg_component components[JPEG_COMPONENTS_MAX];
	unsigned n_scan_components; /* of the first scan */
	uint32_t restart_interval;  /* in MCUs, 0: none */

	/* Of tables [DC, AC][number]: where their 16 counts of codes stand; 0: not there. */
	size_t huffman_at[2][JPEG_TABLES_MAX];
	bool lacks_huffman; /* the first scan uses standard tables that are not there */

	size_t tables_at; /* where tables may be inserted: before the first DHT or SOF */
	size_t height_at; /* of two bytes of height, then two of width */
	size_t scan_at;   /* the first byte of entropy-coded data */
};

/*
 * Reads data, which starts with an SOI. 0; -ENODATA: it ends before its picture starts; -EBADMSG:
 * not a picture that browsers draw (8 bits, Huffman, baseline, extended or progressive, 1, 3 or 4
 * components).
 */
int jpeg_header_read(const uint8_t *data, size_t size, struct jpeg_header *ret_header);

/*
 * Where a picture starts: the offset of the first SOI that another marker follows, which empty
 * pictures (SOI, EOI) do not have. At most limit bytes are looked at. -ENOENT when there is none.
 */
int jpeg_find_start(const uint8_t *data, size_t size, size_t limit, size_t *ret_offset);

/* Whether a marker stands alone, without a length. */
bool jpeg_marker_is_bare(uint8_t marker);

#endif
