/*
 * Our own socket and not libwebsockets': its errors have words, its port can be asked for, and a
 * new address can be listened on while the connections of the old one go on.
 */
#include "server/core/listener.h"

#include <arpa/inet.h>
#include <errno.h>
#include <ifaddrs.h>
#include <net/if.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <string.h>
#include <sys/socket.h>

#include "util/cleanup.h"
#include "util/log.h"

#define BACKLOG 64

/* A dead peer is noticed after about a minute, also when nothing is sent to it. */
#define KEEPALIVE_IDLE_S     30
#define KEEPALIVE_INTERVAL_S 10
#define KEEPALIVE_PROBES     3

union address {
	struct sockaddr any;
	struct sockaddr_in ipv4;
	struct sockaddr_in6 ipv6;
	struct sockaddr_storage storage;
};

/* An IPv4 peer of a socket that listens on every address. */
static bool is_mapped(const union address *address)
{
	return address->any.sa_family == AF_INET6 && IN6_IS_ADDR_V4MAPPED(&address->ipv6.sin6_addr);
}

static void format_address(const union address *address, char *buffer, size_t size)
{
	char host[INET6_ADDRSTRLEN] = "?";

	if (is_mapped(address)) {
		inet_ntop(AF_INET, &address->ipv6.sin6_addr.s6_addr[12], host, sizeof(host));
		snprintf(buffer, size, "%s:%u", host, ntohs(address->ipv6.sin6_port));
	} else if (address->any.sa_family == AF_INET6) {
		inet_ntop(AF_INET6, &address->ipv6.sin6_addr, host, sizeof(host));
		snprintf(buffer, size, "[%s]:%u", host, ntohs(address->ipv6.sin6_port));
	} else if (address->any.sa_family == AF_INET) {
		inet_ntop(AF_INET, &address->ipv4.sin_addr, host, sizeof(host));
		snprintf(buffer, size, "%s:%u", host, ntohs(address->ipv4.sin_port));
	} else {
		snprintf(buffer, size, "?");
	}
}

void socket_peer(int fd, char *buffer, size_t size)
{
	union address address = {0};
	socklen_t length = sizeof(address);

	(void)getpeername(fd, &address.any, &length);
	format_address(&address, buffer, size);
}

static void set_option(int fd, int level, int option, int value)
{
	if (setsockopt(fd, level, option, &value, sizeof(value)) < 0) {
		log_debug("socket option %d/%d = %d: %s", level, option, value, error_name(-errno));
	}
}

static int bind_one(const struct addrinfo *info, int replaced, int *ret_fd)
{
	_cleanup_close_ int fd =
		socket(info->ai_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, IPPROTO_TCP);

	if (fd < 0) {
		return -errno;
	}
	set_option(fd, SOL_SOCKET, SO_REUSEADDR, 1);
	if (info->ai_family == AF_INET6) {
		set_option(fd, IPPROTO_IPV6, IPV6_V6ONLY, 0); /* "::" is every address */
	}
	if (replaced >= 0) {
		set_option(replaced, SOL_SOCKET, SO_REUSEPORT, 1);
		set_option(fd, SOL_SOCKET, SO_REUSEPORT, 1);
	}
	int r = bind(fd, info->ai_addr, info->ai_addrlen) < 0 || listen(fd, BACKLOG) < 0 ? -errno
											 : 0;
	if (replaced >= 0) {
		set_option(replaced, SOL_SOCKET, SO_REUSEPORT, 0);
		set_option(fd, SOL_SOCKET, SO_REUSEPORT, 0);
	}
	if (r < 0) {
		return r;
	}
	*ret_fd = take_fd(fd);
	return 0;
}

static int bind_first(const struct addrinfo *list, int family, int replaced, int *ret_fd)
{
	int r = -EAFNOSUPPORT;

	for (const struct addrinfo *info = list; info && r < 0; info = info->ai_next) {
		if (family == AF_UNSPEC || family == info->ai_family) {
			r = bind_one(info, replaced, ret_fd);
		}
	}
	return r;
}

static const char *advice(int r)
{
	switch (r) {
	case -EADDRINUSE:
		return "; another program listens there, choose another port with --listen";
	case -EACCES:
		return "; ports below 1024 need CAP_NET_BIND_SERVICE";
	case -EADDRNOTAVAIL:
		return "; it is not an address of this machine";
	default:
		return "";
	}
}

/* A name that does not resolve is a setting that cannot work: -EINVAL. */
static int error_resolve(int r, const char *host, const char *port, struct error *err)
{
	if (r == EAI_SYSTEM || r == EAI_MEMORY) {
		int code = r == EAI_SYSTEM ? -errno : -ENOMEM;
		return error_set(err, code, "listen %s:%s: %s", host, port, error_name(code));
	}
	return error_set(err, -EINVAL,
		"listen %s:%s: %s; give an address of this machine, or a name that resolves to one",
		host, port, gai_strerror(r));
}

