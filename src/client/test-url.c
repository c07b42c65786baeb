#include "client/url.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static void check(
	const char *text, bool is_websocket, const char *host, const char *port, const char *target)
{
	struct url url;

	assert_int_equal(url_parse(text, &url, NULL), 0);
	assert_int_equal(url.is_websocket, is_websocket);
	assert_string_equal(url.host, host);
	assert_string_equal(url.port, port);
	assert_string_equal(url.target, target);
}

static void test_taken(void **state)
{
	(void)state;
	check("ws://host:8081/ws/video", true, "host", "8081", "/ws/video");
	check("http://127.0.0.1", false, "127.0.0.1", "8081", "");
	check("http://board.lan:80/?action=stream", false, "board.lan", "80", "/?action=stream");
	check("http://board.lan?action=stream", false, "board.lan", "8081", "/?action=stream");
	check("ws://[::1]:9/", true, "::1", "9", "/");
	check("ws://[fe80::1]", true, "fe80::1", "8081", "");
}

static void test_refused(void **state)
{
	(void)state;
	static const char *const texts[] = {"", "host:8081", "ftp://host/", "https://host/",
		"http://", "http:///x", "http://:80/", "http://host:/", "http://host:0/",
		"http://host:65536/", "http://host:80x/", "http://user@host/", "ws://[::1/",
		"ws://[::1]x/", "ws://[]/", "http://host/#a", "http://host/a b",
		"http://host/\r\nX:", "http://h\xc3\xb6st/"};

	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		struct url url;
		struct error err;
		if (url_parse(texts[i], &url, &err) != -EINVAL) {
			fail_msg("taken: %s", texts[i]);
		}
		assert_true(err.text[0]);
	}
}

static void test_too_long(void **state)
{
	(void)state;
	char text[URL_TARGET_MAX + URL_HOST_MAX + 64];
	struct url url;

	memset(text, 'a', sizeof(text));
	memcpy(text, "http://h/", 9);
	text[8 + URL_TARGET_MAX] = '\0';
	assert_int_equal(url_parse(text, &url, NULL), 0);
	assert_int_equal(strlen(url.target), URL_TARGET_MAX);
	text[8 + URL_TARGET_MAX] = 'a';
	text[9 + URL_TARGET_MAX] = '\0';
	assert_int_equal(url_parse(text, &url, NULL), -EINVAL);
	text[8] = 'a';
	text[7 + URL_HOST_MAX] = '\0';
	assert_int_equal(url_parse(text, &url, NULL), 0);
	assert_int_equal(strlen(url.host), URL_HOST_MAX);
	text[7 + URL_HOST_MAX] = 'a';
	text[8 + URL_HOST_MAX] = '\0';
	assert_int_equal(url_parse(text, &url, NULL), -EINVAL);
}

static void test_base(void **state)
{
	(void)state;
	static const char *const rows[][2] = {
		{"ws://board/ws/video?camera=cam0", "http://board:8081"},
		{"http://[fe80::1]:80/", "http://[fe80::1]:80"},
	};
	char base[URL_BASE_SIZE];
	struct url url;
	struct error err;

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		assert_int_equal(url_parse(rows[i][0], &url, &err), 0);
		url_write_base(&url, base);
		assert_string_equal(base, rows[i][1]);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_taken),
		cmocka_unit_test(test_refused),
		cmocka_unit_test(test_too_long),
		cmocka_unit_test(test_base),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
