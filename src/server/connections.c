#include "server/connections.h"

#include <errno.h>
#include <sys/socket.h>

#include "server/core/listener.h"
#include "server/respond.h"
#include "util/cleanup.h"
#include "util/log.h"

/* The kernel is out of descriptors or memory: to try again at once would be a busy loop. */
#define ACCEPT_PAUSE_US (LWS_US_PER_SEC / 2)

/* What libwebsockets keeps for us with a connection for as long as it lasts; others have none. */
struct connection {
	struct lws *wsi;
	lws_dll2_t waiting; /* in the server's list, while it has no request under way */
	lws_sorted_usec_list_t deadline; /* of its first request */
	bool is_dropped;                 /* its place is given away */
};

unsigned connections_max(const struct server_config *config)
{
	return config->max_viewers + SERVER_OTHER_CONNECTIONS;
}

static void resume(lws_sorted_usec_list_t *sul)
{
	struct server *server = lws_container_of(sul, struct server, accept_sul);

	lws_rx_flow_control(server->listener, 1);
}

static void pause_accepting(struct server *server, int r)
{
	log_warning("accept: %s; no new connection for half a second", error_name(r));
	lws_rx_flow_control(server->listener, 0);
	lws_sul_schedule(server->context, 0, &server->accept_sul, resume, ACCEPT_PAUSE_US);
}

/* Without reading the request: whoever floods the server gets as little of it as can be. */
static void turn_away(int fd)
{
	static const char answer[] = "HTTP/1.1 503 Service Unavailable\r\n"
				     "Retry-After: 5\r\nContent-Length: 0\r\n"
				     "Connection: close\r\n\r\n";
	ssize_t sent = send(fd, answer, sizeof(answer) - 1, MSG_NOSIGNAL | MSG_DONTWAIT);

	(void)sent; /* it is closed in any case */
	close_fd(fd);
}

/* In the next turn of the loop. */
static void drop(struct connection *connection)
{
	connection->is_dropped = true;
	lws_dll2_remove(&connection->waiting);
	lws_set_timeout(connection->wsi, PENDING_TIMEOUT_USER_OK, LWS_TO_KILL_ASYNC);
}

static bool drop_longest_waiting(struct server *server)
{
	lws_dll2_t *head = lws_dll2_get_head(&server->waiting);

	if (!head) {
		return false;
	}
	drop(lws_container_of(head, struct connection, waiting));
	return true;
}

static void expire(lws_sorted_usec_list_t *deadline)
{
	struct connection *connection = lws_container_of(deadline, struct connection, deadline);

	respond_refusal(connection->wsi, 408);
	drop(connection);
}

static void adopt(struct server *server, int fd)
{
	struct connection *connection = calloc(1, sizeof(*connection));

	if (!connection) {
		close_fd(fd);
		return;
	}
	connection->wsi = lws_adopt_socket_vhost(server->vhost, fd);
	if (!connection->wsi) {
		free(connection);
		return;
	}
	lws_set_opaque_user_data(connection->wsi, connection);
	lws_sul_schedule(server->context, 0, &connection->deadline, expire,
		SERVER_REQUEST_TIMEOUT_S * LWS_US_PER_SEC);
	lws_dll2_add_tail(&connection->waiting, &server->waiting);
	server->n_connections++;
}

/* Who only connects, or dawdles over a request, must not keep out those who have one: while places
 * lack, a new connection takes that of the longest waiting one. */
void connections_adopt(struct server *server, struct lws *listener)
{
	for (;;) {
		int fd = listener_accept(lws_get_socket_fd(listener), &server->config.server);
		if (fd == -EAGAIN || fd == -ECONNABORTED || fd == -EINTR) {
			return;
		}
		if (fd < 0) {
			pause_accepting(server, fd);
			return;
		}
		bool is_full = server->n_connections >= connections_max(&server->config.server);
		if (is_full && !drop_longest_waiting(server)) {
			turn_away(fd);
			continue;
		}
		adopt(server, fd);
		if (is_full) {
			return; /* one at a time, so that they are never more than one too many */
		}
	}
}

int connection_begin_request(struct lws *wsi)
{
	struct connection *connection = lws_get_opaque_user_data(wsi);

	lws_sul_cancel(&connection->deadline);
	lws_dll2_remove(&connection->waiting);
	return connection->is_dropped ? -1 : 0;
}

void connection_end_request(struct lws *wsi)
{
	struct connection *connection = lws_get_opaque_user_data(wsi);

	lws_dll2_add_tail(&connection->waiting, &server_of(wsi)->waiting);
}

void connection_free(struct lws *wsi)
{
	struct connection *connection = lws_get_opaque_user_data(wsi);

	if (!connection) {
		return;
	}
	lws_sul_cancel(&connection->deadline);
	lws_dll2_remove(&connection->waiting);
	lws_set_opaque_user_data(wsi, NULL);
	server_of(wsi)->n_connections--;
	free(connection);
}
