/* Against a server on loopback that gives one answer. */
#include "client/status.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

#include "util/clock.h"
#include "util/json.h"

static struct peer {
	int fd;
	const char *answer; /* NULL: none */
	size_t padding;     /* bytes of blanks behind it */
	char request[1024];
	pthread_t thread;
} peer;

static void send_all(int fd, const char *data, size_t size)
{
	while (size > 0) {
		ssize_t n = send(fd, data, size, MSG_NOSIGNAL);
		if (n <= 0) {
			return;
		}
		data += n;
		size -= (size_t)n;
	}
}

static void *answer_one(void *data)
{
	(void)data;
	static char blanks[4096];
	int fd = accept(peer.fd, NULL, NULL);

	memset(blanks, ' ', sizeof(blanks));
	ssize_t n = recv(fd, peer.request, sizeof(peer.request) - 1, 0);
	peer.request[n > 0 ? n : 0] = '\0';
	if (peer.answer) {
		send_all(fd, peer.answer, strlen(peer.answer));
		for (size_t i = 0; i < peer.padding; i += sizeof(blanks)) {
			send_all(fd, blanks, sizeof(blanks));
		}
	} else {
		char byte;
		n = recv(fd, &byte, 1, 0); /* until the client gives up */
	}
	close(fd);
	return NULL;
}

static struct url listen_with(const char *answer, size_t padding)
{
	struct sockaddr_in address = {.sin_family = AF_INET};
	socklen_t size = sizeof(address);
	struct url url = {.host = "127.0.0.1"};

	address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	peer = (struct peer){
		.fd = socket(AF_INET, SOCK_STREAM, 0), .answer = answer, .padding = padding};
	assert_int_equal(bind(peer.fd, (struct sockaddr *)&address, sizeof(address)), 0);
	assert_int_equal(listen(peer.fd, 1), 0);
	assert_int_equal(getsockname(peer.fd, (struct sockaddr *)&address, &size), 0);
	snprintf(url.port, sizeof(url.port), "%u", ntohs(address.sin_port));
	assert_int_equal(pthread_create(&peer.thread, NULL, answer_one, NULL), 0);
	return url;
}

static int fetch(const char *answer, size_t padding, uint64_t timeout_ns, json_t **ret_status)
{
	struct error err;
	struct url url = listen_with(answer, padding);

	int r = status_fetch(&url, timeout_ns, ret_status, &err);
	pthread_join(peer.thread, NULL);
	close(peer.fd);
	return r;
}

static void test_takes_a_status(void **state)
{
	(void)state;
	_cleanup_json_ json_t *status = NULL;

	assert_int_equal(fetch("HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n"
			       "{\"version\":\"0.1.0\",\"cameras\":[]}",
				 0, 5 * NSEC_PER_SEC, &status),
		0);
	assert_string_equal(json_text(status, "version"), "0.1.0");
	assert_int_equal(strncmp(peer.request, "GET /api/status HTTP/1.1\r\n", 26), 0);
}

static void test_refuses_what_is_none(void **state)
{
	(void)state;
	static const char *const answers[] = {
		"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n<html>",
		"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n{\"cameras\":7}",
		"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n",
		"HTTP/1.1 404 Not Found\r\nConnection: close\r\n\r\n{\"cameras\":[]}",
		"HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:1/\r\nConnection: close\r\n\r\n",
		"SSH-2.0-OpenSSH\r\n",
		"",
	};
	json_t *status;

	for (size_t i = 0; i < sizeof(answers) / sizeof(answers[0]); i++) {
		assert_int_equal(fetch(answers[i], 0, 5 * NSEC_PER_SEC, &status), -EPROTO);
	}
}

static void test_has_bounds(void **state)
{
	(void)state;
	json_t *status;

	assert_int_equal(fetch("HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n{\"cameras\":[]}",
				 STATUS_BYTES_MAX + 1, 5 * NSEC_PER_SEC, &status),
		-EMSGSIZE);
	assert_int_equal(fetch(NULL, 0, 200 * NSEC_PER_MSEC, &status), -ETIMEDOUT);
}

static void test_nobody_listens(void **state)
{
	(void)state;
	const struct url url = {.host = "127.0.0.1", .port = "1"};
	json_t *status;
	struct error err;

	assert_int_equal(status_fetch(&url, NSEC_PER_SEC, &status, &err), -ECONNREFUSED);
	assert_non_null(strstr(err.text, "127.0.0.1:1"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_takes_a_status),
		cmocka_unit_test(test_refuses_what_is_none),
		cmocka_unit_test(test_has_bounds),
		cmocka_unit_test(test_nobody_listens),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
