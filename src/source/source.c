#include "source/source.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "source/source-ops.h"

struct source_kind {
	int (*new)(struct source **ret_source);
	int (*probe)(const struct camera_spec *spec, struct error *err); /* NULL: always there */
	size_t (*worst_bytes)(const struct camera_spec *spec, unsigned buffers, size_t max_frame);
};

static const struct source_kind *find_kind(enum camera_kind kind)
{
	static const struct source_kind kinds[] = {
		[CAMERA_KIND_V4L2] = {source_v4l2_new, source_v4l2_probe, source_v4l2_worst_bytes},
		[CAMERA_KIND_SYNTHETIC] = {source_synthetic_new, NULL,
			source_synthetic_worst_bytes},
		[CAMERA_KIND_REPLAY] = {source_replay_new, source_replay_probe,
			source_replay_worst_bytes},
	};

	return (size_t)kind < sizeof(kinds) / sizeof(kinds[0]) ? &kinds[kind] : NULL;
}

int source_new(const struct camera_spec *spec, const char *name, unsigned buffers, size_t max_frame,
	struct source **ret_source)
{
	const struct source_kind *kind = find_kind(spec->kind);
	struct source *source;

	if (!kind || buffers == 0 || max_frame == 0) {
		return -EINVAL;
	}
	int r = kind->new (&source);
	if (r < 0) {
		return r;
	}
	source->spec = *spec;
	snprintf(source->name, sizeof(source->name), "%s", name);
	source->buffers = buffers;
	source->max_frame = max_frame;
	source->memory_max = SIZE_MAX;
	*ret_source = source;
	return 0;
}

void source_limit_memory(struct source *source, size_t bytes)
{
	source->memory_max = bytes;
}

struct source *source_free(struct source *source)
{
	if (source) {
		source->ops->stop(source);
		source->ops->free(source);
	}
	return NULL;
}

int source_probe(const struct camera_spec *spec, struct error *err)
{
	const struct source_kind *kind = find_kind(spec->kind);

	return kind && kind->probe ? kind->probe(spec, err) : 0;
}

int source_start(struct source *source, struct source_info *ret_info, struct error *err)
{
	return source->ops->start(source, ret_info, err);
}

int source_get_fd(struct source *source)
{
	return source->ops->get_fd(source);
}

int source_read(struct source *source, struct frame **ret_frame, struct error *err)
{
	return source->ops->read(source, ret_frame, err);
}

void source_stop(struct source *source)
{
	source->ops->stop(source);
}

size_t source_worst_bytes(const struct camera_spec *spec, unsigned buffers, size_t max_frame)
{
	const struct source_kind *kind = find_kind(spec->kind);

	return kind ? kind->worst_bytes(spec, buffers, max_frame) : 0;
}
