/*
 * The streaming server: HTTP, WebSocket and multipart on one event loop, which gives each viewer
 * the latest frame of the hub whenever that viewer's socket takes a whole one.
 *
 * All calls are made by the thread that runs it, except for server_stop.
 */
#ifndef SERVER_SERVER_H
#define SERVER_SERVER_H

#include "config/config.h"
#include "hub/hub.h"

struct server;
struct server_watch;

/* Called, on the server's thread, as long as the descriptor is readable. */
typedef void (*server_readable_fn)(void *userdata);

/*
 * Binds, listens, and has the hub wake the loop for new frames. The configuration is copied; hub
 * must outlive the server, and no camera may run yet. 0; -EADDRINUSE, -EACCES, ... with err.
 */
int server_new(const struct config *config, struct hub *hub, struct server **ret_server,
	struct error *err);

/* Closes what is left. No camera may run any more. NULL is allowed. Returns NULL. */
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

/*
 * Has the loop call on_readable when fd, which stays the caller's, is readable. NULL when out of
 * memory or descriptors. The watch ends with the server or with server_unwatch.
 */
struct server_watch *server_watch_fd(
	struct server *server, int fd, server_readable_fn on_readable, void *userdata);

/* on_readable is not called any more. NULL is allowed. Returns NULL. */
struct server_watch *server_unwatch(struct server_watch *watch);

/*
 * Has the loop call on_change, soon, when a viewer that max_viewers counts came or left, or a
 * camera changed its state. NULL: no longer.
 */
typedef void (*server_change_fn)(void *userdata);
void server_set_on_change(struct server *server, server_change_fn on_change, void *userdata);

/* Viewers that max_viewers counts. */
unsigned server_count_viewers(const struct server *server);

/*
 * New settings: limits and timeouts hold from now on, another address is listened on, open
 * connections stay. More viewers than at the start are not taken, which is logged. 0; or a negative
 * errno with err, and nothing is changed.
 */
int server_configure(struct server *server, const struct config *config, struct error *err);

/* No viewer watches slot any more; those that watch nothing else are closed. */
void server_dismiss_viewers(struct server *server, struct hub_slot *slot);

/* The same, and what its viewers were sent is no longer counted. To be called before hub_remove. */
void server_forget_camera(struct server *server, struct hub_slot *slot);

/* Memory in the worst case: connections and the kernel's send buffers. */
size_t server_worst_bytes(const struct config *config);

#endif
