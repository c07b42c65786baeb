#include "client/endpoint.h"

#include <netinet/in.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "util/clock.h"

static struct endpoint make(const char *text, const char *protocol)
{
	struct endpoint endpoint;
	struct url url;

	assert_int_equal(url_parse(text, &url, NULL), 0);
	assert_int_equal(endpoint_init(&endpoint, &url, protocol, NULL), 0);
	return endpoint;
}

static void test_requests(void **state)
{
	(void)state;
	struct endpoint endpoint = make("http://127.0.0.1:80/stream/cam0", NULL);

	assert_string_equal(
		endpoint.request, "GET /stream/cam0 HTTP/1.1\r\nHost: 127.0.0.1:80\r\n\r\n");
	assert_int_equal(endpoint.request_size, strlen(endpoint.request));
	endpoint = make("ws://[::1]", "p.v1");
	assert_string_equal(endpoint.request,
		"GET / HTTP/1.1\r\nHost: [::1]:8081\r\nUpgrade: websocket\r\n"
		"Connection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
		"Sec-WebSocket-Key: " STREAM_KEY "\r\nSec-WebSocket-Protocol: p.v1\r\n\r\n");
	assert_int_equal(endpoint.address.ss_family, AF_INET6);
	assert_null(strstr(make("ws://127.0.0.1", NULL).request, "Protocol"));
}

/* localhost is ::1 and 127.0.0.1, as a rule, and the server listens on one of them. */
static void test_several_addresses(void **state)
{
	(void)state;
	struct sockaddr_in address = {
		.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	socklen_t size = sizeof(address);
	char text[64];
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	assert_int_equal(bind(fd, (struct sockaddr *)&address, size), 0);
	assert_int_equal(listen(fd, 4), 0);
	assert_int_equal(getsockname(fd, (struct sockaddr *)&address, &size), 0);
	snprintf(text, sizeof(text), "http://localhost:%u", ntohs(address.sin_port));
	assert_int_equal(make(text, NULL).address.ss_family, AF_INET);
	close(fd);
	(void)make(text, NULL); /* nobody listens: any of them */
}

static void test_unknown_host(void **state)
{
	(void)state;
	struct endpoint endpoint;
	struct url url;
	struct error err;

	assert_int_equal(url_parse("http://256.0.0.1/", &url, NULL), 0);
	assert_true(endpoint_init(&endpoint, &url, NULL, &err) < 0);
	assert_non_null(strstr(err.text, "256.0.0.1"));
}

static void test_clock_that_is_ahead(void **state)
{
	(void)state;
	struct endpoint endpoint = make("ws://127.0.0.1", NULL);

	assert_int_equal(endpoint_local_ns(&endpoint, 5000, 9000), 5000);
	endpoint.ahead_ns = 4000;
	assert_int_equal(endpoint_local_ns(&endpoint, 5000, 9000), 1000);
	endpoint.ahead_ns = -4000;
	assert_int_equal(endpoint_local_ns(&endpoint, 5000, 9000), 9000);
	assert_int_equal(endpoint_local_ns(&endpoint, 0, 9000), 0);
}

static void test_clocks_of_multipart(void **state)
{
	(void)state;
	struct endpoint endpoint = make("http://127.0.0.1", NULL);
	uint64_t now_ns = clock_now_ns() + 4000 * NSEC_PER_SEC;
	struct timespec real;

	assert_int_equal(endpoint_local_ns(&endpoint, now_ns - 1000, now_ns), now_ns - 1000);
	assert_int_equal(endpoint_local_ns(&endpoint, now_ns + 2 * NSEC_PER_SEC, now_ns), 0);
	assert_int_equal(endpoint_local_ns(&endpoint, now_ns - 601 * NSEC_PER_SEC, now_ns), 0);
	clock_gettime(CLOCK_REALTIME, &real);
	now_ns = clock_now_ns();
	uint64_t local_ns = endpoint_local_ns(&endpoint,
		((uint64_t)real.tv_sec - 7) * NSEC_PER_SEC + (uint64_t)real.tv_nsec, now_ns);
	assert_in_range(now_ns - local_ns, 6 * NSEC_PER_SEC, 8 * NSEC_PER_SEC);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_requests),
		cmocka_unit_test(test_several_addresses),
		cmocka_unit_test(test_unknown_host),
		cmocka_unit_test(test_clock_that_is_ahead),
		cmocka_unit_test(test_clocks_of_multipart),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
