/* The running service: cameras, hub and server made from one configuration, and changed to another.
 */
#ifndef SERVE_SERVICE_H
#define SERVE_SERVICE_H

#include "config/config.h"

struct service;

/* Where the configuration came from, to read it again. */
struct service_origin {
	const char *path; /* of the file, NULL for the default one */
	const struct config_override *overrides;
	size_t n_overrides;
};

/* Reads the configuration, and picks cameras when it names none. 0, or as config_load. */
int service_load(const struct service_origin *origin, struct config *ret_config, struct error *err);

/*
 * Refuses a configuration whose worst case is over its budget: -E2BIG with the sum. Prints the sum
 * otherwise, and divides what is left among the cameras.
 */
int service_check_memory(struct config *config, struct error *err);

/*
 * Tells of every camera that is not there or may not be opened. 0 when there is one at least that
 * is; else -ENODEV.
 */
int service_check_cameras(const struct config *config);

/* Starts everything. SIGTERM, SIGINT and SIGHUP must be blocked. 0, or as server_new. */
int service_new(const struct config *config, const struct service_origin *origin,
	struct service **ret_service, struct error *err);

/* Serves until SIGTERM or SIGINT; SIGHUP reads the configuration again. 0, or a negative errno. */
int service_run(struct service *service);

/*
 * Ends everything; devices are released. A driver that does not let go within half a second is left
 * to the kernel: then this ends the process, with status 0. NULL is allowed. Returns NULL.
 */
struct service *service_free(struct service *service);

#endif