int listener_open(const struct server_config *config, int replaced, int *ret_fd, char *address,
	size_t size, struct error *err)
{
	const struct addrinfo hints = {
		.ai_family = AF_UNSPEC,
		.ai_socktype = SOCK_STREAM,
		.ai_flags = AI_PASSIVE | AI_NUMERICSERV,
	};
	const char *host = config->listen_address[0] ? config->listen_address : NULL;
	struct addrinfo *list = NULL;
	char port[8];

	snprintf(port, sizeof(port), "%u", config->listen_port);
	int r = getaddrinfo(host, port, &hints, &list);
	if (r != 0) {
		return error_resolve(r, config->listen_address, port, err);
	}
	/* "::" takes IPv4, too, and 0.0.0.0 is for kernels without IPv6. */
	r = bind_first(list, host ? AF_UNSPEC : AF_INET6, replaced, ret_fd);
	if (r == -EAFNOSUPPORT && !host) {
		r = bind_first(list, AF_INET, replaced, ret_fd);
	}
	freeaddrinfo(list);
	if (r < 0) {
		return error_set(err, r, "listen %s:%s: %s%s", config->listen_address, port,
			error_name(r), advice(r));
	}
	union address bound = {0};
	socklen_t length = sizeof(bound);
	(void)getsockname(*ret_fd, &bound.any, &length);
	format_address(&bound, address, size);
	return 0;
}

static bool is_any(const union address *address)
{
	return address->any.sa_family == AF_INET6
		       ? IN6_IS_ADDR_UNSPECIFIED(&address->ipv6.sin6_addr)
		       : address->ipv4.sin_addr.s_addr == htonl(INADDR_ANY);
}

static bool is_loopback(const union address *address)
{
	if (address->any.sa_family == AF_INET6) {
		return IN6_IS_ADDR_LOOPBACK(&address->ipv6.sin6_addr);
	}
	return address->any.sa_family == AF_INET &&
	       ntohl(address->ipv4.sin_addr.s_addr) >> IN_CLASSA_NSHIFT == IN_LOOPBACKNET;
}

void listener_local_address(int fd, char *buffer, size_t size)
{
	union address bound = {0};
	socklen_t length = sizeof(bound);

	(void)getsockname(fd, &bound.any, &length);
	if (is_any(&bound)) {
		/* The ports are in the same place, and whoever takes all addresses takes this one.
		 */
		bound.ipv4.sin_family = AF_INET;
		bound.ipv4.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	}
	format_address(&bound, buffer, size);
}

bool listener_is_loopback(int fd)
{
	union address bound = {0};
	socklen_t length = sizeof(bound);

	return getsockname(fd, &bound.any, &length) == 0 && is_loopback(&bound);
}

/* The address of an interface, with the port of a socket that is bound to every address. */
static bool take_interface(
	const struct ifaddrs *interface, const union address *bound, union address *ret_address)
{
	const unsigned wanted = IFF_UP | IFF_RUNNING;
	int family = interface->ifa_addr ? interface->ifa_addr->sa_family : AF_UNSPEC;

	*ret_address = (union address){0};
	if (family == AF_INET) {
		memcpy(&ret_address->ipv4, interface->ifa_addr, sizeof(ret_address->ipv4));
		ret_address->ipv4.sin_port = bound->ipv4.sin_port;
	} else if (family == AF_INET6 && bound->any.sa_family == AF_INET6) {
		memcpy(&ret_address->ipv6, interface->ifa_addr, sizeof(ret_address->ipv6));
		ret_address->ipv6.sin6_port = bound->ipv6.sin6_port;
		if (IN6_IS_ADDR_LINKLOCAL(&ret_address->ipv6.sin6_addr)) {
			return false;
		}
	} else {
		return false;
	}
	return (interface->ifa_flags & wanted) == wanted && !is_loopback(ret_address);
}

size_t listener_others(int fd, char ret_addresses[LISTENER_OTHERS_MAX][LISTENER_ADDRESS_MAX])
{
	union address bound = {0}, address;
	socklen_t length = sizeof(bound);
	struct ifaddrs *interfaces;
	size_t n = 0;

	if (getsockname(fd, &bound.any, &length) < 0 || is_loopback(&bound)) {
		return 0;
	}
	if (!is_any(&bound)) {
		format_address(&bound, ret_addresses[0], LISTENER_ADDRESS_MAX);
		return 1;
	}
	if (getifaddrs(&interfaces) < 0) {
		return 0;
	}
	for (struct ifaddrs *i = interfaces; i && n < LISTENER_OTHERS_MAX; i = i->ifa_next) {
		if (take_interface(i, &bound, &address)) {
			format_address(&address, ret_addresses[n++], LISTENER_ADDRESS_MAX);
		}
	}
	freeifaddrs(interfaces);
	return n;
}

int listener_accept(int fd, const struct server_config *config)
{
	int connection = accept4(fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);

	if (connection < 0) {
		return -errno;
	}
	int send_buffer = (int)config->send_buffer;
	/* Beyond net.core.wmem_max for those who may; the ordinary way is capped there. */
	if (setsockopt(connection, SOL_SOCKET, SO_SNDBUFFORCE, &send_buffer, sizeof(send_buffer)) <
		0) {
		set_option(connection, SOL_SOCKET, SO_SNDBUF, send_buffer);
	}
	set_option(connection, IPPROTO_TCP, TCP_NODELAY, 1);
	set_option(connection, SOL_SOCKET, SO_KEEPALIVE, 1);
	set_option(connection, IPPROTO_TCP, TCP_KEEPIDLE, KEEPALIVE_IDLE_S);
	set_option(connection, IPPROTO_TCP, TCP_KEEPINTVL, KEEPALIVE_INTERVAL_S);
	set_option(connection, IPPROTO_TCP, TCP_KEEPCNT, KEEPALIVE_PROBES);
	return connection;
}
