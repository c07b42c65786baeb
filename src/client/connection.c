#include "client/connection.h"

#include <assert.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <string.h>
#include <sys/random.h>
#include <time.h>

#include "util/cleanup.h"
#include "util/clock.h"

#define FIN      0x80
#define MASKED   0x80
#define DATA_MAX 125

static int set_option(int fd, int level, int name, int value)
{
	return setsockopt(fd, level, name, &value, sizeof(value)) < 0 ? -errno : 0;
}

static int prepare(int fd, const struct endpoint *endpoint)
{
	int r = 0;

	if (endpoint->has_stamps) {
		r = set_option(fd, SOL_SOCKET, SO_TIMESTAMPNS, 1);
	}
	/* Before connecting: the window that is offered follows from it. */
	if (r == 0 && endpoint->receive_bytes > 0) {
		r = set_option(fd, SOL_SOCKET, SO_RCVBUF, endpoint->receive_bytes);
	}
	return r < 0 ? r : set_option(fd, IPPROTO_TCP, TCP_NODELAY, 1);
}

int connection_open(struct connection *connection, const struct endpoint *endpoint)
{
	const struct sockaddr *address = (const struct sockaddr *)&endpoint->address;
	_cleanup_close_ int fd =
		socket(address->sa_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

	if (fd < 0) {
		return -errno;
	}
	int r = prepare(fd, endpoint);
	if (r < 0) {
		return r;
	}
	if (connect(fd, address, endpoint->address_size) < 0 && errno != EINPROGRESS) {
		return -errno;
	}
	*connection = (struct connection){.fd = take_fd(fd)};
	return 0;
}

int connection_ask(struct connection *connection, const struct endpoint *endpoint)
{
	int error = 0;
	socklen_t size = sizeof(error);

	if (getsockopt(connection->fd, SOL_SOCKET, SO_ERROR, &error, &size) < 0) {
		return -errno;
	}
	if (error != 0) {
		return -error;
	}
	ssize_t n = send(connection->fd, endpoint->request + connection->n_sent,
		endpoint->request_size - connection->n_sent, MSG_NOSIGNAL);
	if (n < 0) {
		return errno == EAGAIN || errno == EINTR ? 1 : -errno;
	}
	connection->n_sent += (size_t)n;
	return connection->n_sent < endpoint->request_size;
}

static uint64_t read_stamp_ns(struct msghdr *message)
{
	for (struct cmsghdr *c = CMSG_FIRSTHDR(message); c; c = CMSG_NXTHDR(message, c)) {
		if (c->cmsg_level == SOL_SOCKET && c->cmsg_type == SCM_TIMESTAMPNS) {
			struct timespec stamp;
			memcpy(&stamp, CMSG_DATA(c), sizeof(stamp));
			return (uint64_t)stamp.tv_sec * NSEC_PER_SEC + (uint64_t)stamp.tv_nsec;
		}
	}
	return 0;
}

ssize_t connection_read(
	struct connection *connection, void *buffer, size_t size, uint64_t *ret_arrived_ns)
{
	union {
		struct cmsghdr align;
		char bytes[CMSG_SPACE(sizeof(struct timespec))];
	} control;
	struct iovec data = {.iov_base = buffer, .iov_len = size};
	struct msghdr message = {.msg_iov = &data,
		.msg_iovlen = 1,
		.msg_control = control.bytes,
		.msg_controllen = sizeof(control.bytes)};
	ssize_t n = recvmsg(connection->fd, &message, buffer ? 0 : MSG_TRUNC);

	if (n < 0) {
		return errno == EINTR ? -EAGAIN : -errno;
	}
	if (n == 0) {
		return -ECONNRESET;
	}
	*ret_arrived_ns = read_stamp_ns(&message);
	return n;
}

int connection_send(struct connection *connection, unsigned opcode, const void *data, size_t size)
{
	uint8_t frame[2 + 4 + DATA_MAX] = {(uint8_t)(FIN | opcode), (uint8_t)(MASKED | size)};
	uint8_t *key = frame + 2, *payload = frame + 6;

	assert(size <= DATA_MAX);
	if (getrandom(key, 4, GRND_NONBLOCK) != 4) {
		return -EIO;
	}
	for (size_t i = 0; i < size; i++) {
		payload[i] = ((const uint8_t *)data)[i] ^ key[i % 4];
	}
	ssize_t n = send(connection->fd, frame, 6 + size, MSG_NOSIGNAL);
	if (n < 0) {
		return -errno;
	}
	return (size_t)n == 6 + size ? 0 : -EAGAIN;
}

void connection_close(struct connection *connection)
{
	connection->fd = close_fd(connection->fd);
}
