/* The URL of a stream: http:// or ws://, a host, a port, a path with its query. */
#ifndef CLIENT_URL_H
#define CLIENT_URL_H

#include <stdbool.h>
#include <sys/socket.h>

#include "util/error.h"

#define URL_HOST_MAX   253
#define URL_TARGET_MAX 1024

struct url {
	bool is_websocket;               /* ws:// */
	bool is_ipv6;                    /* the host was in brackets, which are left out here */
	char host[URL_HOST_MAX + 1];     /* a name or an address */
	char port[6];                    /* decimal; 8081 when the URL names none */
	char target[URL_TARGET_MAX + 1]; /* path and query; "" when the URL ends behind the host */
};

/*
 * 0 or -EINVAL with the reason. Text from the user goes into a request: what is not printable ASCII
 * is refused, and so are users, fragments, and schemes that are encrypted.
 */
int url_parse(const char *text, struct url *ret_url, struct error *err);

/* "http://HOST:PORT", whatever the scheme and the target of the URL are. */
#define URL_BASE_SIZE (sizeof("http://[]:65535") + URL_HOST_MAX)
void url_write_base(const struct url *url, char ret_text[static URL_BASE_SIZE]);

/* The URL, without a target, of a sockaddr_in or sockaddr_in6. */
void url_set_address(const struct sockaddr_storage *address, struct url *ret_url);

#endif
