#include "server/core/eviction.h"

#include <inttypes.h>
#include <linux/tcp.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>

#include "util/clock.h"
#include "util/log.h"

/* What the kernel of a peer takes of a ping: its head, and one byte of payload. */
#define PING_BYTES 3

/* Cut off: what its socket holds is given back at once, instead of after the kernel's own patience.
 */
static void evict(struct viewer *viewer)
{
	struct linger at_once = {.l_onoff = 1, .l_linger = 0};

	(void)setsockopt(
		lws_get_socket_fd(viewer->wsi), SOL_SOCKET, SO_LINGER, &at_once, sizeof(at_once));
	counter_increment(&viewer->server->evicted);
	log_info("viewer %u at %s took nothing for %" PRIu64 " ms: closed", viewer->id,
		viewer->peer, viewer->server->config.server.stall_timeout_ns / NSEC_PER_MSEC);
	lws_set_timeout(viewer->wsi, PENDING_TIMEOUT_USER_OK, LWS_TO_KILL_ASYNC);
}

/* Bytes that the peer has taken since the connection began, tcp(7). */
static uint64_t acknowledged_bytes(int fd)
{
	struct tcp_info info = {0};
	socklen_t size = sizeof(info);

	(void)getsockopt(fd, IPPROTO_TCP, TCP_INFO, &info, &size);
	return info.tcpi_bytes_acked;
}

/* An HTTP client cannot be asked, but whether it has closed the connection can be seen. */
static bool gives_no_sign(const struct viewer *viewer)
{
	struct pollfd peer = {.fd = lws_get_socket_fd(viewer->wsi), .events = POLLRDHUP};

	return viewer_is_http(viewer) ? poll(&peer, 1, 0) > 0 : viewer->owes_pong;
}

/*
 * Who is sent nothing, because its cameras deliver nothing or it watches none, never has a full
 * socket. It is asked for a sign of life instead, and cut off when it gives none in the same time.
 */
static void check_idle(lws_sorted_usec_list_t *deadline)
{
	struct viewer *viewer = lws_container_of(deadline, struct viewer, deadline);
	uint64_t acknowledged = acknowledged_bytes(lws_get_socket_fd(viewer->wsi));
	bool is_idle = acknowledged - viewer->checked_acknowledged <= PING_BYTES;

	if (viewer->has_ended) {
		return;
	}
	if (is_idle && gives_no_sign(viewer)) {
		evict(viewer);
		return;
	}
	viewer->checked_acknowledged = acknowledged;
	viewer->owes_pong = viewer->wants_ping = is_idle && !viewer_is_http(viewer);
	if (viewer->wants_ping) {
		viewer_want_write(viewer);
	}
	eviction_schedule_check(viewer);
}

void eviction_schedule_check(struct viewer *viewer)
{
	uint64_t timeout_ns = viewer->server->config.server.stall_timeout_ns;

	lws_sul_schedule(viewer->server->context, 0, &viewer->deadline, check_idle,
		(lws_usec_t)(timeout_ns / NSEC_PER_USEC));
}

void eviction_check_blocked(struct viewer *viewer)
{
	uint64_t acknowledged = acknowledged_bytes(lws_get_socket_fd(viewer->wsi));
	uint64_t now = clock_now_ns();

	if (viewer->blocked_ns == 0 || acknowledged != viewer->blocked_acknowledged) {
		viewer->blocked_acknowledged = acknowledged;
		viewer->blocked_ns = now;
	} else if (now - viewer->blocked_ns >= viewer->server->config.server.stall_timeout_ns) {
		viewer->blocked_ns = now;
		evict(viewer);
	}
}
