#include "jpeg/fixture.h"

#include <setjmp.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <jpeglib.h>

#include "jpeg/header.h"
#include "util/cleanup.h"

struct failure {
	struct jpeg_error_mgr errors;
	jmp_buf jump;
};

static void on_error(j_common_ptr cinfo)
{
	longjmp(((struct failure *)cinfo->err)->jump, 1);
}

static void count_warning(j_common_ptr cinfo, int level)
{
	cinfo->err->num_warnings += level < 0 ? 1 : 0;
}

/* Edges, a gradient and some noise, all of which depend on the variant. */
static uint8_t sample(unsigned x, unsigned y, int component, unsigned variant)
{
	unsigned noise = (x * 2654435761U) ^ (y * 40503U) ^ (variant * 97U);
	unsigned value = x * 2 + y * (unsigned)(component + 1) + variant * 16;

	if ((x / 24 + y / 16 + variant) % 3 == 0) {
		value += 90;
	}
	return (uint8_t)((value & 255) * 7 / 8 + (noise >> 13 & 15));
}

static void write_rows(j_compress_ptr cinfo, unsigned variant)
{
	size_t n = (size_t)cinfo->input_components;
	uint8_t *row = malloc(cinfo->image_width * n);

	for (unsigned y = 0; row && y < cinfo->image_height; y++) {
		for (unsigned x = 0; x < cinfo->image_width; x++) {
			for (size_t c = 0; c < n; c++) {
				row[x * n + c] = sample(x, y, (int)c, variant);
			}
		}
		jpeg_write_scanlines(cinfo, &row, 1);
	}
	free(row);
}

static void write_thumbnail(j_compress_ptr cinfo, const struct jpeg_fixture *fixture)
{
	const struct jpeg_fixture small = {
		.width = 32, .height = 16, .quality = 50, .h = 2, .v = 1, .variant = 9};
	size_t size;
	_cleanup_free_ uint8_t *thumbnail = jpeg_fixture_make(&small, &size);

	if (size > fixture->thumbnail_bytes) {
		abort();
	}
	jpeg_write_marker(cinfo, JPEG_APP0 + 1, thumbnail, (unsigned)size);
}

uint8_t *jpeg_fixture_make(const struct jpeg_fixture *fixture, size_t *ret_size)
{
	struct jpeg_compress_struct cinfo;
	struct jpeg_error_mgr errors;
	unsigned char *data = NULL;
	unsigned long size = 0;

	cinfo.err = jpeg_std_error(&errors);
	jpeg_create_compress(&cinfo);
	jpeg_mem_dest(&cinfo, &data, &size);
	cinfo.image_width = fixture->width;
	cinfo.image_height = fixture->height;
	cinfo.input_components = fixture->h ? 3 : 1;
	cinfo.in_color_space = fixture->h ? JCS_YCbCr : JCS_GRAYSCALE;
	jpeg_set_defaults(&cinfo);
	jpeg_set_quality(&cinfo, fixture->quality, TRUE);
	if (fixture->h) {
		cinfo.comp_info[0].h_samp_factor = fixture->h;
		cinfo.comp_info[0].v_samp_factor = fixture->v;
	}
	cinfo.optimize_coding = fixture->has_optimized_tables;
	cinfo.restart_in_rows = (int)fixture->restart_rows;
	if (fixture->is_progressive) {
		jpeg_simple_progression(&cinfo);
	}
	jpeg_start_compress(&cinfo, TRUE);
	if (fixture->thumbnail_bytes) {
		write_thumbnail(&cinfo, fixture);
	}
	write_rows(&cinfo, fixture->variant);
	jpeg_finish_compress(&cinfo);
	jpeg_destroy_compress(&cinfo);
	*ret_size = size;
	return data;
}

static void read_rows(j_decompress_ptr cinfo, struct jpeg_decoded *decoded)
{
	jpeg_read_header(cinfo, TRUE);
	decoded->n_components = cinfo->num_components;
	decoded->h = cinfo->comp_info[0].h_samp_factor;
	decoded->v = cinfo->comp_info[0].v_samp_factor;
	cinfo->out_color_space = cinfo->num_components == 3 ? JCS_YCbCr : cinfo->jpeg_color_space;
	cinfo->do_fancy_upsampling = FALSE;
	jpeg_start_decompress(cinfo);
	decoded->width = cinfo->output_width;
	decoded->height = cinfo->output_height;
	size_t stride = (size_t)cinfo->output_width * (size_t)cinfo->output_components;
	decoded->samples = malloc(stride * cinfo->output_height);
	while (cinfo->output_scanline < cinfo->output_height) {
		JSAMPROW row = decoded->samples + cinfo->output_scanline * stride;
		jpeg_read_scanlines(cinfo, &row, 1);
	}
	jpeg_finish_decompress(cinfo);
}

bool jpeg_fixture_decode(const uint8_t *data, size_t size, struct jpeg_decoded *ret_decoded)
{
	struct jpeg_decompress_struct cinfo;
	struct failure failure;

	*ret_decoded = (struct jpeg_decoded){0};
	cinfo.err = jpeg_std_error(&failure.errors);
	failure.errors.error_exit = on_error;
	failure.errors.emit_message = count_warning;
	jpeg_create_decompress(&cinfo);
	if (setjmp(failure.jump)) {
		jpeg_destroy_decompress(&cinfo);
		free(ret_decoded->samples);
		ret_decoded->samples = NULL;
		return false;
	}
	jpeg_mem_src(&cinfo, data, size);
	read_rows(&cinfo, ret_decoded);
	ret_decoded->warnings = failure.errors.num_warnings;
	jpeg_destroy_decompress(&cinfo);
	return true;
}

size_t jpeg_fixture_remove(uint8_t *data, size_t size, uint8_t marker)
{
	size_t at = 2;

	while (at + 4 <= size && data[at] == 0xff) {
		size_t length = 2 + ((size_t)data[at + 2] << 8 | data[at + 3]);
		if (data[at + 1] == marker) {
			memmove(data + at, data + at + length, size - at - length);
			size -= length;
			continue;
		}
		if (data[at + 1] == JPEG_MARKER_SOS) {
			break;
		}
		at += length;
	}
	return size;
}

uint8_t *jpeg_fixture_guarded(size_t bytes, void **ret_mapping, size_t *ret_mapping_bytes)
{
	size_t page = (size_t)sysconf(_SC_PAGESIZE);
	size_t inner = (bytes + page - 1) / page * page;
	uint8_t *mapping =
		mmap(NULL, inner + 2 * page, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (mapping == MAP_FAILED || mprotect(mapping + page, inner, PROT_READ | PROT_WRITE) < 0) {
		abort();
	}
	*ret_mapping = mapping;
	*ret_mapping_bytes = inner + 2 * page;
	return mapping + page + inner - bytes;
}
