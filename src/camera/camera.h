/*
 * A camera: the one place that joins a source, an encoder and a hub slot, on a thread of its own.
 * Runs the device while somebody watches and idle_stop after, finds it again when it is lost.
 */
#ifndef CAMERA_CAMERA_H
#define CAMERA_CAMERA_H

#include "config/config.h"
#include "hub/hub.h"

struct camera;

/*
 * Starts the thread, which sleeps until somebody watches slot. The configuration is copied; slot
 * must outlive the camera. spare_bytes: what the buffers of its driver may take beyond the worst
 * case. ended_fd: an eventfd(2) of the caller, which the thread adds 1 to when
 * it ends, or -1. 0, or a negative errno with err.
 */
int camera_new(const struct camera_config *config, const struct frames_config *frames,
	size_t spare_bytes, struct hub_slot *slot, int ended_fd, struct camera **ret_camera,
	struct error *err);

/* Asks the thread to end, and returns at once: a driver may block for long. NULL is allowed. */
void camera_stop(struct camera *camera);

/* Returns true if the thread has ended, so that camera_free does not wait; true for NULL. */
bool camera_has_ended(const struct camera *camera);

/* Stops, waits as long as it takes, releases the device. NULL is allowed. Returns NULL. */
struct camera *camera_free(struct camera *camera);

/* Memory that a camera takes in the worst case: pool, buffers, stack, encoder. */
size_t camera_worst_bytes(const struct camera_config *config, const struct frames_config *frames);

#endif
