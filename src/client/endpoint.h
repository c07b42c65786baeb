/* A server, and the stream that is asked of it: what all connections to it have in common. */
#ifndef CLIENT_ENDPOINT_H
#define CLIENT_ENDPOINT_H

#include <sys/socket.h>
#include <time.h>

#include "client/stream/stream.h"
#include "client/url.h"

#define ENDPOINT_REQUEST_MAX 2048

struct endpoint {
	struct stream_options stream;
	unsigned camera;   /* of pictures that come without the header of twinlens.v1 */
	clockid_t clock;   /* of the capture times; CLOCK_MONOTONIC unless set otherwise */
	int64_t ahead_ns;  /* what that clock of the server is ahead of this machine's */
	bool has_stamps;   /* asks the kernel when data arrived, instead of when it was read */
	int receive_bytes; /* SO_RCVBUF of the connections; 0 leaves it to the kernel */

	/* set by endpoint_init */
	struct sockaddr_storage address;
	socklen_t address_size;
	char request[ENDPOINT_REQUEST_MAX];
	size_t request_size;
};

/*
 * Looks the host up and writes the request. May block: a host with several addresses is connected
 * to, to find one that can be reached. A WebSocket is asked for the protocol unless that is NULL,
 * which asks for bare pictures. 0 or a negative errno with the reason.
 */
int endpoint_init(
	struct endpoint *endpoint, const struct url *url, const char *protocol, struct error *err);

/*
 * A capture time of the server as a time of this machine's CLOCK_MONOTONIC. now_ns is that now.
 * Servers of multipart stamp pictures with one clock or another: seconds of 2001 or later are
 * CLOCK_REALTIME, and a time more than ten minutes ago or a second ahead is of a clock that this
 * machine does not have. 0 when the time is not known.
 */
uint64_t endpoint_local_ns(const struct endpoint *endpoint, uint64_t captured_ns, uint64_t now_ns);

#endif
