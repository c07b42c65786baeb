/* The server that is measured: one that runs on this machine, or one of its own. One thread. */
#ifndef ACCEPT_TESTED_SERVER_H
#define ACCEPT_TESTED_SERVER_H

#include <jansson.h>
#include <stdbool.h>
#include <sys/types.h>

#include "client/url.h"
#include "util/error.h"

struct tested_server {
	const struct url *url;
	const char *config; /* of one of its own; NULL for serve's default */
	int log_fd;         /* where one of its own prints to */
	pid_t pid;
	bool is_own;
};

/*
 * Finds the server at the URL; when nothing listens there, starts one. url, config and log_fd must
 * outlive it. 0 or a negative errno; -EREMOTE when the server is on another machine.
 */
int tested_server_open(struct tested_server *server, const struct url *url, const char *config,
	int log_fd, struct error *err);

/* Its status. 0 with a reference that the caller releases, or a negative errno. */
int tested_server_ask(const struct tested_server *server, json_t **ret_status, struct error *err);

/* Kills one of its own and starts it again. 0 or a negative errno. */
int tested_server_restart(struct tested_server *server, struct error *err);

/* Starts it again after tested_server_close. 0 or a negative errno. */
int tested_server_start(struct tested_server *server, struct error *err);

/* Ends one of its own; leaves another one alone. Zeroed is allowed. */
void tested_server_close(struct tested_server *server);

#endif
