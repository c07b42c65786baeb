#include "client/url.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "util/parse.h"

#define PORT_DEFAULT "8081"

static int refuse(struct error *err, const char *text, const char *reason)
{
	return error_set(err, -EINVAL, "%.200s: %s", text, reason);
}

static const char *skip_scheme(const char *text, bool *ret_is_websocket)
{
	if (strncmp(text, "ws://", 5) == 0) {
		*ret_is_websocket = true;
		return text + 5;
	}
	if (strncmp(text, "http://", 7) == 0) {
		*ret_is_websocket = false;
		return text + 7;
	}
	return NULL;
}

static bool is_printable(const char *text)
{
	for (; *text; text++) {
		if (*text <= ' ' || *text > '~') {
			return false;
		}
	}
	return true;
}

/* Copies length bytes unless they do not fit. */
static bool copy(char *into, size_t size, const char *from, size_t length)
{
	if (length >= size) {
		return false;
	}
	memcpy(into, from, length);
	into[length] = '\0';
	return true;
}

/* HOST, HOST:PORT or [ADDRESS]:PORT, which end at end. */
static bool parse_authority(const char *text, const char *end, struct url *url)
{
	const char *host_end, *port;
	uint64_t number;

	url->is_ipv6 = *text == '[';
	if (url->is_ipv6) {
		text++;
		host_end = memchr(text, ']', (size_t)(end - text));
		port = host_end ? host_end + 1 : NULL;
	} else {
		host_end = memchr(text, ':', (size_t)(end - text));
		host_end = host_end ? host_end : end;
		port = host_end;
	}
	if (!host_end || host_end == text ||
		!copy(url->host, sizeof(url->host), text, (size_t)(host_end - text)) ||
		strpbrk(url->host, "@[]")) {
		return false;
	}
	if (port == end) {
		memcpy(url->port, PORT_DEFAULT, sizeof(PORT_DEFAULT));
		return true;
	}
	return *port == ':' &&
	       copy(url->port, sizeof(url->port), port + 1, (size_t)(end - port - 1)) &&
	       parse_u64(url->port, 1, UINT16_MAX, &number) == 0;
}

int url_parse(const char *text, struct url *ret_url, struct error *err)
{
	struct url url = {0};

	if (!is_printable(text)) {
		return refuse(err, text, "must contain printable ASCII characters only");
	}
	const char *rest = skip_scheme(text, &url.is_websocket);
	if (!rest) {
		return refuse(err, text, "must begin with http:// or ws://");
	}
	const char *end = rest + strcspn(rest, "/?#");
	if (!parse_authority(rest, end, &url)) {
		return refuse(err, text, "must have HOST, HOST:PORT or [ADDRESS]:PORT");
	}
	if (strchr(end, '#')) {
		return refuse(err, text, "must not have a fragment (#...)");
	}
	/* A query behind the host belongs to the path /. */
	size_t slash = *end == '?' ? 1 : 0;
	url.target[0] = '/';
	if (!copy(url.target + slash, sizeof(url.target) - slash, end, strlen(end))) {
		return refuse(err, text, "the path is too long");
	}
	*ret_url = url;
	return 0;
}

void url_set_address(const struct sockaddr_storage *address, struct url *ret_url)
{
	const struct sockaddr_in *ipv4 = (const struct sockaddr_in *)address;
	const struct sockaddr_in6 *ipv6 = (const struct sockaddr_in6 *)address;
	struct url url = {.is_ipv6 = address->ss_family == AF_INET6};

	inet_ntop(address->ss_family,
		url.is_ipv6 ? (const void *)&ipv6->sin6_addr : (const void *)&ipv4->sin_addr,
		url.host, sizeof(url.host));
	snprintf(url.port, sizeof(url.port), "%u",
		(unsigned)ntohs(url.is_ipv6 ? ipv6->sin6_port : ipv4->sin_port));
	*ret_url = url;
}

void url_write_base(const struct url *url, char ret_text[static URL_BASE_SIZE])
{
	snprintf(ret_text, URL_BASE_SIZE, url->is_ipv6 ? "http://[%s]:%s" : "http://%s:%s",
		url->host, url->port);
}
