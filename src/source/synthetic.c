/*
 * Raw: the static rows of a block are drawn when it is first used, then only those that change. The
 * pool gives the same block again and again, since a raw frame is encoded before the next one
 * comes.
 *
 * MJPEG: the picture is made of bands, and only those that change are compressed for each frame.
 */
#include "source/source-ops.h"

#include <errno.h>
#include <time.h>

#include "frame/pool.h"
#include "jpeg/bands.h"
#include "source/pacer.h"
#include "source/synthetic-pattern.h"
#include "util/cleanup.h"
#include "util/clock.h"

#define DRAW_ROWS 8 /* what changes begins and ends at multiples of it */

struct synthetic_source {
	struct source source;
	struct synthetic_pattern pattern;
	int fd; /* the pacer, -1 while stopped */
	struct frame_pool *pool;
	struct jpeg_bands *bands; /* MJPEG only */
	uint64_t sequence;        /* goes on over restarts */

	/* Raw only: blocks whose static rows were drawn. */
	const uint8_t **drawn;
	unsigned n_drawn;
};

static struct synthetic_source *from_source(struct source *source)
{
	return (struct synthetic_source *)source; /* its first member */
}

static bool is_mjpeg(const struct camera_spec *spec)
{
	return spec->format == CAMERA_FORMAT_MJPEG;
}

static uint32_t raw_stride(const struct camera_spec *spec)
{
	return (spec->width + 1) / 2 * 4;
}

static size_t block_bytes(const struct camera_spec *spec, size_t max_frame)
{
	return is_mjpeg(spec) ? max_frame : (size_t)raw_stride(spec) * spec->height;
}

static bool draw_band(void *userdata, uint32_t first_row, uint8_t *yuyv, size_t stride)
{
	struct synthetic_source *synthetic = userdata;

	synthetic_pattern_draw(&synthetic->pattern, first_row, JPEG_BAND_ROWS, yuyv, stride);
	return synthetic_pattern_is_changing(&synthetic->pattern, first_row, JPEG_BAND_ROWS);
}

static int set_up(struct synthetic_source *synthetic, struct error *err)
{
	const struct source *source = &synthetic->source;
	const struct camera_spec *spec = &source->spec;
	int r = frame_pool_new(
		block_bytes(spec, source->max_frame), source->buffers, &synthetic->pool);

	if (r == 0 && is_mjpeg(spec)) {
		r = jpeg_bands_new(spec->width, spec->height, spec->quality, source->max_frame,
			draw_band, synthetic, &synthetic->bands);
	}
	if (r == -ENOSPC) {
		return error_set(err, -EINVAL,
			"synthetic: a picture of %ux%u has more than max_frame (%zu bytes)",
			spec->width, spec->height, source->max_frame);
	}
	if (r == 0) {
		r = synthetic->fd = pacer_open(spec->fps);
	}
	return r < 0 ? error_set(err, r, "synthetic %ux%u: %s", spec->width, spec->height,
			       error_name(r))
		     : 0;
}

static void synthetic_stop(struct source *source)
{
	struct synthetic_source *synthetic = from_source(source);

	synthetic->fd = close_fd(synthetic->fd);
	synthetic->bands = jpeg_bands_free(synthetic->bands);
	synthetic->pool = frame_pool_free(synthetic->pool);
	synthetic->n_drawn = 0;
}

static int synthetic_start(struct source *source, struct source_info *ret_info, struct error *err)
{
	struct synthetic_source *synthetic = from_source(source);
	const struct camera_spec *spec = &source->spec;

	if (spec->format != CAMERA_FORMAT_AUTO && spec->format != CAMERA_FORMAT_YUYV &&
		!is_mjpeg(spec)) {
		return error_set(
			err, -EINVAL, "synthetic: only the formats yuyv and mjpeg can be drawn");
	}
	if (!is_mjpeg(spec) && !synthetic->drawn) {
		synthetic->drawn = calloc(source->buffers, sizeof(*synthetic->drawn));
		if (!synthetic->drawn) {
			return error_set(err, -ENOMEM, "synthetic: %s", error_name(-ENOMEM));
		}
	}
	synthetic_pattern_init(
		&synthetic->pattern, source->name, spec->width, spec->height, spec->fps);
	int r = set_up(synthetic, err);
	if (r < 0) {
		synthetic_stop(source);
		return r;
	}
	*ret_info = (struct source_info){
		.format = is_mjpeg(spec) ? PIXEL_FORMAT_MJPEG : PIXEL_FORMAT_YUYV,
		.width = spec->width,
		.height = spec->height,
		.fps = spec->fps,
	};
	return 0;
}

