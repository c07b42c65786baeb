/*
 * libjpeg allocates its modules anew for each picture, from the pool JPOOL_IMAGE of its memory
 * manager. Here that pool is an arena within the compressor, so that no picture touches the heap:
 * the manager's methods are its public interface, and those for small and large objects are all
 * that baseline compression of raw data calls. Should another libjpeg need more than the arena has,
 * it gets the rest from the heap as usual.
 *
 * Errors leave libjpeg by longjmp, as it demands; the frame that setjmp was called in changes none
 * of its variables afterwards.
 */
#include "jpeg/compress.h"

#include <errno.h>
#include <setjmp.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <jpeglib.h>

#include "util/cleanup.h"

#define ARENA_BYTES     ((size_t)16 * 1024)
#define ARENA_ALIGNMENT 64 /* what SIMD code of libjpeg asks for, and a cache line */

struct jpeg_compressor {
	struct jpeg_compress_struct cinfo;
	struct jpeg_error_mgr errors;
	struct jpeg_destination_mgr destination;
	jmp_buf failure;
	int failure_code;

	enum jpeg_packing packing;
	struct jpeg_strips *strips;
	uint8_t *out;
	size_t capacity;

	struct jpeg_memory_mgr heap; /* the methods of libjpeg's own manager */
	size_t arena_used;
	uint8_t arena[ARENA_BYTES] __attribute__((aligned(ARENA_ALIGNMENT)));
};

static struct jpeg_compressor *from_common(j_common_ptr cinfo)
{
	return cinfo->client_data;
}

static void *arena_alloc(struct jpeg_compressor *compressor, int pool, size_t size)
{
	size_t rounded = (size + ARENA_ALIGNMENT - 1) & ~(size_t)(ARENA_ALIGNMENT - 1);

	if (pool != JPOOL_IMAGE || rounded < size ||
		rounded > ARENA_BYTES - compressor->arena_used) {
		return NULL;
	}
	void *memory = compressor->arena + compressor->arena_used;
	compressor->arena_used += rounded;
	return memory;
}

static void *alloc_small(j_common_ptr cinfo, int pool, size_t size)
{
	struct jpeg_compressor *compressor = from_common(cinfo);
	void *memory = arena_alloc(compressor, pool, size);

	return memory ? memory : compressor->heap.alloc_small(cinfo, pool, size);
}

static void *alloc_large(j_common_ptr cinfo, int pool, size_t size)
{
	struct jpeg_compressor *compressor = from_common(cinfo);
	void *memory = arena_alloc(compressor, pool, size);

	return memory ? memory : compressor->heap.alloc_large(cinfo, pool, size);
}

static void free_pool(j_common_ptr cinfo, int pool)
{
	struct jpeg_compressor *compressor = from_common(cinfo);

	if (pool == JPOOL_IMAGE) {
		compressor->arena_used = 0;
	}
	compressor->heap.free_pool(cinfo, pool);
}

static void fail(struct jpeg_compressor *compressor, int code)
{
	compressor->failure_code = code;
	longjmp(compressor->failure, 1);
}

static void on_error(j_common_ptr cinfo)
{
	fail(from_common(cinfo), -EIO);
}

static void ignore_message(j_common_ptr cinfo)
{
	(void)cinfo;
}

static void ignore_level(j_common_ptr cinfo, int level)
{
	(void)cinfo;
	(void)level;
}

static void destination_init(j_compress_ptr cinfo)
{
	struct jpeg_compressor *compressor = from_common((j_common_ptr)cinfo);

	compressor->destination.next_output_byte = compressor->out;
	compressor->destination.free_in_buffer = compressor->capacity;
}

static boolean destination_overflow(j_compress_ptr cinfo)
{
	fail(from_common((j_common_ptr)cinfo), -ENOSPC);
	return FALSE;
}

static void destination_end(j_compress_ptr cinfo)
{
	(void)cinfo;
}

