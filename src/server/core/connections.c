#include "server/core/connections.h"

#include "util/cleanup.h"

/* What libwebsockets keeps for us with a connection for as long as it lasts; others have none. */
struct connection {
	struct lws *wsi;
	lws_dll2_t waiting; /* in the server's list, while it has no request under way */
	lws_sorted_usec_list_t deadline; /* of its first request */
	connection_expired_fn on_expired;
	bool is_dropped; /* its place is given away */
};

unsigned connections_max(const struct server_config *config)
{
	return config->max_viewers + SERVER_OTHER_CONNECTIONS;
}

/* The loop closes it when it comes round. */
static void drop(struct connection *connection)
{
	connection->is_dropped = true;
	lws_dll2_remove(&connection->waiting);
	lws_set_timeout(connection->wsi, PENDING_TIMEOUT_USER_OK, LWS_TO_KILL_ASYNC);
}

bool connections_drop_longest_waiting(struct server *server)
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

	connection->on_expired(connection->wsi);
	drop(connection);
}

void connection_open(struct server *server, int fd, connection_expired_fn on_expired)
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
	connection->on_expired = on_expired;
	lws_set_opaque_user_data(connection->wsi, connection);
	lws_sul_schedule(server->context, 0, &connection->deadline, expire,
		SERVER_REQUEST_TIMEOUT_S * LWS_US_PER_SEC);
	lws_dll2_add_tail(&connection->waiting, &server->waiting);
	server->n_connections++;
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
