/*
 * A Huffman decoder that keeps no coefficients: it counts MCUs. About a tenth of what decoding
 * costs, and only pictures without an EOI come here.
 */
#include "jpeg/scan.h"

#include <errno.h>

#include "jpeg/huffman.h"

#define LOOKUP_BITS 9

/* Codes of up to LOOKUP_BITS bits are looked up, longer ones found by their length (T.81, F.2.2.3).
 */
struct table {
	struct {
		uint8_t length; /* 0: longer than LOOKUP_BITS, or no code */
		uint8_t symbol;
	} lookup[1 << LOOKUP_BITS];
	int32_t last_code[17];   /* of each length, -1: none */
	int32_t symbol_base[17]; /* index of a symbol less its code */
	const uint8_t *symbols;
};

struct bits {
	const uint8_t *data;
	size_t size, at;
	uint64_t buffer; /* the lowest n bits are next */
	unsigned n;
	bool is_over;      /* no more bytes before the next marker, or the end */
	unsigned invented; /* bits that were read beyond that */
};

/* counts is followed by its symbols; both are within the picture, which the header was read from.
 */
static int table_init(struct table *table, const uint8_t *counts)
{
	int32_t code = 0, index = 0;

	*table = (struct table){.symbols = counts + 16};
	for (unsigned length = 1; length <= 16; length++) {
		table->symbol_base[length] = index - code;
		table->last_code[length] = -1;
		for (unsigned i = 0; i < counts[length - 1]; i++, code++, index++) {
			if (code >= 1 << length) {
				return -EBADMSG;
			}
			table->last_code[length] = code;
			unsigned spare = length <= LOOKUP_BITS ? LOOKUP_BITS - length : 0;
			for (unsigned j = 0; length <= LOOKUP_BITS && j < 1U << spare; j++) {
				unsigned entry = ((unsigned)code << spare) + j;
				table->lookup[entry].length = (uint8_t)length;
				table->lookup[entry].symbol = table->symbols[index];
			}
		}
		code <<= 1;
	}
	return 0;
}

/* Makes at least 16 bits available; beyond the end they are zeros, and counted when they are used.
 */
static void bits_fill(struct bits *bits)
{
	while (bits->n <= 48) {
		uint8_t byte = 0;
		if (!bits->is_over && bits->at < bits->size) {
			byte = bits->data[bits->at];
			if (byte != 0xff) {
				bits->at++;
			} else if (bits->at + 1 < bits->size && bits->data[bits->at + 1] == 0) {
				bits->at += 2;
			} else {
				bits->is_over = true;
				byte = 0;
			}
		} else {
			bits->is_over = true;
		}
		bits->invented += bits->is_over ? 8 : 0;
		bits->buffer = bits->buffer << 8 | byte;
		bits->n += 8;
	}
}

static unsigned bits_peek(struct bits *bits, unsigned n)
{
	if (bits->n < 16) {
		bits_fill(bits);
	}
	return (unsigned)(bits->buffer >> (bits->n - n)) & ((1U << n) - 1);
}

static void bits_skip(struct bits *bits, unsigned n)
{
	bits_peek(bits, n);
	bits->n -= n;
}

/* Whether more bits were taken than there are. */
static bool bits_are_overdrawn(const struct bits *bits)
{
	return bits->n < bits->invented;
}

/* -EBADMSG when no code matches. */
static int read_symbol(struct bits *bits, const struct table *table)
{
	unsigned peeked = bits_peek(bits, 16);
	unsigned entry = peeked >> (16 - LOOKUP_BITS);
	unsigned length = table->lookup[entry].length;

	if (length > 0) {
		bits->n -= length;
		return table->lookup[entry].symbol;
	}
	for (length = LOOKUP_BITS + 1; length <= 16; length++) {
		int32_t code = (int32_t)(peeked >> (16 - length));
		if (code <= table->last_code[length]) {
			bits->n -= length;
			return table->symbols[table->symbol_base[length] + code];
		}
	}
	return -EBADMSG;
}

static int skip_block(struct bits *bits, const struct table *dc, const struct table *ac)
{
	int symbol = read_symbol(bits, dc);

	if (symbol < 0 || symbol > 15) {
		return -EBADMSG;
	}
	bits_skip(bits, (unsigned)symbol);
	for (unsigned k = 1; k < 64; k++) {
		symbol = read_symbol(bits, ac);
		if (symbol < 0) {
			return symbol;
		}
		unsigned run = (unsigned)symbol >> 4, size = (unsigned)symbol & 15;
		if (size == 0 && run != 15) {
			break; /* end of block */
		}
		k += run;
		if (k > 63) {
			return -EBADMSG;
		}
		bits_skip(bits, size);
	}
	return 0;
}

