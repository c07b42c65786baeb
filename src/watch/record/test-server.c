#include "watch/record/server.h"

#include <errno.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "util/clock.h"
#include "util/fixture-tree.h"
#include "watch/record/server-sample.h"

#define S NSEC_PER_SEC

static struct tree tree;
static struct server_reader reader;
static struct server_sample sample;
static char program[128];
static const char *url = "";

/* A program in place of twinlens-watch-status. */
static void open_reader(const char *script, uint64_t interval_ns)
{
	tree_write(&tree, "/program", script);
	snprintf(program, sizeof(program), "%s/program", tree.folder);
	assert_int_equal(chmod(program, 0700), 0);
	server_reader_init(&reader);
	assert_int_equal(server_reader_open(&reader, program, url, interval_ns), 0);
}

/* The sample after the program that was started at now_ns. */
static void run_once(pid_t pid, uint64_t now_ns)
{
	server_reader_sample(&reader, pid, now_ns, &sample);
	assert_true(reader.child > 0);
	reader.deadline_ns = clock_now_ns() + 20 * S;
	server_reader_wait(&reader);
	server_reader_sample(&reader, pid, now_ns, &sample);
}

static bool is_started(pid_t pid, uint64_t now_ns)
{
	server_reader_sample(&reader, pid, now_ns, &sample);
	bool is_running = reader.child > 0;
	if (is_running) {
		reader.deadline_ns = clock_now_ns() + 20 * S;
		server_reader_wait(&reader);
	}
	return is_running;
}

static void test_takes_figures_over(void **state)
{
	(void)state;

	open_reader("#!/bin/sh\n"
		    "echo server.viewers $1\necho server.heap_bytes 4096\n"
		    "echo camera.cam0.fps 29.97\necho camera.cam0.state streaming\n",
		S);
	server_reader_sample(&reader, 0, S, &sample);
	assert_int_equal(reader.child, 0); /* no server */
	assert_true(isnan(sample.values[SERVER_VIEWERS]));
	run_once(42, 2 * S);
	assert_int_equal(sample.pid, 42);
	assert_string_equal(sample.trouble, "");
	assert_true(sample.values[SERVER_VIEWERS] == 42 && sample.values[SERVER_HEAP] == 4096);
	assert_int_equal(sample.n_cameras, 1);
	assert_string_equal(sample.cameras[0].name, "cam0");
	assert_true(sample.cameras[0].values[CAMERA_FPS] == 29.97);
	assert_string_equal(figure_state_name(sample.cameras[0].values[CAMERA_STATE]), "streaming");
	server_reader_sample(&reader, 0, 3 * S, &sample); /* it ended */
	assert_true(isnan(sample.values[SERVER_VIEWERS]) && sample.n_cameras == 0);
	server_reader_close(&reader);
}

static void test_starts_it_each_ten_seconds_at_most(void **state)
{
	(void)state;

	open_reader("#!/bin/sh\necho server.viewers 1\n", S);
	assert_true(is_started(1, 100 * S));
	assert_false(is_started(1, 109 * S));
	assert_false(is_started(2, 109 * S)); /* nor for another server */
	assert_true(is_started(1, 110 * S));
	assert_false(is_started(1, 119 * S));
	assert_true(is_started(1, 500 * S));
	assert_false(is_started(1, 509 * S));
	server_reader_close(&reader);

	/* The figures of a long interval are new when the sample is taken. */
	open_reader("#!/bin/sh\necho server.viewers 1\n", 60 * S);
	assert_true(is_started(1, 100 * S));
	assert_true(server_reader_next_ns(&reader) == 158 * S);
	assert_false(is_started(1, 157 * S));
	assert_true(is_started(1, 158 * S));
	assert_true(server_reader_next_ns(&reader) == 218 * S);
	server_reader_close(&reader);
}

static void test_asks_at_a_url(void **state)
{
	(void)state;

	url = "http://board:8081";
	open_reader("#!/bin/sh\ntest $1 = http://board:8081 && echo server.viewers 7\n", S);
	url = "";
	run_once(0, S);
	assert_true(sample.values[SERVER_VIEWERS] == 7);
	server_reader_sample(&reader, 42, 2 * S, &sample);
	assert_true(sample.values[SERVER_VIEWERS] == 7);
	server_reader_close(&reader);
}

