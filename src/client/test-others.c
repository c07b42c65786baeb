/* Viewers that misbehave, against a server that this test plays itself, on the same thread. */
#include "client/others.h"

#include <errno.h>
#include <netinet/in.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "util/clock.h"

#define ANSWER                                                                                     \
	"HTTP/1.1 101 Switching Protocols\r\n"                                                     \
	"Sec-WebSocket-Accept: R+3FWuRAFO/c3PXaecR66j5x8s8=\r\n\r\n"
#define SEND_BYTES 65536 /* the server's socket buffer */

struct fixture {
	int listener;
	struct endpoint endpoint;
	struct others others;
	size_t at; /* in the message that is being sent: the socket may take a part */
};

static int setup(void **state)
{
	struct fixture *fixture = calloc(1, sizeof(*fixture));
	struct sockaddr_in address = {
		.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	socklen_t size = sizeof(address);
	char text[64];
	struct url url;

	fixture->listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (setsockopt(fixture->listener, SOL_SOCKET, SO_SNDBUF, &(int){SEND_BYTES}, sizeof(int)) <
			0 ||
		bind(fixture->listener, (struct sockaddr *)&address, size) < 0 ||
		listen(fixture->listener, 16) < 0 ||
		getsockname(fixture->listener, (struct sockaddr *)&address, &size) < 0) {
		return -1;
	}
	snprintf(text, sizeof(text), "ws://127.0.0.1:%u/", ntohs(address.sin_port));
	*state = fixture;
	return url_parse(text, &url, NULL) < 0 ||
			       endpoint_init(&fixture->endpoint, &url, NULL, NULL) < 0
		       ? -1
		       : 0;
}

static int teardown(void **state)
{
	struct fixture *fixture = *state;

	others_done(&fixture->others);
	close(fixture->listener);
	free(fixture);
	return 0;
}

static void begin(struct fixture *fixture, enum others_kind kind)
{
	unsigned counts[OTHERS_KIND_COUNT] = {0};

	counts[kind] = 1;
	assert_int_equal(others_init(&fixture->others, counts, &fixture->endpoint, 1), 0);
}

static void turn(struct fixture *fixture)
{
	assert_int_equal(others_turn(&fixture->others), 0);
	usleep(5000);
}

/* Turns until the value is what is wanted; how long that took. */
static uint64_t turn_until(struct fixture *fixture, const unsigned *value, unsigned wanted)
{
	uint64_t begun_ns = clock_now_ns();

	while (*value != wanted) {
		turn(fixture);
		assert_true(clock_now_ns() < begun_ns + 10 * NSEC_PER_SEC);
	}
	return clock_now_ns() - begun_ns;
}

/* The next viewer, whose request has been answered. */
static int accept_one(struct fixture *fixture)
{
	unsigned n_came = fixture->others.n_came;
	char request[1024];
	int fd = -1;

	for (unsigned i = 0; fd < 0; i++) {
		turn(fixture);
		fd = accept4(fixture->listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
		assert_true(fd >= 0 || (errno == EAGAIN && i < 2000));
	}
	for (unsigned i = 0; recv(fd, request, sizeof(request), 0) <= 0; i++) {
		turn(fixture);
		assert_true(i < 2000);
	}
	assert_int_equal(send(fd, ANSWER, strlen(ANSWER), MSG_NOSIGNAL), strlen(ANSWER));
	turn_until(fixture, &fixture->others.n_came, n_came + 1);
	return fd;
}

/* Sends pictures of 1000 bytes as long as they are taken, for a time; the bytes. */
static size_t send_for(struct fixture *fixture, int fd, uint64_t ns)
{
	uint64_t end_ns = clock_now_ns() + ns;
	static const uint8_t message[1004] = {0x82, 126, 1000 >> 8, 1000 & 0xff, 0xff, 0xd8};
	size_t bytes = 0;

	while (clock_now_ns() < end_ns) {
		ssize_t n = send(
			fd, message + fixture->at, sizeof(message) - fixture->at, MSG_NOSIGNAL);
		if (n > 0) {
			bytes += (size_t)n;
			fixture->at = (fixture->at + (size_t)n) % sizeof(message);
		} else {
			turn(fixture);
		}
	}
	return bytes;
}

/* Nothing is read, yet the end is noticed, and it comes back a second later. */
static void test_stall(void **state)
{
	struct fixture *fixture = *state;

	begin(fixture, OTHERS_KIND_STALL);
	int fd = accept_one(fixture);
	assert_true(send_for(fixture, fd, 300 * NSEC_PER_MSEC) > 0);
	assert_int_equal(send_for(fixture, fd, 500 * NSEC_PER_MSEC), 0);
	/* With a reset, as what is not read stands before an orderly end. */
	const struct linger at_once = {.l_onoff = 1};
	assert_int_equal(setsockopt(fd, SOL_SOCKET, SO_LINGER, &at_once, sizeof(at_once)), 0);
	close(fd);
	turn_until(fixture, &fixture->others.n_ended, 1);
	uint64_t begun_ns = clock_now_ns();
	close(accept_one(fixture));
	assert_true(clock_now_ns() - begun_ns >= 900 * NSEC_PER_MSEC);
}

static void test_slow(void **state)
{
	struct fixture *fixture = *state;

	begin(fixture, OTHERS_KIND_SLOW);
	int fd = accept_one(fixture);
	send_for(fixture, fd, 500 * NSEC_PER_MSEC); /* until the buffers are full */
	size_t bytes = send_for(fixture, fd, 2 * NSEC_PER_SEC);
	assert_true(bytes > 50000);
	assert_true(bytes < 2 * 160000 + SEND_BYTES);
	assert_int_equal(fixture->others.n_ended, 0);
	close(fd);
}

/* It leaves by itself, says so, and is back at once. */
static void test_churn(void **state)
{
	struct fixture *fixture = *state;
	uint8_t goodbye[64];
	static const uint8_t message[] = {0x82, 2, 0xff, 0xd8};

	begin(fixture, OTHERS_KIND_CHURN);
	int fd = accept_one(fixture);
	for (unsigned i = 0; i < 10; i++) {
		assert_int_equal(send(fd, message, sizeof(message), MSG_NOSIGNAL), 4);
	}
	int next = accept_one(fixture);
	assert_int_equal(recv(fd, goodbye, sizeof(goodbye), 0), 8);
	assert_int_equal(goodbye[0], 0x88);
	assert_int_equal(recv(fd, goodbye, sizeof(goodbye), 0), 0);
	assert_int_equal(fixture->others.n_ended, 0);
	close(fd);
	close(next);
}

static void test_none(void **state)
{
	struct fixture *fixture = *state;
	const unsigned counts[OTHERS_KIND_COUNT] = {0};

	assert_int_equal(others_init(&fixture->others, counts, &fixture->endpoint, 1), 0);
	turn(fixture);
	assert_int_equal(fixture->others.n, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_stall, setup, teardown),
		cmocka_unit_test_setup_teardown(test_slow, setup, teardown),
		cmocka_unit_test_setup_teardown(test_churn, setup, teardown),
		cmocka_unit_test_setup_teardown(test_none, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
