/* A crowd against a server that this test plays itself, on the same thread. */
#include "client/crowd.h"

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
	"Sec-WebSocket-Accept: R+3FWuRAFO/c3PXaecR66j5x8s8=\r\n"                                   \
	"Sec-WebSocket-Protocol: twinlens.v1\r\n\r\n"
#define PICTURE_BYTES 20000

struct fixture {
	int listener;
	struct endpoint endpoint;
	struct crowd_options options;
	struct crowd crowd;
};

static int setup(void **state)
{
	struct fixture *fixture = calloc(1, sizeof(*fixture));
	struct sockaddr_in address = {
		.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	socklen_t size = sizeof(address);
	char text[64];
	struct url url;

	fixture->listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (bind(fixture->listener, (struct sockaddr *)&address, size) < 0 ||
		listen(fixture->listener, 16) < 0 ||
		getsockname(fixture->listener, (struct sockaddr *)&address, &size) < 0) {
		return -1;
	}
	snprintf(text, sizeof(text), "ws://127.0.0.1:%u/ws/video?camera=all",
		ntohs(address.sin_port));
	if (url_parse(text, &url, NULL) < 0 ||
		endpoint_init(&fixture->endpoint, &url, STREAM_PROTOCOL, NULL) < 0) {
		return -1;
	}
	fixture->endpoint.has_stamps = true;
	fixture->options = (struct crowd_options){.endpoints = &fixture->endpoint,
		.n_endpoints = 1,
		.n_viewers = 1,
		.open_timeout_ns = 10 * NSEC_PER_SEC};
	*state = fixture;
	return 0;
}

static int teardown(void **state)
{
	struct fixture *fixture = *state;

	crowd_done(&fixture->crowd);
	close(fixture->listener);
	free(fixture);
	return 0;
}

/* Turns until the value is what is wanted. */
static void turn_until(struct fixture *fixture, const unsigned *value, unsigned wanted)
{
	uint64_t end = clock_now_ns() + 5 * NSEC_PER_SEC;

	while (*value != wanted) {
		if (clock_now_ns() > end) {
			fail_msg("%u instead of %u; %s", *value, wanted, fixture->crowd.err.text);
		}
		assert_int_equal(crowd_turn(&fixture->crowd, 20), 0);
	}
}

static void send_all(int fd, const void *data, size_t size)
{
	assert_int_equal(send(fd, data, size, MSG_NOSIGNAL), size);
}

/* Accepts a viewer and reads its request. */
static int accept_one(struct fixture *fixture, char *request, size_t size)
{
	assert_int_equal(crowd_turn(&fixture->crowd, 100), 0);
	int fd = accept(fixture->listener, NULL, NULL);
	assert_true(fd >= 0);
	for (size_t used = 0;;) {
		assert_int_equal(crowd_turn(&fixture->crowd, 20), 0);
		ssize_t n = recv(fd, request + used, size - used - 1, MSG_DONTWAIT);
		used += n > 0 ? (size_t)n : 0;
		request[used] = '\0';
		if (strstr(request, "\r\n\r\n")) {
			return fd;
		}
	}
}

static int open_one(struct fixture *fixture)
{
	char request[1024];
	int fd = accept_one(fixture, request, sizeof(request));

	send_all(fd, ANSWER, strlen(ANSWER));
	return fd;
}

/* A message with a picture, of which only the ends are one. */
static void send_picture(int fd, unsigned camera, uint32_t sequence)
{
	uint8_t bytes[4 + STREAM_HEADER_BYTES + PICTURE_BYTES] = {0x82, 126};
	uint8_t *header = bytes + 4;
	uint64_t captured_us = clock_now_ns() / NSEC_PER_USEC - 5000;

	bytes[2] = (STREAM_HEADER_BYTES + PICTURE_BYTES) >> 8;
	bytes[3] = (STREAM_HEADER_BYTES + PICTURE_BYTES) & 0xff;
	header[0] = header[1] = 1;
	header[2] = (uint8_t)camera;
	header[7] = (uint8_t)sequence;
	for (unsigned i = 0; i < 8; i++) {
		header[8 + i] = (uint8_t)(captured_us >> (56 - 8 * i));
	}
	memcpy(header + STREAM_HEADER_BYTES, "\xff\xd8", 2);
	send_all(fd, bytes, sizeof(bytes));
}

static void test_request(void **state)
{
	struct fixture *fixture = *state;
	char request[1024];

	assert_int_equal(crowd_init(&fixture->crowd, &fixture->options), 0);
	int fd = accept_one(fixture, request, sizeof(request));
	assert_ptr_equal(strstr(request, "GET /ws/video?camera=all HTTP/1.1\r\n"), request);
	assert_non_null(strstr(request, "\r\nHost: 127.0.0.1:"));
	assert_non_null(strstr(request, "\r\nSec-WebSocket-Key: " STREAM_KEY "\r\n"));
	assert_non_null(strstr(request, "\r\nSec-WebSocket-Protocol: twinlens.v1\r\n"));
	close(fd);
}

static void test_pictures_of_two_cameras(void **state)
{
	struct fixture *fixture = *state;
	struct crowd *crowd = &fixture->crowd;
	struct viewer *viewer;

	assert_int_equal(crowd_init(crowd, &fixture->options), 0);
	int fd = open_one(fixture);
	turn_until(fixture, &crowd->n_open, 1);
	viewer = &crowd->viewers[0];
	send_picture(fd, 0, 1);
	turn_until(fixture, &viewer->n_frames, 1);
	assert_int_equal(crowd->n_waiting, 0);
	crowd_begin(crowd);
	send_picture(fd, 0, 2);
	send_picture(fd, 1, 7);
	send_picture(fd, 0, 5);
	send_picture(fd, VIEWER_CAMERAS_MAX, 1);
	turn_until(fixture, &viewer->n_frames, 5);
	crowd_settle(crowd);
	assert_int_equal(viewer->tracks[0]->frames, 2);
	assert_int_equal(viewer->tracks[0]->skipped, 2);
	assert_int_equal(viewer->tracks[0]->bytes, 2 * PICTURE_BYTES);
	assert_int_equal(viewer->tracks[1]->frames, 1);
	assert_int_equal(viewer->strangers, 1);
	assert_int_equal(crowd->shared.bytes, 4 * (4 + STREAM_HEADER_BYTES + PICTURE_BYTES));
	assert_true(viewer->gap_max_ns > 0 && viewer->gap_max_ns < NSEC_PER_SEC);
	assert_int_equal(crowd->shared.ages[0].at_arrival.total, 2);
	assert_true(crowd->shared.ages[0].at_arrival.max_ns >= 5 * NSEC_PER_MSEC);
	assert_true(crowd->shared.ages[0].at_arrival.max_ns < NSEC_PER_SEC);
	close(fd);
	turn_until(fixture, &crowd->n_lost, 1);
	assert_int_equal(viewer->lost, -ECONNRESET);
}

/* The kernel tells when a picture came, however late it is read: here after 50 ms. */
static void test_late_reading_is_lag(void **state)
{
	struct fixture *fixture = *state;
	struct crowd *crowd = &fixture->crowd;

	assert_int_equal(crowd_init(crowd, &fixture->options), 0);
	int fd = open_one(fixture);
	turn_until(fixture, &crowd->n_open, 1);
	send_picture(fd, 0, 1);
	turn_until(fixture, &crowd->viewers[0].n_frames, 1);
	crowd_begin(crowd);
	send_picture(fd, 0, 2);
	usleep(50000);
	turn_until(fixture, &crowd->viewers[0].n_frames, 2);
	if (crowd->shared.lag.total == 0) {
		skip(); /* the kernel has not begun to note times yet */
	}
	assert_true(crowd->shared.lag.max_ns >= 45 * NSEC_PER_MSEC);
	assert_true(crowd->shared.ages[0].at_arrival.max_ns < 50 * NSEC_PER_MSEC);
	close(fd);
}

static void test_ping_and_close(void **state)
{
	struct fixture *fixture = *state;
	struct crowd *crowd = &fixture->crowd;
	uint8_t pong[64];

	assert_int_equal(crowd_init(crowd, &fixture->options), 0);
	int fd = open_one(fixture);
	turn_until(fixture, &crowd->n_open, 1);
	send_all(fd, "\x89\x02hi", 4);
	assert_int_equal(crowd_turn(crowd, 1000), 0);
	assert_int_equal(recv(fd, pong, sizeof(pong), 0), 8);
	assert_int_equal(pong[0], 0x8a);
	assert_int_equal(pong[1], 0x82);
	assert_int_equal(pong[6] ^ pong[2], 'h');
	assert_int_equal(pong[7] ^ pong[3], 'i');
	send_all(fd, "\x88\x02\x03\xe9", 4);
	turn_until(fixture, &crowd->n_lost, 1);
	assert_int_equal(crowd->viewers[0].close_code, 1001);
	close(fd);
}

static void test_refused(void **state)
{
	struct fixture *fixture = *state;
	struct crowd *crowd = &fixture->crowd;
	char request[1024];
	static const char answer[] = "HTTP/1.1 503 Service Unavailable\r\n\r\n";

	assert_int_equal(crowd_init(crowd, &fixture->options), 0);
	int fd = accept_one(fixture, request, sizeof(request));
	send_all(fd, answer, sizeof(answer) - 1);
	turn_until(fixture, &crowd->n_lost, 1);
	assert_int_equal(crowd->err.code, -ECONNREFUSED);
	assert_non_null(strstr(crowd->err.text, "503"));
	assert_int_equal(crowd->n_waiting, 1);
	close(fd);
}

static void test_nobody_answers(void **state)
{
	struct fixture *fixture = *state;
	struct crowd *crowd = &fixture->crowd;

	fixture->options.open_timeout_ns = 200 * NSEC_PER_MSEC;
	assert_int_equal(crowd_init(crowd, &fixture->options), 0);
	turn_until(fixture, &crowd->n_lost, 1);
	assert_int_equal(crowd->err.code, -ETIMEDOUT);
}

static void test_nobody_listens(void **state)
{
	struct fixture *fixture = *state;
	struct crowd *crowd = &fixture->crowd;

	shutdown(fixture->listener, SHUT_RDWR);
	fixture->options.n_viewers = 100;
	assert_int_equal(crowd_init(crowd, &fixture->options), 0);
	turn_until(fixture, &crowd->n_lost, 100);
	assert_int_equal(crowd->err.code, -ECONNREFUSED);
}

static void test_watched_descriptor(void **state)
{
	struct fixture *fixture = *state;
	int ends[2];

	fixture->options.n_viewers = 0;
	assert_int_equal(crowd_init(&fixture->crowd, &fixture->options), 0);
	assert_int_equal(pipe(ends), 0);
	assert_int_equal(crowd_watch(&fixture->crowd, ends[0]), 0);
	assert_int_equal(crowd_turn(&fixture->crowd, 0), 0);
	assert_int_equal(write(ends[1], "x", 1), 1);
	assert_int_equal(crowd_turn(&fixture->crowd, -1), 1);
	close(ends[0]);
	close(ends[1]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_request, setup, teardown),
		cmocka_unit_test_setup_teardown(test_pictures_of_two_cameras, setup, teardown),
		cmocka_unit_test_setup_teardown(test_late_reading_is_lag, setup, teardown),
		cmocka_unit_test_setup_teardown(test_ping_and_close, setup, teardown),
		cmocka_unit_test_setup_teardown(test_refused, setup, teardown),
		cmocka_unit_test_setup_teardown(test_nobody_answers, setup, teardown),
		cmocka_unit_test_setup_teardown(test_nobody_listens, setup, teardown),
		cmocka_unit_test_setup_teardown(test_watched_descriptor, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
