/* The text of a configuration file: every key, good, bad and at its bounds; and hostile text. */
#include "config/config.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "util/clock.h"

static struct config parse(const char *text)
{
	struct config config;
	struct error err = {0};

	config_init_defaults(&config);
	int r = config_parse_text(text, strlen(text), "t.conf", &config, &err);
	if (r != 0) {
		fail_msg("%s: %s", text, err.text);
	}
	return config;
}

static void refuse_bytes(const char *text, size_t size, const char *message)
{
	struct config config;
	struct error err = {0};

	config_init_defaults(&config);
	int r = config_parse_text(text, size, "t.conf", &config, &err);
	if (r != -EINVAL || strcmp(err.text, message) != 0) {
		fail_msg("%s\ngives %d \"%s\"\nnot  \"%s\"", text, r, err.text, message);
	}
	assert_int_equal(config_parse_text(text, size, "t.conf", &config, NULL), -EINVAL);
}

static void refuse(const char *text, const char *message)
{
	refuse_bytes(text, strlen(text), message);
}

static void takes_the_file_of_the_manual(void **state)
{
	(void)state;
	struct config config = parse("[server]\n"
				     "listen = 127.0.0.1:8082\n"
				     "max_viewers = 5          ; MAX_CONCURRENT_CLIENTS\n"
				     "send_buffer = 2M         ; WEBSOCKET_BUFFER_SIZE\n"
				     "stall_timeout = 6s       ; a viewer\n"
				     "watch_state = /tmp/state.json\n"
				     "[frames]\n"
				     "buffers = 4              ; FRAME_BUFFER_COUNT, per camera\n"
				     "max_frame = 1M\n"
				     "pool_blocks = 9\n"
				     "[memory]\n"
				     "budget = 100M\n"
				     "[camera:cam0]\n"
				     "source = v4l2:/dev/video0,fps=15\n"
				     "idle_stop = 500ms\n"
				     "[camera:Door_2-b]\n"
				     "source = synthetic\n");
	assert_string_equal(config.server.listen_address, "127.0.0.1");
	assert_int_equal(config.server.listen_port, 8082);
	assert_int_equal(config.server.max_viewers, 5);
	assert_int_equal(config.server.send_buffer, 2 << 20);
	assert_int_equal(config.server.stall_timeout_ns, 6 * NSEC_PER_SEC);
	assert_string_equal(config.server.watch_state, "/tmp/state.json");
	assert_int_equal(config.frames.buffers, 4);
	assert_int_equal(config.frames.max_frame, 1 << 20);
	assert_int_equal(config.frames.pool_blocks, 9);
	assert_int_equal(config.memory_budget, 100 << 20);
	assert_int_equal(config.n_cameras, 2);
	assert_string_equal(config.cameras[0].name, "cam0");
	assert_string_equal(config.cameras[0].spec.target, "/dev/video0");
	assert_int_equal(config.cameras[0].spec.fps, 15);
	assert_int_equal(config.cameras[0].idle_stop_ns, 500 * NSEC_PER_MSEC);
	assert_string_equal(config.cameras[1].name, "Door_2-b");
	assert_int_equal(config.cameras[1].spec.kind, CAMERA_KIND_SYNTHETIC);
	assert_int_equal(config.cameras[1].idle_stop_ns, 10 * NSEC_PER_SEC);
}

static void takes_nothing_as_defaults(void **state)
{
	(void)state;
	static const char *const texts[] = {
		"", "\n\n", "; only\n# comments\n", "[server]", "\t\r\n"};
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		struct config config = parse(texts[i]);
		assert_int_equal(config.server.listen_port, 8081);
		assert_int_equal(config.server.max_viewers, 4);
		assert_int_equal(config.frames.pool_blocks, 6);
		assert_int_equal(config.memory_budget, 200 << 20);
		assert_int_equal(config.n_cameras, 0);
	}
}

/* A number's key: its bounds are taken, what is beyond and what is no number is refused. */
static void check_number(const char *section, const char *key, const char *const *good,
	const char *const *bad, const char *allowed)
{
	char text[256], message[ERROR_TEXT_MAX];

	for (; *good; good++) {
		snprintf(text, sizeof(text), "[%s]\n%s = %s\n", section, key, *good);
		parse(text);
	}
	for (; *bad; bad++) {
		snprintf(text, sizeof(text), "[%s]\n\n%s = %s\n", section, key, *bad);
		snprintf(message, sizeof(message), "t.conf:3: [%s] %s = %s: must be %s", section,
			key, *bad, allowed);
		refuse(text, message);
	}
}

#define LIST(...) ((const char *const[]){__VA_ARGS__, NULL})