/* Gives whole unused bytes back, so that at stands behind the last byte that was used. */
static void bits_align(struct bits *bits)
{
	unsigned unused = bits->n > bits->invented ? (bits->n - bits->invented) / 8 : 0;

	for (; unused > 0; unused--) {
		bits->at -= bits->data[bits->at - 1] == 0 && bits->at > 1 &&
					    bits->data[bits->at - 2] == 0xff
				    ? 2
				    : 1;
	}
	*bits = (struct bits){.data = bits->data, .size = bits->size, .at = bits->at};
}

/* A restart marker, with its fill bytes. */
static int skip_restart(struct bits *bits)
{
	bits_align(bits);
	size_t at = bits->at;
	if (at >= bits->size || bits->data[at] != 0xff) {
		return at >= bits->size ? -ENODATA : -EBADMSG;
	}
	while (at < bits->size && bits->data[at] == 0xff) {
		at++;
	}
	if (at >= bits->size) {
		return -ENODATA;
	}
	if (bits->data[at] < JPEG_MARKER_RST0 || bits->data[at] > JPEG_MARKER_RST7) {
		return -EBADMSG;
	}
	bits->at = at + 1;
	return 0;
}

struct scan_layout {
	uint64_t mcus;
	unsigned n_blocks; /* of an MCU */
	struct {
		uint8_t dc, ac;
	} blocks[JPEG_COMPONENTS_MAX * 16];
};

static uint64_t divide_up(uint64_t value, uint64_t by)
{
	return (value + by - 1) / by;
}

/* A scan of one component has a single block in its MCU (T.81, A.2.2). */
static void scan_layout_init(struct scan_layout *layout, const struct jpeg_header *header)
{
	unsigned h_max = 1, v_max = 1;
	bool is_single = header->n_components == 1;

	*layout = (struct scan_layout){0};
	for (unsigned i = 0; i < header->n_components; i++) {
		const struct jpeg_component *component = &header->components[i];
		unsigned n = is_single ? 1 : (unsigned)component->h * component->v;
		for (unsigned j = 0; j < n; j++) {
			layout->blocks[layout->n_blocks].dc = component->dc;
			layout->blocks[layout->n_blocks++].ac = component->ac;
		}
		h_max = component->h > h_max && !is_single ? component->h : h_max;
		v_max = component->v > v_max && !is_single ? component->v : v_max;
	}
	layout->mcus = divide_up(header->width, 8 * h_max) * divide_up(header->height, 8 * v_max);
}

/* The header was read from picture, so the tables that the scan uses are there, or are standard
 * ones. */
static int tables_init(struct table tables[2][JPEG_TABLES_MAX], const struct jpeg_header *header,
	const uint8_t *picture)
{
	/* Offsets of the counts within the standard segment: DC, AC of luminance and chrominance.
	 */
	static const uint16_t standard[2][JPEG_STANDARD_TABLES] = {{5, 213}, {34, 242}};

	for (unsigned class = 0; class < 2; class ++) {
		for (unsigned i = 0; i < JPEG_TABLES_MAX; i++) {
			int r = 0;
			if (header->huffman_at[class][i]) {
				r = table_init(
					&tables[class][i], picture + header->huffman_at[class][i]);
			} else if (i < JPEG_STANDARD_TABLES) {
				r = table_init(&tables[class][i],
					jpeg_huffman_segment + standard[class][i]);
			}
			if (r < 0) {
				return r;
			}
		}
	}
	return 0;
}

static int skip_mcu(struct bits *bits, const struct scan_layout *layout,
	struct table tables[2][JPEG_TABLES_MAX])
{
	for (unsigned i = 0; i < layout->n_blocks; i++) {
		int r = skip_block(
			bits, &tables[0][layout->blocks[i].dc], &tables[1][layout->blocks[i].ac]);
		if (bits_are_overdrawn(bits)) {
			return -ENODATA;
		}
		if (r < 0) {
			return r;
		}
	}
	return 0;
}

int jpeg_scan_measure(const struct jpeg_header *header, const uint8_t *picture, const uint8_t *data,
	size_t size, size_t *ret_end)
{
	struct table tables[2][JPEG_TABLES_MAX];
	struct scan_layout layout;
	struct bits bits = {.data = data, .size = size};

	if (header->is_progressive || header->n_scan_components != header->n_components) {
		return -ENOTSUP;
	}
	scan_layout_init(&layout, header);
	int r = tables_init(tables, header, picture);
	if (r < 0) {
		return r;
	}
	for (uint64_t mcu = 0; mcu < layout.mcus; mcu++) {
		if (header->restart_interval && mcu && mcu % header->restart_interval == 0) {
			r = skip_restart(&bits);
			if (r < 0) {
				return r;
			}
		}
		r = skip_mcu(&bits, &layout, tables);
		if (r < 0) {
			return r;
		}
	}
	bits_align(&bits);
	*ret_end = bits.at;
	return 0;
}
