/* For those who implement a source. */
#ifndef SOURCE_SOURCE_OPS_H
#define SOURCE_SOURCE_OPS_H

#include "source/source.h"

struct source_ops {
	int (*start)(struct source *source, struct source_info *ret_info, struct error *err);
	int (*get_fd)(struct source *source);
	int (*read)(struct source *source, struct frame **ret_frame, struct error *err);
	void (*stop)(struct source *source);
	void (*free)(struct source *source); /* after stop */
};

/* First member of every implementation. */
struct source {
	const struct source_ops *ops;
	struct camera_spec spec;
	char name[CONFIG_CAMERA_NAME_MAX];
	unsigned buffers;
	size_t max_frame;
	size_t memory_max; /* bytes, of the driver's buffers */
};

/* Each allocates its own struct, zeroed but for nothing; source_new fills the common part. 0 or
 * -ENOMEM. */
int source_v4l2_new(struct source **ret_source);
int source_synthetic_new(struct source **ret_source);
int source_replay_new(struct source **ret_source);

/* As source_probe. */
int source_v4l2_probe(const struct camera_spec *spec, struct error *err);
int source_replay_probe(const struct camera_spec *spec, struct error *err);

size_t source_v4l2_worst_bytes(const struct camera_spec *spec, unsigned buffers, size_t max_frame);
size_t source_synthetic_worst_bytes(
	const struct camera_spec *spec, unsigned buffers, size_t max_frame);
size_t source_replay_worst_bytes(
	const struct camera_spec *spec, unsigned buffers, size_t max_frame);

#endif
