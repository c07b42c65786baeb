#include "jpeg/header.h"

#include <errno.h>
#include <string.h>

/* The payload of a segment, behind its length. */
struct segment {
	const uint8_t *data;
	size_t size;
	size_t at; /* offset of data in the picture */
};

struct reader {
	struct jpeg_header *header;
	unsigned quantizers; /* bit i: table i is there */
	bool has_frame;
};

static uint32_t read_u16(const uint8_t *data)
{
	return (uint32_t)data[0] << 8 | data[1];
}

bool jpeg_marker_is_bare(uint8_t marker)
{
	return marker == JPEG_MARKER_TEM ||
	       (marker >= JPEG_MARKER_RST0 && marker <= JPEG_MARKER_EOI);
}

int jpeg_find_start(const uint8_t *data, size_t size, size_t limit, size_t *ret_offset)
{
	const uint8_t *p = data, *end = data + (size < limit ? size : limit);

	while ((p = memchr(p, 0xff, (size_t)(end - p)))) {
		size_t left = size - (size_t)(p - data);
		if (left >= 4 && p[1] == JPEG_MARKER_SOI && p[2] == 0xff &&
			p[3] != JPEG_MARKER_EOI && p[3] != JPEG_MARKER_SOI && p[3] != 0) {
			*ret_offset = (size_t)(p - data);
			return 0;
		}
		p++;
	}
	return -ENOENT;
}

static int read_quantizers(struct reader *reader, struct segment segment)
{
	while (segment.size > 0) {
		unsigned precision = segment.data[0] >> 4, number = segment.data[0] & 15;
		size_t bytes = 1 + 64 * (precision + 1);
		if (precision > 1 || number >= JPEG_TABLES_MAX || bytes > segment.size) {
			return -EBADMSG;
		}
		reader->quantizers |= 1U << number;
		segment.data += bytes;
		segment.size -= bytes;
	}
	return 0;
}

static int read_huffman(struct reader *reader, struct segment segment)
{
	while (segment.size >= 17) {
		unsigned class = segment.data[0] >> 4, number = segment.data[0] & 15;
		size_t symbols = 0;
		for (int i = 1; i <= 16; i++) {
			symbols += segment.data[i];
		}
		if (class > 1 || number >= JPEG_TABLES_MAX || symbols > 256 ||
			17 + symbols > segment.size) {
			return -EBADMSG;
		}
		reader->header->huffman_at[class][number] = segment.at + 1;
		segment.data += 17 + symbols;
		segment.at += 17 + symbols;
		segment.size -= 17 + symbols;
	}
	return segment.size == 0 ? 0 : -EBADMSG;
}

static int read_component(const uint8_t *data, struct jpeg_component *component)
{
	*component = (struct jpeg_component){
		.id = data[0],
		.h = data[1] >> 4,
		.v = data[1] & 15,
		.quantizer = data[2],
	};
	if (component->h < 1 || component->h > 4 || component->v < 1 || component->v > 4 ||
		component->quantizer >= JPEG_TABLES_MAX) {
		return -EBADMSG;
	}
	return 0;
}

static int read_frame(struct reader *reader, uint8_t marker, struct segment segment)
{
	struct jpeg_header *header = reader->header;

	if (reader->has_frame || marker > JPEG_MARKER_SOF2 || segment.size < 6 ||
		segment.data[0] != 8) {
		return -EBADMSG;
	}
	header->is_progressive = marker == JPEG_MARKER_SOF2;
	header->height_at = segment.at + 1;
	header->height = read_u16(segment.data + 1);
	header->width = read_u16(segment.data + 3);
	header->n_components = segment.data[5];
	if (header->width == 0 || header->height == 0 || header->n_components == 0 ||
		header->n_components == 2 || header->n_components > JPEG_COMPONENTS_MAX ||
		segment.size != 6 + 3 * (size_t)header->n_components) {
		return -EBADMSG;
	}
	for (unsigned i = 0; i < header->n_components; i++) {
		int r = read_component(segment.data + 6 + 3 * i, &header->components[i]);
		if (r < 0) {
			return r;
		}
	}
	reader->has_frame = true;
	return 0;
}

static struct jpeg_component *find_component(struct jpeg_header *header, uint8_t id)
{
	for (unsigned i = 0; i < header->n_components; i++) {
		if (header->components[i].id == id && !header->components[i].is_in_first_scan) {
			return &header->components[i];
		}
	}
	return NULL;
}

/* Whether a Huffman table is there, or is one of the standard ones, which the picture lacks then.
 */
