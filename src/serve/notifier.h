/*
 * What systemd is sent while the service runs: a line for systemctl status, and signs of life for
 * the watchdog. Nothing when systemd did not start the process. One thread, the server's.
 */
#ifndef SERVE_NOTIFIER_H
#define SERVE_NOTIFIER_H

#include "hub/hub.h"

struct notifier;
struct server;

/* Begins to send signs of life, if they are asked for. hub and server must outlive the result. 0,
 * or a negative errno with err. */
int notifier_new(
	struct hub *hub, struct server *server, struct notifier **ret_notifier, struct error *err);

/* NULL is allowed. Returns NULL. */
struct notifier *notifier_free(struct notifier *notifier);

#endif
