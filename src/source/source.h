/*
 * Where frames come from: a V4L2 device, a synthetic pattern, or recorded pictures. One thread, the
 * camera's, makes all calls; only frames go to other threads.
 */
#ifndef SOURCE_SOURCE_H
#define SOURCE_SOURCE_H

#include "config/config.h"
#include "frame/frame.h"
#include "util/error.h"

struct source;

/* What the source really delivers, which may differ from what was asked for. */
struct source_info {
	enum pixel_format format;
	uint32_t width, height;
	double fps; /* frames a second as negotiated, 0 when the driver does not tell */
};

/*
 * A source for spec, which is copied; nothing is opened yet. name is drawn by the synthetic one.
 * buffers: frames in flight; max_frame: bytes of the largest MJPEG picture that is taken.
 * 0, -ENOMEM, or -EINVAL.
 */
int source_new(const struct camera_spec *spec, const char *name, unsigned buffers, size_t max_frame,
	struct source **ret_source);

/*
 * Bytes that the buffers of a driver may take: only it knows how many it wants. A start that would
 * take more is refused with -E2BIG. No limit unless this is called.
 */
void source_limit_memory(struct source *source, size_t bytes);

/* Stops if needed. NULL is allowed. Returns NULL. Frames may outlive it. */
struct source *source_free(struct source *source);

/*
 * Whether spec names something that is there and may be opened, without starting it: to tell at
 * once of what will not work. 0, or a negative errno with err as source_start has it.
 */
int source_probe(const struct camera_spec *spec, struct error *err);

/*
 * Opens, negotiates and starts. May be called again after source_stop, and then looks for a device
 * that came back under another node number. 0; else a negative errno with err saying what, which
 * device, why, and what to do.
 */
int source_start(struct source *source, struct source_info *ret_info, struct error *err);

/* A descriptor for poll(POLLIN) and POLLERR/POLLHUP; valid from start to stop. */
int source_get_fd(struct source *source);

/*
 * Takes the newest frame there is; never blocks. 0: *ret_frame has one owner, the caller, and its
 * sequence and captured_ns are set. -EAGAIN: none yet. Positive: a frame came and was dropped, the
 * enum frame_drop says why. Other negative errno with err: the source failed; stop it.
 */
int source_read(struct source *source, struct frame **ret_frame, struct error *err);

/* Stops and closes; a device is released at once but for frames still held. Idempotent. */
void source_stop(struct source *source);

/* Memory in the worst case: buffers of the driver or of its own pool. */
size_t source_worst_bytes(const struct camera_spec *spec, unsigned buffers, size_t max_frame);

#endif
