/*
 * The streaming server: HTTP, WebSocket and multipart on one event loop, which gives each viewer
 * the latest frame of the hub whenever that viewer's socket takes a whole one.
 *
 * All calls are of the thread that runs it, but for server_notify and server_stop.
 */
#ifndef SERVER_SERVER_H
#define SERVER_SERVER_H

#include "config/config.h"
#include "hub/hub.h"

struct server;

/* Called on the server's thread. */
struct server_events {
	/* A signal arrived on signal_fd; signo is that of signal(7). */
	void (*on_signal)(void *userdata, int signo);
	/* server_notify was called, by somebody, some time ago. */
	void (*on_news)(void *userdata);
	void *userdata;
};

/*
 * Binds and listens. signal_fd: a non-blocking signalfd(2) that the server watches and the caller
 * owns, or -1. The configuration is copied; hub must outlive the server. 0; -EADDRINUSE, -EACCES,
 * ... with err.
 */
int server_new(const struct config *config, struct hub *hub, const struct server_events *events,
	int signal_fd, struct server **ret_server, struct error *err);

/* Closes what is left. NULL is allowed. Returns NULL. */
struct server *server_free(struct server *server);

/* The address that it listens on, "127.0.0.1:8081", with the port that the kernel chose; for a URL
 * that can be opened here, 127.0.0.1 when it listens on every address. */
const char *server_address(const struct server *server);

/* Serves until server_stop. 0, or a negative errno when the event loop failed. */
int server_run(struct server *server);

/*
 * Ends server_run: viewers are closed with 1001, those that do not answer are cut off after half a
 * second. Any thread; not a signal handler.
 */
void server_stop(struct server *server);

/* There may be new frames or states in the hub. Any thread; does not block. */
void server_notify(struct server *server);

/*
 * New settings: limits and timeouts hold from now on, another address is listened on, open
 * connections stay. More viewers than at the start are not taken, which is logged. 0; or a negative
 * errno with err, and nothing is changed.
 */
int server_configure(struct server *server, const struct config *config, struct error *err);

/* Nobody watches this camera any more; viewers that watch nothing else are closed. */
void server_dismiss_viewers(struct server *server, struct hub_slot *slot);

/* The same, and what its viewers were sent is no longer counted. To be called before hub_remove. */
void server_forget_camera(struct server *server, struct hub_slot *slot);

/* Memory in the worst case: sessions and the kernel's send buffers. */
size_t server_worst_bytes(const struct config *config);

#endif
