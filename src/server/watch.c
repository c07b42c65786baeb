/*
 * libwebsockets closes what it watches, and only when the loop comes round. So it is given a
 * duplicate, and the owner may close its own descriptor at any time.
 */
#include "server/watch.h"

#include <fcntl.h>

struct lws *watch_adopt_file(struct server *server, int fd, const char *protocol)
{
	lws_sock_file_fd_type file = {.filefd = fd};

	return fd < 0 ? NULL
		      : lws_adopt_descriptor_vhost(
				server->vhost, LWS_ADOPT_RAW_FILE_DESC, file, protocol, NULL);
}

struct server_watch *server_watch_fd(
	struct server *server, int fd, server_readable_fn on_readable, void *userdata)
{
	struct lws *wsi =
		watch_adopt_file(server, fcntl(fd, F_DUPFD_CLOEXEC, 0), WATCH_PROTOCOL_NAME);

	if (!wsi) {
		return NULL;
	}
	struct server_watch *watch = lws_wsi_user(wsi);
	*watch =
		(struct server_watch){.wsi = wsi, .on_readable = on_readable, .userdata = userdata};
	return watch;
}

struct server_watch *server_unwatch(struct server_watch *watch)
{
	if (watch) {
		watch->on_readable = NULL;
		lws_set_timeout(watch->wsi, PENDING_TIMEOUT_USER_OK, LWS_TO_KILL_ASYNC);
	}
	return NULL;
}

int watch_callback(
	struct lws *wsi, enum lws_callback_reasons reason, void *user, void *in, size_t size)
{
	struct server_watch *watch = user;

	(void)wsi;
	(void)in;
	(void)size;
	if (reason == LWS_CALLBACK_RAW_RX_FILE && watch->on_readable) {
		watch->on_readable(watch->userdata);
	}
	return 0;
}
