#include "server/accept.h"

#include <errno.h>
#include <sys/socket.h>

#include "server/core/connections.h"
#include "server/core/listener.h"
#include "server/http/respond.h"
#include "util/cleanup.h"
#include "util/log.h"

/* The kernel is out of descriptors or memory: to try again at once would be a busy loop. */
#define ACCEPT_PAUSE_US (LWS_US_PER_SEC / 2)

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
	static const struct respond_head head = {
		.status = 503, .has_length = true, .extra = RESPOND_RETRY_LATER, .is_last = true};
	char answer[RESPOND_HEAD_MAX];
	size_t size = respond_write_head(&head, answer, sizeof(answer));
	ssize_t sent = send(fd, answer, size, MSG_NOSIGNAL | MSG_DONTWAIT);

	(void)sent; /* it is closed in any case */
	close_fd(fd);
}

static void refuse_late_request(struct lws *wsi)
{
	respond_refusal(wsi, 408);
}

/* Who only connects, or dawdles over a request, must not keep out those who have one: while places
 * lack, a new connection takes that of the longest waiting one. */
void accept_connections(struct server *server, struct lws *listener)
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
		if (is_full && !connections_drop_longest_waiting(server)) {
			turn_away(fd);
			continue;
		}
		connection_open(server, fd, refuse_late_request);
		if (is_full) {
			return; /* one at a time, so that they are never more than one too many */
		}
	}
}