static int synthetic_get_fd(struct source *source)
{
	return from_source(source)->fd;
}

/* Whether the block has its static rows; from now on it has. */
static bool mark_drawn(struct synthetic_source *synthetic, const uint8_t *block)
{
	for (unsigned i = 0; i < synthetic->n_drawn; i++) {
		if (synthetic->drawn[i] == block) {
			return true;
		}
	}
	synthetic->drawn[synthetic->n_drawn++] = block;
	return false;
}

static void draw_raw(struct synthetic_source *synthetic, struct frame *frame)
{
	const struct synthetic_pattern *pattern = &synthetic->pattern;
	uint32_t stride = raw_stride(&synthetic->source.spec);
	bool is_drawn = mark_drawn(synthetic, frame->data);

	for (uint32_t row = 0; row < pattern->height; row += DRAW_ROWS) {
		if (!is_drawn || synthetic_pattern_is_changing(pattern, row, DRAW_ROWS)) {
			synthetic_pattern_draw(pattern, row, DRAW_ROWS,
				frame->data + (size_t)row * stride, stride);
		}
	}
	frame->format = PIXEL_FORMAT_YUYV;
	frame->size = (size_t)stride * pattern->height;
	frame->planes[0] = (struct frame_plane){.data = frame->data, .stride = stride};
}

/* 0, or the enum frame_drop. */
static int draw(struct synthetic_source *synthetic, struct frame *frame)
{
	if (!synthetic->bands) {
		draw_raw(synthetic, frame);
		return 0;
	}
	int r = jpeg_bands_compose(synthetic->bands, frame->data, frame->capacity, &frame->size);
	if (r < 0) {
		return r == -ENOSPC ? FRAME_DROP_OVERSIZE : FRAME_DROP_CORRUPT;
	}
	frame->format = PIXEL_FORMAT_MJPEG;
	return 0;
}

static int synthetic_read(struct source *source, struct frame **ret_frame, struct error *err)
{
	struct synthetic_source *synthetic = from_source(source);
	int r = pacer_take(synthetic->fd);

	if (r < 0) {
		return r == -EAGAIN ? r : error_set(err, r, "synthetic: timer: %s", error_name(r));
	}
	uint64_t captured_ns = clock_now_ns();
	synthetic->sequence++;
	_cleanup_(frame_unrefp) struct frame *frame = frame_pool_acquire(synthetic->pool);
	if (!frame) {
		return FRAME_DROP_EXHAUSTED;
	}
	synthetic_pattern_set(
		&synthetic->pattern, synthetic->sequence, clock_read_ns(CLOCK_REALTIME));
	r = draw(synthetic, frame);
	if (r > 0) {
		return r;
	}
	frame->width = source->spec.width;
	frame->height = source->spec.height;
	frame->sequence = synthetic->sequence;
	frame->captured_ns = captured_ns;
	*ret_frame = take_ptr(frame);
	return 0;
}

static void synthetic_free(struct source *source)
{
	struct synthetic_source *synthetic = from_source(source);

	free(synthetic->drawn);
	free(synthetic);
}

int source_synthetic_new(struct source **ret_source)
{
	static const struct source_ops ops = {
		.start = synthetic_start,
		.get_fd = synthetic_get_fd,
		.read = synthetic_read,
		.stop = synthetic_stop,
		.free = synthetic_free,
	};
	struct synthetic_source *synthetic = calloc(1, sizeof(*synthetic));

	if (!synthetic) {
		return -ENOMEM;
	}
	synthetic->source.ops = &ops;
	synthetic->fd = -1;
	*ret_source = &synthetic->source;
	return 0;
}

size_t source_synthetic_worst_bytes(
	const struct camera_spec *spec, unsigned buffers, size_t max_frame)
{
	size_t bytes = sizeof(struct synthetic_source) +
		       frame_pool_worst_bytes(block_bytes(spec, max_frame), buffers);

	if (is_mjpeg(spec)) {
		return bytes + jpeg_bands_worst_bytes(spec->width, spec->height, max_frame);
	}
	return bytes + buffers * sizeof(const uint8_t *);
}