static void checks_counts(void **state)
{
	(void)state;
	check_number("server", "max_viewers", LIST("1", "10000"),
		LIST("0", "10001", "", "four", "-1", "1.5", "4K", "0x4", "99999999999999999999"),
		"1..10000");
	check_number(
		"frames", "buffers", LIST("2", "32"), LIST("1", "33", "99", "3 3", "3;3"), "2..32");
	check_number("frames", "pool_blocks", LIST("2", "64"), LIST("1", "65", "+6"), "2..64");
}

static void checks_sizes(void **state)
{
	(void)state;
	check_number("server", "send_buffer", LIST("64K", "65536", "64M"),
		LIST("63K", "65535", "65M", "67108865", "1m", "1 M", "M", "1MB", ""), "64K..64M");
	check_number("frames", "max_frame", LIST("64K", "921600", "64M"),
		LIST("65535", "67108865", "18446744073709551616", "17179869184G"), "64K..64M");
	check_number("memory", "budget", LIST("1M", "64G"), LIST("1023K", "65G", "all"), "1M..64G");
}

static void checks_times(void **state)
{
	(void)state;
	check_number("server", "stall_timeout", LIST("500ms", "3600s", "60m", "1h"),
		LIST("499ms", "61m", "5", "0", "5 s", "5S", "s", "0.5s"), "500ms..1h");
	check_number("camera:a", "idle_stop", LIST("0", "0s", "24h", "1440m"),
		LIST("25h", "10", "-1s", "never", "18446744073709551615h"), "0..24h");
	assert_int_equal(
		parse("[server]\nstall_timeout = 2m").server.stall_timeout_ns, 120 * NSEC_PER_SEC);
}

static void takes_listen(void **state)
{
	(void)state;
	static const struct {
		const char *text, *address;
		unsigned port;
	} cases[] = {
		{"127.0.0.1:0", "127.0.0.1", 0},
		{"0.0.0.0:65535", "0.0.0.0", 65535},
		{":8081", "", 8081},
		{"[::1]:8081", "::1", 8081},
		{"[fe80::1%eth0]:80", "fe80::1%eth0", 80},
		{"camera-box.local:80", "camera-box.local", 80},
	};
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		char text[128];
		snprintf(text, sizeof(text), "[server]\nlisten = %s", cases[i].text);
		struct config config = parse(text);
		assert_string_equal(config.server.listen_address, cases[i].address);
		assert_int_equal(config.server.listen_port, cases[i].port);
	}
}

static void refuses_listen(void **state)
{
	(void)state;
	static const char *const bad[] = {"8081", "127.0.0.1", "127.0.0.1:", "127.0.0.1:65536",
		"::1:8081", "[::1]", "[]:80", "[::1:80", "::1]:80", "a b:80", "http://a:80",
		"a:80:90", ":-1", "a/b:80",
		"a123456789012345678901234567890123456789012345678901234567890123:80"};
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		char text[256], message[ERROR_TEXT_MAX];
		snprintf(text, sizeof(text), "[server]\nlisten = %s", bad[i]);
		snprintf(message, sizeof(message),
			"t.conf:2: [server] listen = %s: must be ADDRESS:PORT, [IPV6]:PORT or "
			":PORT, "
			"port 0..65535",
			bad[i]);
		refuse(text, message);
	}
}

static void takes_paths_that_are_absolute(void **state)
{
	(void)state;
	assert_string_equal(parse("[server]\nwatch_state =\n").server.watch_state, "");
	assert_string_equal(parse("[server]\n").server.watch_state, CONFIG_DEFAULT_WATCH_STATE);
	refuse("[server]\nwatch_state = state.json\n",
		"t.conf:2: [server] watch_state = state.json: must be an absolute path of at most "
		"255 bytes, or empty");
}

static void names_what_is_unknown(void **state)
{
	(void)state;
	refuse("[frames]\nbuffers = 3\nbufers = 3\n",
		"t.conf:3: [frames] bufers = 3: unknown key, must be one of: buffers, max_frame, "
		"pool_blocks");
	refuse("[server]\nport = 1",
		"t.conf:2: [server] port = 1: unknown key, must be one of: listen, max_viewers, "
		"send_buffer, stall_timeout, watch_state");
	refuse("[memory]\nlimit=1",
		"t.conf:2: [memory] limit = 1: unknown key, must be one of: budget");
	refuse("[camera:a]\nfps=1",
		"t.conf:2: [camera:a] fps = 1: unknown key, must be one of: source, idle_stop");
	refuse("\n[Server]\n", "t.conf:2: [Server]: unknown section, must be server, frames, "
			       "memory or camera:NAME");
	refuse("[]\n",
		"t.conf:1: []: unknown section, must be server, frames, memory or camera:NAME");
	refuse("buffers = 3\n", "t.conf:1: buffers: a [section] must come first");
	refuse("[frames]\nbuffers\n", "t.conf:2: must be [section], KEY = VALUE or ; comment");
	refuse("[frames\nbuffers = 3\n", "t.conf:1: must be [section], KEY = VALUE or ; comment");
}

