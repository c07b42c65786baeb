/* Descriptors that the loop watches for the owner of the server; the calls are in server.h. */
#ifndef SERVER_WATCH_H
#define SERVER_WATCH_H

#include "server/core/state.h"
#include "server/server.h"

#define WATCH_PROTOCOL_NAME "watch"

/* What libwebsockets keeps for us with a watched descriptor. */
struct server_watch {
	struct lws *wsi;
	server_readable_fn on_readable; /* NULL: no longer watched */
	void *userdata;
};

/* Gives fd, which is closed with the result or on failure, to the loop; protocol: the name of the
 * struct lws_protocols that is called for it. NULL when it failed. */
struct lws *watch_adopt_file(struct server *server, int fd, const char *protocol);

/* Called by libwebsockets; user is a struct server_watch. */
int watch_callback(
	struct lws *wsi, enum lws_callback_reasons reason, void *user, void *in, size_t size);

#endif
