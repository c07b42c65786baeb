/*
 * A V4L2 camera as a source. What it holds while it runs is a node and a queue; across restarts it
 * only remembers which device it had, and how many frames were delivered.
 */
#include "source/source-ops.h"

#include <errno.h>
#include <string.h>

#include "source/v4l2/v4l2-holders.h"
#include "source/v4l2/v4l2-identity.h"
#include "source/v4l2/v4l2-negotiate.h"
#include "source/v4l2/v4l2-queue.h"
#include "util/cleanup.h"

struct v4l2_source {
	struct source source;
	struct v4l2_node node; /* fd -1 while stopped */
	struct v4l2_queue *queue;
	struct v4l2_layout layout;
	uint64_t delivered; /* frames of the camera, dropped ones too, over all restarts */
	bool is_known;      /* identity is set */
	struct v4l2_identity identity;
};

static struct v4l2_source *from_source(struct source *source)
{
	return (struct v4l2_source *)source; /* its first member */
}

static int error_other_device(
	const struct v4l2_source *v4l2, const struct v4l2_node *node, struct error *err)
{
	return error_set(err, -ENODEV,
		"%s: is now %s at %s; waiting for %s at %s (restart to use the other one)",
		node->path, node->card, node->bus_info, v4l2->identity.card,
		v4l2->identity.bus_info);
}

/*
 * Opens the device of this source. After the first start a plain node must still be the same
 * device; else the one with the same identity is looked for. What is plugged into the very same
 * place instead of it is taken as well.
 */
static int open_device(struct v4l2_source *v4l2, struct error *err)
{
	const char *target = v4l2->source.spec.target;
	struct v4l2_identity found;
	struct v4l2_node other;
	int r = v4l2_node_open(target, &v4l2->node, err);

	if (!v4l2->is_known || !v4l2_target_may_wander(target)) {
		return r;
	}
	if (r == 0) {
		v4l2_identity_init(&sysroot_real, &v4l2->node, &found);
		if (v4l2_identity_equal(&found, &v4l2->identity)) {
			return 0;
		}
	}
	if (v4l2_identity_open(&sysroot_real, &v4l2->identity, &other) == 0) {
		v4l2_node_close(&v4l2->node);
		v4l2->node = other;
		return 0;
	}
	if (r < 0) {
		return r;
	}
	if (found.index == v4l2->identity.index &&
		strcmp(found.bus_info, v4l2->identity.bus_info) == 0) {
		return 0;
	}
	return error_other_device(v4l2, &v4l2->node, err);
}

static int error_stream_on(const struct v4l2_source *v4l2, int r, double fps, struct error *err)
{
	const struct v4l2_node *node = &v4l2->node;
	const struct v4l2_layout *layout = &v4l2->layout;
	const char *format = pixel_format_name(layout->format);

	if (r == -EBUSY) {
		return v4l2_error_busy(node->path, err);
	}
	if (r == -ENOSPC) {
		return error_set(err, r,
			"%s (%s): not enough USB bandwidth for %s %ux%u at %.4g; use %sa smaller "
			"size, a lower fps, or another USB port",
			node->path, node->card, format, layout->width, layout->height, fps,
			layout->format == PIXEL_FORMAT_MJPEG ? "" : "format=mjpeg, ");
	}
	return error_set(err, v4l2_error_of_driver(r),
		"%s (%s): starting the stream of %s %ux%u: %s", node->path, node->card, format,
		layout->width, layout->height, error_name(r));
}

static int start_stream(struct v4l2_source *v4l2, double *ret_fps, struct error *err)
{
	int r = v4l2_node_check_capture(&v4l2->node, err);

	if (r < 0) {
		return r;
	}
	r = v4l2_negotiate(&v4l2->node, &v4l2->source.spec, &v4l2->layout, ret_fps, err);
	if (r < 0) {
		return r;
	}
	r = v4l2_queue_new(&v4l2->node, &v4l2->layout, v4l2->source.buffers,
		v4l2->source.memory_max, &v4l2->queue, err);
	if (r < 0) {
		return r;
	}
	r = v4l2_queue_start(v4l2->queue);
	return r < 0 ? error_stream_on(v4l2, r, *ret_fps, err) : 0;
}

static void v4l2_source_stop(struct source *source)
{
	struct v4l2_source *v4l2 = from_source(source);

	v4l2->queue = v4l2_queue_stop(v4l2->queue);
	v4l2_node_close(&v4l2->node);
}

static int v4l2_source_start(struct source *source, struct source_info *ret_info, struct error *err)
{
	struct v4l2_source *v4l2 = from_source(source);
	double fps = 0;
	int r = open_device(v4l2, err);

	if (r == 0) {
		r = start_stream(v4l2, &fps, err);
	}
	if (r < 0) {
		v4l2_source_stop(source);
		return r;
	}
	v4l2_identity_init(&sysroot_real, &v4l2->node, &v4l2->identity);
	v4l2->is_known = true;
	*ret_info = (struct source_info){
		.format = v4l2->layout.format,
		.width = v4l2->layout.width,
		.height = v4l2->layout.height,
		.fps = fps,
	};
	return 0;
}

static int v4l2_source_get_fd(struct source *source)
{
	return from_source(source)->node.fd;
}

static int v4l2_source_read(struct source *source, struct frame **ret_frame, struct error *err)
{
	struct v4l2_source *v4l2 = from_source(source);
	const struct v4l2_node *node = &v4l2->node;
	int r = v4l2_queue_read(v4l2->queue, source->max_frame, ret_frame);

	if (r >= 0) {
		uint64_t sequence = v4l2->delivered++;
		if (r == 0) {
			(*ret_frame)->sequence = sequence;
		}
		return r;
	}
	if (r == -EAGAIN) {
		return r;
	}
	if (r == -ENODEV) {
		return error_set(err, r, "%s (%s): the device is gone", node->path, node->card);
	}
	return error_set(err, v4l2_error_of_driver(r), "%s (%s): the device failed: %s", node->path,
		node->card, error_name(r));
}

static void v4l2_source_free(struct source *source)
{
	free(from_source(source));
}

int source_v4l2_new(struct source **ret_source)
{
	static const struct source_ops ops = {
		.start = v4l2_source_start,
		.get_fd = v4l2_source_get_fd,
		.read = v4l2_source_read,
		.stop = v4l2_source_stop,
		.free = v4l2_source_free,
	};
	struct v4l2_source *v4l2 = calloc(1, sizeof(*v4l2));

	if (!v4l2) {
		return -ENOMEM;
	}
	v4l2->source.ops = &ops;
	v4l2->node.fd = -1;
	*ret_source = &v4l2->source;
	return 0;
}

int source_v4l2_probe(const struct camera_spec *spec, struct error *err)
{
	struct v4l2_node node;
	int r = v4l2_node_open(spec->target, &node, err);

	if (r == 0) {
		r = v4l2_node_check_capture(&node, err);
		v4l2_node_close(&node);
	}
	return r;
}

/* Two bytes a pixel: raw formats need at most that, drivers of MJPEG commonly ask for it. */
size_t source_v4l2_worst_bytes(const struct camera_spec *spec, unsigned buffers, size_t max_frame)
{
	size_t page = (size_t)sysconf(_SC_PAGESIZE);
	size_t picture = (size_t)spec->width * spec->height * 2;

	(void)max_frame; /* the camera may deliver what is too large to be taken */
	return buffers * ((picture + page - 1) / page * page + page);
}
