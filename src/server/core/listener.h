/* The listening socket, and what every accepted one is set to. */
#ifndef SERVER_CORE_LISTENER_H
#define SERVER_CORE_LISTENER_H

#include "config/config.h"
#include "util/error.h"

/*
 * Binds and listens; non-blocking. replaced: a listening socket that is closed soon and does not
 * stand in the way, as 127.0.0.1 does to 0.0.0.0 with the same port; or -1. 0; -EADDRINUSE,
 * -EADDRNOTAVAIL, -EACCES, -EINVAL (no such host), ... with err. Writes the bound address,
 * "127.0.0.1:8081" or "[::1]:8081", to address.
 */
int listener_open(const struct server_config *config, int replaced, int *ret_fd, char *address,
	size_t size, struct error *err);

/* An address that this machine reaches the listening socket fd at: the bound one, or 127.0.0.1 when
 * it listens on every address. */
void listener_local_address(int fd, char *buffer, size_t size);

#define LISTENER_ADDRESS_MAX 64
#define LISTENER_OTHERS_MAX  8

/*
 * The addresses, as listener_open writes them, at which other machines may reach the listening
 * socket fd: the bound one, or those of the running interfaces when it listens on every address;
 * none of loopback, and no link-local one of IPv6, which needs the name of an interface that only
 * the other machine knows. Returns how many; at most LISTENER_OTHERS_MAX.
 */
size_t listener_others(int fd, char ret_addresses[LISTENER_OTHERS_MAX][LISTENER_ADDRESS_MAX]);

/* Whether only this machine can reach the listening socket fd. */
bool listener_is_loopback(int fd);

/*
 * The next connection, with its options set. A descriptor, -EAGAIN when there is none, or another
 * negative errno.
 */
int listener_accept(int fd, const struct server_config *config);

/* "192.0.2.1:50000" of the peer, "?" when unknown. */
void socket_peer(int fd, char *buffer, size_t size);

#endif
