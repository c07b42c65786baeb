#include "client/endpoint.h"

#include <errno.h>
#include <netdb.h>
#include <stdio.h>
#include <string.h>
#include <sys/time.h>

#include "util/cleanup.h"
#include "util/clock.h"

#define PROBE_MS          3000
#define REALTIME_LEAST_NS (1000000000 * NSEC_PER_SEC) /* 2001-09-09; no machine is up that long */
#define AGE_MOST_NS       ((int64_t)(600 * NSEC_PER_SEC))
#define AGE_LEAST_NS      (-(int64_t)NSEC_PER_SEC)

/* Returns true if something listens there; waits PROBE_MS at most. */
static bool is_reachable(const struct addrinfo *address)
{
	const struct timeval limit = {.tv_sec = PROBE_MS / 1000};
	_cleanup_close_ int fd = socket(address->ai_family, SOCK_STREAM | SOCK_CLOEXEC, 0);

	return fd >= 0 && setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof(limit)) == 0 &&
	       connect(fd, address->ai_addr, address->ai_addrlen) == 0;
}

/* Of several addresses, as localhost has, the first one that is reachable; else the first. */
static const struct addrinfo *choose(const struct addrinfo *found)
{
	for (const struct addrinfo *a = found; a && found->ai_next; a = a->ai_next) {
		if (is_reachable(a)) {
			return a;
		}
	}
	return found;
}

static int look_up(struct endpoint *endpoint, const struct url *url, struct error *err)
{
	const struct addrinfo hints = {.ai_socktype = SOCK_STREAM, .ai_flags = AI_NUMERICSERV};
	struct addrinfo *found;
	int r = getaddrinfo(url->host, url->port, &hints, &found);

	if (r != 0) {
		return error_set(err, r == EAI_SYSTEM ? -errno : -ENOENT, "%s: %s", url->host,
			gai_strerror(r));
	}
	const struct addrinfo *chosen = choose(found);
	memcpy(&endpoint->address, chosen->ai_addr, chosen->ai_addrlen);
	endpoint->address_size = chosen->ai_addrlen;
	freeaddrinfo(found);
	return 0;
}

static int write_request(
	struct endpoint *endpoint, const struct url *url, const char *protocol, struct error *err)
{
	size_t size = sizeof(endpoint->request);
	int n = snprintf(endpoint->request, size, "GET %s HTTP/1.1\r\nHost: %s%s%s:%s\r\n",
		url->target[0] ? url->target : "/", url->is_ipv6 ? "[" : "", url->host,
		url->is_ipv6 ? "]" : "", url->port);

	if (n > 0 && (size_t)n < size && url->is_websocket) {
		n += snprintf(endpoint->request + n, size - (size_t)n,
			"Upgrade: websocket\r\nConnection: Upgrade\r\n"
			"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: " STREAM_KEY "\r\n");
	}
	if (n > 0 && (size_t)n < size && url->is_websocket && protocol) {
		n += snprintf(endpoint->request + n, size - (size_t)n,
			"Sec-WebSocket-Protocol: %s\r\n", protocol);
	}
	if (n < 0 || (size_t)n + 2 >= size) {
		return error_set(err, -E2BIG, "%.100s: the request is too long", url->target);
	}
	memcpy(endpoint->request + n, "\r\n", 3);
	endpoint->request_size = (size_t)n + 2;
	return 0;
}

int endpoint_init(
	struct endpoint *endpoint, const struct url *url, const char *protocol, struct error *err)
{
	*endpoint = (struct endpoint){
		.clock = CLOCK_MONOTONIC,
		.stream.kind = url->is_websocket ? STREAM_KIND_WEBSOCKET : STREAM_KIND_MULTIPART,
	};
	int r = look_up(endpoint, url, err);

	if (r < 0) {
		return r;
	}
	return write_request(endpoint, url, protocol, err);
}

uint64_t endpoint_local_ns(const struct endpoint *endpoint, uint64_t captured_ns, uint64_t now_ns)
{
	bool is_multipart = endpoint->stream.kind == STREAM_KIND_MULTIPART;
	bool is_realtime = is_multipart && captured_ns >= REALTIME_LEAST_NS;
	clockid_t clock = is_realtime ? CLOCK_REALTIME : endpoint->clock;
	uint64_t ahead_ns = (uint64_t)endpoint->ahead_ns;

	if (captured_ns == 0) {
		return 0;
	}
	if (clock != CLOCK_MONOTONIC) {
		ahead_ns += clock_read_ns(clock) - now_ns;
	}
	uint64_t local_ns = captured_ns - ahead_ns;
	int64_t age_ns = (int64_t)(now_ns - local_ns);
	if (is_multipart && (age_ns > AGE_MOST_NS || age_ns < AGE_LEAST_NS)) {
		return 0;
	}
	return local_ns;
}
