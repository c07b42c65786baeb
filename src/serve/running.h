/*
 * The cameras that run. Another configuration is reached step by step, without waiting for a driver
 * that takes its time to let go: the server's thread goes on meanwhile, and so do the other
 * cameras. One thread, the server's.
 */
#ifndef SERVE_RUNNING_H
#define SERVE_RUNNING_H

#include "config/config.h"
#include "hub/hub.h"

struct camera;
struct server;

enum running_next {
	RUNNING_STAYS,
	RUNNING_RESTARTS, /* with its new configuration, when its thread has ended */
	RUNNING_LEAVES,   /* when its thread has ended */
};

struct running_camera {
	struct camera_config config;
	struct hub_slot *slot; /* NULL: this entry is free */
	struct camera *camera; /* NULL: it could not be started */
	enum running_next next;
};

struct running {
	struct hub *hub;
	struct server *server;
	struct config config; /* what is to run */
	bool is_settling;     /* not all of it does yet */
	struct running_camera cameras[CONFIG_CAMERAS_MAX];
};

/* Starts the cameras of config. hub and server must outlive them. */
void running_init(struct running *running, struct hub *hub, struct server *server,
	const struct config *config);

/*
 * Cameras that are as they were run on; a changed one keeps its slot, and so its viewers; viewers
 * of one that is taken away are told. Returns at once: running_follow does what has to wait.
 */
void running_change(struct running *running, const struct config *config);

/* To be called when a camera may have ended: the server is notified then. Returns at once. */
void running_follow(struct running *running);

/*
 * Ends all, at the same time. False: a driver did not let go within half a second; then nothing of
 * it may be freed. After running_init or on zeroed memory.
 */
bool running_end(struct running *running);

#endif
