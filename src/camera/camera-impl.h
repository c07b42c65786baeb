/*
 * What session.c (runs the device and reports its state to the hub) offers to camera.c (the thread
 * and its pauses). session.c calls nothing of camera.c.
 */
#ifndef CAMERA_CAMERA_IMPL_H
#define CAMERA_CAMERA_IMPL_H

#include <pthread.h>

#include "camera/camera.h"
#include "frame/pool.h"

struct encoder;
struct source;

/* From the start of the source to its stop. */
struct session {
	struct encoder *encoder;
	struct frame_pool *pool; /* NULL when frames are passed through */
	bool has_good;           /* there was a good frame */
	uint64_t good_ns;        /* the last good frame, or the start */
	uint64_t unwatched_ns;   /* since when nobody watches, 0 when somebody does */
	int last_drop;           /* enum frame_drop of the last frame, 0 when it was good */
	uint64_t window_ns;      /* start of the window in which frames are counted for fps */
	unsigned window_frames;
};

struct camera {
	struct camera_config config;
	struct frames_config frames;
	struct hub_slot *slot;
	struct camera_counters *counters;
	pthread_t thread;
	int wake_fd;  /* readable: look at is_ending and at who watches */
	int ended_fd; /* the owner's, -1 when it has none */
	atomic_bool is_ending, has_ended;

	/* The thread's own. */
	struct source *source;
	struct camera_info info;
	bool was_lost; /* since the last good frame */
	struct session session;
};

/* Writes state and error, "" for none, to the hub. */
void camera_set_state(struct camera *camera, enum camera_state state, const char *error);

bool camera_is_ending(struct camera *camera);

/*
 * Sleeps until woken or until deadline_ns, UINT64_MAX for ever. Also watches fd when it is not
 * negative: true when that is ready.
 */
bool camera_wait_until(struct camera *camera, int fd, uint64_t deadline_ns);

/* Starts the source, and makes what its frames need. After an error, too, stop is to be called. */
int camera_session_start(struct camera *camera, struct error *err);

/*
 * Moves frames. 0 when the camera is to end or nobody watched for idle_stop; else the error that
 * ended the session.
 */
int camera_session_run(struct camera *camera, struct error *err);

/* Gives everything of the session back. */
void camera_session_stop(struct camera *camera);

#endif
