/* The running service: cameras, hub and server made from one setup, and changed to another. */
#ifndef SERVE_SERVICE_H
#define SERVE_SERVICE_H

#include "serve/setup.h"

struct service;

/*
 * Starts everything. SIGTERM, SIGINT and SIGHUP must be blocked. setup and origin are copied; what
 * origin points to must outlive the service. 0, or as server_new.
 */
int service_new(const struct setup *setup, const struct setup_origin *origin,
	struct service **ret_service, struct error *err);

/* Serves until SIGTERM or SIGINT; SIGHUP loads the setup again. 0, or a negative errno. */
int service_run(struct service *service);

/*
 * Ends everything, and frees it; devices are released. True; or false when a driver did not let go
 * within half a second: then nothing is freed, a thread still runs, and the caller should end the
 * process by _exit(2). NULL is allowed.
 */
bool service_end(struct service *service);

#endif
