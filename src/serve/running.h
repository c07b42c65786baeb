/*
 * The cameras that run. Another configuration is reached step by step, without waiting for a driver
 * that takes its time to let go: the server's thread goes on meanwhile, and so do the other
 * cameras. One thread, the server's.
 */
#ifndef SERVE_RUNNING_H
#define SERVE_RUNNING_H

#include "hub/hub.h"
#include "serve/setup.h"

struct running;
struct server;

/* Starts the cameras of setup, which is copied. hub and server must outlive the result. 0, or a
 * negative errno with err; a camera that cannot be started is not an error, it shows why. */
int running_new(struct hub *hub, struct server *server, const struct setup *setup,
	struct running **ret_running, struct error *err);

/*
 * Cameras that are as they were run on; a changed one keeps its slot, and so its viewers; viewers
 * of one that is taken away are closed. Returns at once: what has to wait for a thread to end is
 * done when the server sees that end.
 */
void running_change(struct running *running, const struct setup *setup);

/* What is to run, as given last. */
const struct setup *running_setup(const struct running *running);

/*
 * Ends all cameras at the same time. True when they have ended; false when a driver did not let go
 * within half a second, and then neither running_free nor anything that cameras use may be freed.
 * NULL is allowed.
 */
bool running_end(struct running *running);

/* After running_end. NULL is allowed. Returns NULL. */
struct running *running_free(struct running *running);

#endif
