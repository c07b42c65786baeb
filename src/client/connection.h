/* A TCP connection of a viewer. Nothing here blocks. One thread. */
#ifndef CLIENT_CONNECTION_H
#define CLIENT_CONNECTION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "client/endpoint.h"

/* Of CONNECTION_CLOSED: .fd = -1 before it is opened. */
struct connection {
	int fd;
	size_t n_sent; /* of the request */
};

#define CONNECTION_CLOSED ((struct connection){.fd = -1})

/* Begins to connect. 0 or a negative errno. */
int connection_open(struct connection *connection, const struct endpoint *endpoint);

/*
 * To be called whenever the socket is writable, until it returns 0: sends the request. 1 when there
 * is more to do, a negative errno when the server cannot be reached.
 */
int connection_ask(struct connection *connection, const struct endpoint *endpoint);

/*
 * Reads up to size bytes; with NULL they are dropped by the kernel. Returns how many, -EAGAIN when
 * there are none yet, -ECONNRESET at the end, or another negative errno. ret_arrived_ns: when the
 * last of them arrived, CLOCK_REALTIME; 0 when the kernel did not note it.
 */
ssize_t connection_read(
	struct connection *connection, void *buffer, size_t size, uint64_t *ret_arrived_ns);

/*
 * Sends a WebSocket frame of at most 125 bytes, masked. 0 or a negative errno: -EAGAIN when the
 * socket does not take all of it, which for so little means that the server does not read.
 */
int connection_send(struct connection *connection, unsigned opcode, const void *data, size_t size);

/* Closed already is allowed. */
void connection_close(struct connection *connection);

#endif
