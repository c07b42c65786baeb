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
 * must outlive the camera. 0, or a negative errno with err.
 */
int camera_new(const struct camera_config *config, const struct frames_config *frames,
	struct hub_slot *slot, struct camera **ret_camera, struct error *err);

/* Tells the thread to end, and returns at once; the hub notifies when it has. NULL is allowed. */
void camera_stop(struct camera *camera);

/*
 * Waits until the thread has ended, at most until deadline_ns of CLOCK_MONOTONIC: a driver may
 * block for longer. Whether it has. NULL is allowed, and has.
 */
bool camera_wait(struct camera *camera, uint64_t deadline_ns);

/* Stops, waits as long as it takes, releases the device. NULL is allowed. Returns NULL. */
struct camera *camera_free(struct camera *camera);

/* Memory that a camera takes in the worst case: pool, buffers, stack, encoder. */
size_t camera_worst_bytes(const struct camera_config *config, const struct frames_config *frames);

#endif