static bool has_table(struct jpeg_header *header, unsigned class, unsigned number)
{
	if (header->huffman_at[class][number]) {
		return true;
	}
	header->lacks_huffman = true;
	return number < JPEG_STANDARD_TABLES;
}

static int read_scan(struct reader *reader, struct segment segment)
{
	struct jpeg_header *header = reader->header;
	unsigned n = segment.size > 0 ? segment.data[0] : 0;

	if (!reader->has_frame || n == 0 || n > header->n_components ||
		segment.size != 4 + 2 * (size_t)n) {
		return -EBADMSG;
	}
	header->n_scan_components = n;
	for (unsigned i = 0; i < n; i++) {
		const uint8_t *data = segment.data + 1 + 2 * i;
		struct jpeg_component *component = find_component(header, data[0]);
		if (!component || data[1] >> 4 >= JPEG_TABLES_MAX ||
			(data[1] & 15) >= JPEG_TABLES_MAX ||
			!(reader->quantizers >> component->quantizer & 1)) {
			return -EBADMSG;
		}
		component->is_in_first_scan = true;
		component->dc = data[1] >> 4;
		component->ac = data[1] & 15;
		/* The first scan of a progressive picture has DC coefficients only. */
		if (!has_table(header, 0, component->dc) ||
			(!header->is_progressive && !has_table(header, 1, component->ac))) {
			return -EBADMSG;
		}
	}
	header->scan_at = segment.at + segment.size;
	return 0;
}

static bool is_frame_marker(uint8_t marker)
{
	return marker >= JPEG_MARKER_SOF0 && marker <= JPEG_MARKER_SOF15 &&
	       marker != JPEG_MARKER_DHT && marker != JPEG_MARKER_JPG && marker != JPEG_MARKER_DAC;
}

static int read_segment(struct reader *reader, uint8_t marker, struct segment segment)
{
	struct jpeg_header *header = reader->header;

	if (header->tables_at == 0 && (marker == JPEG_MARKER_DHT || is_frame_marker(marker))) {
		header->tables_at = segment.at - 4;
	}
	if (is_frame_marker(marker)) {
		return read_frame(reader, marker, segment);
	}
	switch (marker) {
	case JPEG_MARKER_DQT:
		return read_quantizers(reader, segment);
	case JPEG_MARKER_DHT:
		return read_huffman(reader, segment);
	case JPEG_MARKER_DRI:
		if (segment.size != 2) {
			return -EBADMSG;
		}
		header->restart_interval = read_u16(segment.data);
		return 0;
	case JPEG_MARKER_SOS:
		return read_scan(reader, segment);
	default:
		return 0;
	}
}

/*
 * The next segment from *at on; *at moves behind it. Bytes between segments are skipped, as
 * decoders do. An EOI is an end, too.
 */
static int next_segment(const uint8_t *data, size_t size, size_t *at, uint8_t *ret_marker,
	struct segment *ret_segment)
{
	for (;;) {
		const uint8_t *p = *at < size ? memchr(data + *at, 0xff, size - *at) : NULL;
		size_t left = p ? size - (size_t)(p - data) : 0;
		if (left < 2 || p[1] == JPEG_MARKER_EOI) {
			return -ENODATA;
		}
		*at = size - left;
		if (p[1] == 0xff) { /* a fill byte */
			*at += 1;
			continue;
		}
		if (p[1] == 0 || jpeg_marker_is_bare(p[1])) {
			*at += 2;
			continue;
		}
		if (left < 4) {
			return -ENODATA;
		}
		uint32_t length = read_u16(p + 2);
		if (length < 2 || left - 2 < length) {
			return length < 2 ? -EBADMSG : -ENODATA;
		}
		*ret_marker = p[1];
		*ret_segment = (struct segment){p + 4, length - 2, *at + 4};
		*at += 2 + length;
		return 0;
	}
}

int jpeg_header_read(const uint8_t *data, size_t size, struct jpeg_header *ret_header)
{
	struct jpeg_header header = {0};
	struct reader reader = {.header = &header};
	size_t at = 2;

	if (size < 2) {
		return -ENODATA;
	}
	if (data[0] != 0xff || data[1] != JPEG_MARKER_SOI) {
		return -EBADMSG;
	}
	while (header.scan_at == 0) {
		uint8_t marker;
		struct segment segment;
		int r = next_segment(data, size, &at, &marker, &segment);
		if (r == 0) {
			r = read_segment(&reader, marker, segment);
		}
		if (r < 0) {
			return r;
		}
	}
	*ret_header = header;
	return 0;
}