/* Everything that may allocate from the heap. */
static void set_up(struct jpeg_compressor *compressor, const struct jpeg_compressor_config *config)
{
	j_compress_ptr cinfo = &compressor->cinfo;

	jpeg_create_compress(cinfo);
	compressor->heap = *cinfo->mem;
	cinfo->mem->alloc_small = alloc_small;
	cinfo->mem->alloc_large = alloc_large;
	cinfo->mem->free_pool = free_pool;

	cinfo->dest = &compressor->destination;
	cinfo->image_width = config->width;
	cinfo->image_height = config->height;
	cinfo->input_components = 3;
	cinfo->in_color_space = JCS_YCbCr;
	jpeg_set_defaults(cinfo);
	jpeg_set_quality(cinfo, (int)config->quality, TRUE);
	cinfo->raw_data_in = TRUE;
	cinfo->dct_method = JDCT_ISLOW;
	cinfo->comp_info[0].h_samp_factor = 2;
	cinfo->comp_info[0].v_samp_factor = config->packing == JPEG_PACKING_NV12 ? 2 : 1;
	cinfo->restart_in_rows = config->has_restarts ? 1 : 0;
}

static int set_up_or_fail(
	struct jpeg_compressor *compressor, const struct jpeg_compressor_config *config)
{
	if (setjmp(compressor->failure)) {
		return -ENOMEM;
	}
	set_up(compressor, config);
	return 0;
}

static bool is_valid(const struct jpeg_compressor_config *config)
{
	return config->width >= 1 && config->width <= JPEG_DIMENSION_MAX && config->height >= 1 &&
	       config->height <= JPEG_DIMENSION_MAX && config->quality >= 1 &&
	       config->quality <= 100;
}

static void set_callbacks(struct jpeg_compressor *compressor)
{
	compressor->cinfo.err = jpeg_std_error(&compressor->errors);
	compressor->cinfo.client_data = compressor;
	compressor->errors.error_exit = on_error;
	compressor->errors.emit_message = ignore_level;
	compressor->errors.output_message = ignore_message;
	compressor->destination.init_destination = destination_init;
	compressor->destination.empty_output_buffer = destination_overflow;
	compressor->destination.term_destination = destination_end;
}

int jpeg_compressor_new(
	const struct jpeg_compressor_config *config, struct jpeg_compressor **ret_compressor)
{
	if (!is_valid(config)) {
		return -EINVAL;
	}
	struct jpeg_compressor *compressor =
		aligned_alloc(ARENA_ALIGNMENT, sizeof(struct jpeg_compressor));
	if (!compressor) {
		return -ENOMEM;
	}
	memset(compressor, 0, offsetof(struct jpeg_compressor, arena));
	compressor->packing = config->packing;
	set_callbacks(compressor);
	int r = jpeg_strips_new(
		config->packing, config->width, config->height, &compressor->strips);
	if (r == 0) {
		r = set_up_or_fail(compressor, config);
	}
	if (r < 0) {
		jpeg_compressor_free(compressor);
		return r;
	}
	*ret_compressor = compressor;
	return 0;
}

struct jpeg_compressor *jpeg_compressor_free(struct jpeg_compressor *compressor)
{
	if (compressor) {
		jpeg_destroy_compress(&compressor->cinfo);
		jpeg_strips_free(compressor->strips);
		free(compressor);
	}
	return NULL;
}

size_t jpeg_compressor_bytes(enum jpeg_packing packing, uint32_t width)
{
	const size_t permanent_pool = 8 * 1024; /* tables and component descriptions of libjpeg */

	return sizeof(struct jpeg_compressor) + permanent_pool + jpeg_strips_bytes(packing, width);
}

static void compress(struct jpeg_compressor *compressor, const struct jpeg_picture *picture)
{
	j_compress_ptr cinfo = &compressor->cinfo;
	uint32_t strip_rows = jpeg_packing_strip_rows(compressor->packing);
	struct jpeg_strip strip;
	JSAMPARRAY planes[3] = {(JSAMPARRAY)strip.y, (JSAMPARRAY)strip.cb, (JSAMPARRAY)strip.cr};

	jpeg_start_compress(cinfo, TRUE);
	for (uint32_t row = 0; row < cinfo->image_height; row += strip_rows) {
		jpeg_strips_load(compressor->strips, picture, row, &strip);
		jpeg_write_raw_data(cinfo, planes, strip_rows);
	}
	jpeg_finish_compress(cinfo);
}

int jpeg_compressor_run(struct jpeg_compressor *compressor, const struct jpeg_picture *picture,
	uint8_t *out, size_t capacity, size_t *ret_size)
{
	if (capacity == 0) {
		return -ENOSPC;
	}
	compressor->out = out;
	compressor->capacity = capacity;
	if (setjmp(compressor->failure)) {
		jpeg_abort_compress(&compressor->cinfo);
		return compressor->failure_code;
	}
	compress(compressor, picture);
	*ret_size = capacity - compressor->destination.free_in_buffer;
	return 0;
}