static void refuses_bad_cameras(void **state)
{
	(void)state;
	refuse("[camera:a]\nsource=synthetic\n[camera:b]\n[camera:a]\nsource=synthetic",
		"t.conf:4: [camera:a]: there is such a camera already");
	refuse("[camera:a]\nsource=synthetic,fps=0",
		"t.conf:2: [camera:a] source = synthetic,fps=0: fps=0: must be 1..240");
	static const char *const names[] = {
		"", "a b", "a/b", "a.b", "all", "\xc3\xa4", "a1234567890123456789012345678901"};
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		char text[128], message[ERROR_TEXT_MAX];
		snprintf(text, sizeof(text), "[camera:%s]\n", names[i]);
		snprintf(message, sizeof(message),
			"t.conf:1: [camera:%s]: the name of a camera must be 1..31 letters, "
			"digits, - "
			"or _, and not \"all\"",
			names[i]);
		refuse(text, message);
	}
	assert_string_equal(parse("[camera:a123456789012345678901234567890]\n").cameras[0].name,
		"a123456789012345678901234567890");
	refuse("[camera:1]\n[camera:2]\n[camera:3]\n[camera:4]\n[camera:5]\n[camera:6]\n[camera:7]"
	       "\n"
	       "[camera:8]\n[camera:9]\n",
		"t.conf:9: [camera:9]: there may be at most 8 cameras");
}

static void reads_lines_as_people_write_them(void **state)
{
	(void)state;
	struct config config = parse("\xef\xbb\xbf[frames] ; of each camera\r\n"
				     "  # indented\r\n"
				     "\tbuffers=5 ; five\r\n"
				     "  pool_blocks   =   7\r\n"
				     "[server]\r\n"
				     "max_viewers=9");
	assert_int_equal(config.frames.buffers, 5);
	assert_int_equal(config.frames.pool_blocks, 7);
	assert_int_equal(config.server.max_viewers, 9);
}

static void cuts_nothing_in_silence(void **state)
{
	(void)state;
	char text[1024], name[300];

	memset(name, 'a', sizeof(name) - 1);
	name[sizeof(name) - 1] = '\0';
	snprintf(text, sizeof(text), "[camera:a]\n\nsource = replay:%s\n", name);
	refuse(text, "t.conf:3: the line is longer than 198 bytes");
	snprintf(text, sizeof(text), "[camera:a]\n; %s\n", name);
	refuse(text, "t.conf:2: the line is longer than 198 bytes");
	snprintf(text, sizeof(text), "[camera:a]\nsource = replay:%.182s\n", name);
	assert_int_equal(strlen(parse(text).cameras[0].spec.target), 182);
	snprintf(text, sizeof(text), "[camera:a]\nsource = replay:%.183s\n", name);
	refuse(text, "t.conf:2: the line is longer than 198 bytes");
	snprintf(text, sizeof(text), "[camera:%.100s]\n", name);
	refuse(text, "t.conf:1: the name of the section is too long");
	refuse("[server] max_viewers = 9\n",
		"t.conf:1: [server] max_viewers = 9: only a ; comment may follow a section");
	static const char nul[] = "[server]\nmax_viewers = 9\0 9\n";
	refuse_bytes(nul, sizeof(nul) - 1, "t.conf:2: there is a NUL byte in the line");
}

static void tells_the_first_error(void **state)
{
	(void)state;
	refuse("[server]\nnonsense\nmax_viewers = 0\n",
		"t.conf:2: must be [section], KEY = VALUE or ; comment");
	refuse("[server]\nmax_viewers = 0\nnonsense\n[bogus]\n",
		"t.conf:2: [server] max_viewers = 0: must be 1..10000");
}

static void replaces_control_characters(void **state)
{
	(void)state;
	refuse("[server]\nmax_viewers = \x1b[31m9\n",
		"t.conf:2: [server] max_viewers = ?[31m9: must be 1..10000");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(takes_the_file_of_the_manual),
		cmocka_unit_test(takes_nothing_as_defaults),
		cmocka_unit_test(checks_counts),
		cmocka_unit_test(checks_sizes),
		cmocka_unit_test(checks_times),
		cmocka_unit_test(takes_listen),
		cmocka_unit_test(refuses_listen),
		cmocka_unit_test(takes_paths_that_are_absolute),
		cmocka_unit_test(names_what_is_unknown),
		cmocka_unit_test(refuses_bad_cameras),
		cmocka_unit_test(reads_lines_as_people_write_them),
		cmocka_unit_test(cuts_nothing_in_silence),
		cmocka_unit_test(tells_the_first_error),
		cmocka_unit_test(replaces_control_characters),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