static void test_passes_on_where_it_answered(void **state)
{
	(void)state;

	open_reader("#!/bin/sh\necho url http://127.0.0.1:8081\necho server.viewers $#\n"
		    "test \"${2-http://127.0.0.1:8081}\" = http://127.0.0.1:8081 || exit 1\n"
		    "test ! -e \"${0%/*}/fail\"\n",
		S);
	run_once(42, 100 * S);
	assert_true(sample.values[SERVER_VIEWERS] == 1);
	run_once(42, 200 * S);
	assert_true(sample.values[SERVER_VIEWERS] == 2);
	run_once(43, 300 * S); /* another process */
	assert_true(sample.values[SERVER_VIEWERS] == 1);
	run_once(43, 400 * S);
	assert_true(sample.values[SERVER_VIEWERS] == 2);
	tree_write(&tree, "/fail", "");
	run_once(43, 450 * S);
	assert_string_not_equal(sample.trouble, "");
	tree_remove(&tree, "/fail");
	run_once(43, 500 * S);
	assert_true(sample.values[SERVER_VIEWERS] == 1);
	server_reader_close(&reader);
}

static void test_says_why_figures_are_absent(void **state)
{
	(void)state;

	open_reader("#!/bin/sh\necho http://127.0.0.1:1: refused\nexit 1\n", S);
	run_once(1, S);
	assert_string_equal(sample.trouble, "http://127.0.0.1:1: refused");
	assert_true(isnan(sample.values[SERVER_VIEWERS]));
	server_reader_close(&reader);

	open_reader("#!/bin/sh\nkill -9 $$\n", S);
	run_once(1, S);
	assert_string_not_equal(sample.trouble, "");
	server_reader_close(&reader);

	open_reader(
		"#!/bin/sh\nyes server.viewers 1 2>&-\nexit 0\n", S); /* it cannot write for ever */
	run_once(1, S);
	assert_string_equal(sample.trouble, "what it answers is not understood");
	struct stat status;
	assert_int_equal(fstat(reader.output_fd, &status), 0);
	assert_int_equal(status.st_size, SERVER_TEXT_MAX);
	server_reader_close(&reader);

	open_reader("#!/bin/sh\n", S);
	unlink(program);
	server_reader_sample(&reader, 1, S, &sample);
	server_reader_wait(&reader); /* under valgrind it is started, and ends with status 127 */
	server_reader_sample(&reader, 1, S, &sample);
	assert_string_not_equal(sample.trouble, "");
	server_reader_close(&reader);
}

static void test_ends_one_that_hangs(void **state)
{
	(void)state;

	open_reader("#!/bin/sh\necho server.viewers 1\nexec sleep 100\n", S);
	server_reader_sample(&reader, 1, S, &sample);
	assert_true(reader.child > 0);
	server_reader_sample(&reader, 1, 2 * S, &sample);
	assert_string_equal(sample.trouble, "");
	assert_true(server_reader_next_ns(&reader) == 3 * S);
	server_reader_sample(&reader, 1, 3 * S, &sample);
	assert_string_equal(sample.trouble, "no answer within 2 s");
	for (int i = 0; i < 1000 && reader.child > 0; i++) {
		usleep(10000);
		server_reader_sample(&reader, 1, 4 * S, &sample);
	}
	assert_int_equal(reader.child, 0);
	assert_string_equal(sample.trouble, "no answer within 2 s");
	assert_true(isnan(sample.values[SERVER_VIEWERS]));
	server_reader_close(&reader);
}

static void test_refuses_what_is_not_a_figure(void **state)
{
	(void)state;
	static const char *const texts[] = {"server.viewers 1", "server.viewers\n",
		"server.viewers \n", "server.viewers x\n", "server.viewers -1\n",
		"server.viewers inf\n", "server.viewers nan\n", "server.other 1\n", "memory.x 1\n",
		"camera.fps 1\n", "camera..fps 1\n", "camera.a.b.fps 1\n", "camera.a\"b.fps 1\n",
		"camera.a.state odd\n", "camera.a.fps 1 2\n", "camera.a.size 1\n", "\n", " \n",
		"camera.a-name-that-is-too-long-by-one-x.fps 1\n"};
	char text[1024];
	size_t used = 0;

	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		assert_int_equal(server_sample_parse(texts[i], &sample), -EINVAL);
	}
	assert_int_equal(server_sample_parse("", &sample), 0);
	for (int i = 0; i <= WATCH_CAMERAS_MAX; i++) {
		assert_int_equal(i > 0 ? server_sample_parse(text, &sample) : 0, 0);
		used += (size_t)snprintf(
			text + used, sizeof(text) - used, "camera.cam%d.fps 30\n", i);
	}
	assert_int_equal(server_sample_parse(text, &sample), -EINVAL); /* too many */
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		tree_test(test_takes_figures_over, &tree),
		tree_test(test_starts_it_each_ten_seconds_at_most, &tree),
		tree_test(test_asks_at_a_url, &tree),
		tree_test(test_passes_on_where_it_answered, &tree),
		tree_test(test_says_why_figures_are_absent, &tree),
		tree_test(test_ends_one_that_hangs, &tree),
		cmocka_unit_test(test_refuses_what_is_not_a_figure),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
