/* Files, overrides and the checks of the whole. SOURCE_ROOT is the top of the source tree. */
#include "config/config.h"

#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "util/cleanup.h"

#define CAMERA(text)                                                                               \
	{                                                                                          \
		CONFIG_OVERRIDE_CAMERA, text                                                       \
	}
#define OPTION(text)                                                                               \
	{                                                                                          \
		CONFIG_OVERRIDE_OPTION, text                                                       \
	}
#define LISTEN(text)                                                                               \
	{                                                                                          \
		CONFIG_OVERRIDE_LISTEN, text                                                       \
	}
#define MAX_VIEWERS(text)                                                                          \
	{                                                                                          \
		CONFIG_OVERRIDE_MAX_VIEWERS, text                                                  \
	}

/* A file in a folder of its own; the tests run one after the other. */
static char folder[] = "/tmp/test-config-XXXXXX";
static char path[sizeof(folder) + 16];

static int make_folder(void **state)
{
	(void)state;
	if (!mkdtemp(folder)) {
		return -1;
	}
	snprintf(path, sizeof(path), "%s/t.conf", folder);
	return 0;
}

static int remove_folder(void **state)
{
	(void)state;
	unlink(path);
	return rmdir(folder);
}

static void write_file(const char *text, size_t size)
{
	_cleanup_close_ int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	assert_true(fd >= 0);
	assert_int_equal(write(fd, text, size), size);
}

static struct config load_with(
	const char *text, const struct config_override *overrides, size_t n_overrides)
{
	struct config config;
	struct error err = {0};

	write_file(text, strlen(text));
	bool has_file = false;
	int r = config_load(path, overrides, n_overrides, &config, &has_file, &err);
	if (r != 0) {
		fail_msg("%s: %s", text, err.text);
	}
	assert_true(has_file);
	return config;
}

static void refuse_with(const char *text, const struct config_override *overrides,
	size_t n_overrides, const char *message)
{
	struct config config = {.n_cameras = 77};
	struct error err = {0};
	bool has_file;

	write_file(text, strlen(text));
	assert_int_equal(
		config_load(path, overrides, n_overrides, &config, &has_file, &err), -EINVAL);
	const char *told = err.text;
	if (strncmp(told, folder, strlen(folder)) == 0) {
		told += strlen(folder) + 1;
	}
	assert_string_equal(told, message);
	assert_int_equal(config.n_cameras, 77);
}

#define LIST(...)                                                                                  \
	(const struct config_override[]){__VA_ARGS__},                                             \
		sizeof((const struct config_override[]){__VA_ARGS__}) /                            \
			sizeof(struct config_override)
#define LOAD(text, ...)            load_with(text, LIST(__VA_ARGS__))
#define REFUSE(text, message, ...) refuse_with(text, LIST(__VA_ARGS__), message)

static void pool_follows_buffers(void **state)
{
	(void)state;
	assert_int_equal(load_with("", NULL, 0).frames.pool_blocks, 6);
	assert_int_equal(load_with("[frames]\nbuffers = 5", NULL, 0).frames.pool_blocks, 10);
	assert_int_equal(LOAD("", OPTION("frames.buffers=32")).frames.pool_blocks, 64);
	assert_int_equal(
		load_with("[frames]\nbuffers = 5\npool_blocks = 5", NULL, 0).frames.pool_blocks, 5);
	refuse_with("[frames]\nbuffers = 5\npool_blocks = 4", NULL, 0,
		"t.conf:3: [frames] pool_blocks = 4: must not be less than buffers, which is 5");
	REFUSE("[frames]\npool_blocks = 4",
		"t.conf:2: [frames] pool_blocks = 4: must not be less than buffers, which is 8",
		OPTION("frames.buffers=8"));
	REFUSE("[frames]\nbuffers = 8\npool_blocks = 9",
		"[frames] pool_blocks = 4: must not be less than buffers, which is 8",
		OPTION("frames.pool_blocks=4"));
}

static void command_line_wins(void **state)
{
	(void)state;
	struct config config = LOAD("[server]\nlisten = :1\nmax_viewers = 2\n", LISTEN("[::1]:9"),
		MAX_VIEWERS("7"), OPTION("server.stall_timeout=2s"));
	assert_string_equal(config.server.listen_address, "::1");
	assert_int_equal(config.server.listen_port, 9);
	assert_int_equal(config.server.max_viewers, 7);
	assert_int_equal(config.server.stall_timeout_ns, 2000000000);

	config = LOAD("", MAX_VIEWERS("7"), OPTION("server.max_viewers=8"));
	assert_int_equal(config.server.max_viewers, 8); /* the last one */
}

static void cameras_are_replaced_and_added_in_order(void **state)
{
	(void)state;
	struct config config = LOAD("[camera:front]\nsource = v4l2:/dev/video0\nidle_stop = 1s\n"
				    "[camera:back]\nsource = v4l2:/dev/video2\n",
		CAMERA("third=synthetic"), CAMERA("front=replay:a=b,fps=5"),
		CAMERA("fourth=synthetic"), CAMERA("third=synthetic,fps=9"));
	assert_int_equal(config.n_cameras, 4);
	assert_string_equal(config.cameras[0].name, "front");
	assert_int_equal(config.cameras[0].spec.kind, CAMERA_KIND_REPLAY);
	assert_string_equal(config.cameras[0].spec.target, "a=b");
	assert_int_equal(config.cameras[0].idle_stop_ns, 1000000000);
	assert_string_equal(config.cameras[1].name, "back");
	assert_string_equal(config.cameras[2].name, "third");
	assert_int_equal(config.cameras[2].spec.fps, 9);
	assert_string_equal(config.cameras[3].name, "fourth");
}

static void options_name_their_section(void **state)
{
	(void)state;
	struct config config = LOAD("", OPTION("camera:a.idle_stop=2s"),
		OPTION("camera:b.source=replay:./x.y=z,fps=4"), CAMERA("a=synthetic"));
	assert_string_equal(config.cameras[0].name, "a");
	assert_int_equal(config.cameras[0].idle_stop_ns, 2000000000);
	assert_string_equal(config.cameras[1].spec.target, "./x.y=z");
	assert_int_equal(config.cameras[1].spec.fps, 4);
}

static void names_the_bad_option(void **state)
{
	(void)state;
	REFUSE("", "-o frames.buffers=99: must be 2..32", OPTION("frames.buffers=99"));
	REFUSE("", "--max-viewers 0: must be 1..10000", MAX_VIEWERS("0"));
	REFUSE("", "--listen nowhere: must be ADDRESS:PORT, [IPV6]:PORT or :PORT, port 0..65535",
		LISTEN("nowhere"));
	REFUSE("", "--camera a=synthetic,fps=0: fps=0: must be 1..240",
		CAMERA("a=synthetic,fps=0"));
	REFUSE("", "--camera synthetic: must be NAME=SPEC, as in cam0=v4l2:/dev/video0",
		CAMERA("synthetic"));
	REFUSE("",
		"--camera =synthetic: the name of a camera must be 1..31 letters, digits, - or _, "
		"and "
		"not \"all\"",
		CAMERA("=synthetic"));
	REFUSE("",
		"-o frame.buffers=3: unknown section, must be server, frames, memory or "
		"camera:NAME",
		OPTION("frame.buffers=3"));
	REFUSE("", "-o memory.limit=3: unknown key, must be one of: budget",
		OPTION("memory.limit=3"));
}

static void refuses_options_out_of_form(void **state)
{
	(void)state;
	static const char *const bad[] = {"", "=", "server", "server.max_viewers", "max_viewers=3",
		"max_viewers=3.5", "=server.max_viewers"};
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		char message[ERROR_TEXT_MAX];
		snprintf(message, sizeof(message),
			"-o %s: must be SECTION.KEY=VALUE, as in server.max_viewers=8", bad[i]);
		REFUSE("", message, OPTION(bad[i]));
	}
	char text[200] = "";
	memset(text, 'a', sizeof(text) - 1);
	text[150] = '.';
	text[190] = '=';
	struct config config;
	struct error err = {0};
	struct config_override override = OPTION(text);
	bool has_file;
	assert_int_equal(config_load(path, &override, 1, &config, &has_file, &err), -EINVAL);
	assert_non_null(strstr(err.text, "must be SECTION.KEY=VALUE"));
}

static void judges_the_whole(void **state)
{
	(void)state;
	refuse_with("\n[camera:a]\nidle_stop = 1s", NULL, 0,
		"t.conf:2: [camera:a] source: must be given, as in v4l2:/dev/video0");
	REFUSE("", "[camera:a] source: must be given, as in v4l2:/dev/video0",
		OPTION("camera:a.idle_stop=1s"));
	refuse_with("[camera:a]\nsource = v4l2:/dev/video0\n"
		    "[camera:b]\nsource = v4l2:/dev/video0,fps=5\nidle_stop = 1s",
		NULL, 0,
		"t.conf:4: [camera:b] source = v4l2:/dev/video0: camera a has this device already");
	static const char two[] = "[camera:a]\nsource = v4l2:/dev/video0\n"
				  "[camera:b]\nsource = v4l2:/dev/video2";
	static const char same[] =
		"[camera:b] source = v4l2:/dev/video0: camera a has this device already";
	REFUSE(two, same, CAMERA("b=v4l2:/dev/video0"));
	REFUSE(two, same, OPTION("camera:b.source=v4l2:/dev/video0"));
	struct config config = LOAD("", CAMERA("a=synthetic"), CAMERA("b=synthetic"),
		CAMERA("c=replay:x"), CAMERA("d=replay:x"));
	assert_int_equal(config.n_cameras, 4);
}

static int try_load(const char *name, struct error *err)
{
	struct config config;
	bool has_file;

	return config_load(name, NULL, 0, &config, &has_file, err);
}

static void judges_the_file(void **state)
{
	(void)state;
	struct error err = {0};
	char message[ERROR_TEXT_MAX];

	assert_int_equal(try_load("/nonexistent/t.conf", &err), -ENOENT);
	assert_string_equal(err.text, "/nonexistent/t.conf: No such file or directory");
	assert_int_equal(try_load("/tmp", &err), -EISDIR);
	assert_string_equal(err.text, "/tmp: Is a directory");

	char *text = test_malloc(CONFIG_FILE_MAX + 1);
	memset(text, '\n', CONFIG_FILE_MAX + 1);
	write_file(text, CONFIG_FILE_MAX);
	assert_int_equal(try_load(path, &err), 0);
	write_file(text, CONFIG_FILE_MAX + 1);
	assert_int_equal(try_load(path, &err), -EINVAL);
	snprintf(message, sizeof(message), "%s: the file is larger than 65536 bytes", path);
	assert_string_equal(err.text, message);
	test_free(text);

	write_file("[frames]\nbuffers = 99\n", 22);
	assert_int_equal(try_load(path, &err), -EINVAL);
	snprintf(message, sizeof(message), "%s:2: [frames] buffers = 99: must be 2..32", path);
	assert_string_equal(err.text, message);
}

static size_t read_shipped(char *buffer, size_t size)
{
	_cleanup_file_ FILE *file = fopen(SOURCE_ROOT "/data/twinlens.conf", "re");
	assert_non_null(file);
	size_t length = fread(buffer, 1, size, file);
	assert_in_range(length, 1, size - 1);
	return length;
}

/* Takes the ';' off every line that is a section or a key. */
static size_t uncomment(char *text, size_t length)
{
	size_t n = 0;

	for (char *line = text; line < text + length; line = strchr(line, '\n') + 1) {
		if (line[0] == ';' && line[1] != ' ' && line[1] != '\n') {
			line[0] = ' ';
			n++;
		}
	}
	return n;
}

static void assert_defaults(const struct config *config)
{
	assert_string_equal(config->server.listen_address, "127.0.0.1");
	assert_int_equal(config->server.listen_port, 8081);
	assert_int_equal(config->server.max_viewers, 4);
	assert_int_equal(config->server.send_buffer, 1048576);
	assert_int_equal(config->server.stall_timeout_ns, 5000000000);
	assert_string_equal(config->server.watch_state, "/run/twinlens-watch/state.json");
	assert_int_equal(config->frames.buffers, 3);
	assert_int_equal(config->frames.max_frame, 921600);
	assert_int_equal(config->frames.pool_blocks, 6);
	assert_int_equal(config->memory_budget, 209715200);
}

/* The shipped file says what the defaults are: so it must parse to them, with and without its ';'.
 */
static void shipped_file_holds_the_defaults(void **state)
{
	(void)state;
	char text[8192] = "";
	struct config config;
	struct error err = {0};

	config_init_defaults(&config);
	size_t length = read_shipped(text, sizeof(text) - 1);
	assert_int_equal(config_parse_text(text, length, "shipped", &config, &err), 0);
	assert_defaults(&config);
	assert_int_equal(config.n_cameras, 0);

	assert_int_equal(uncomment(text, length), 15);
	memset(&config, 0, sizeof(config));
	if (config_parse_text(text, length, "shipped", &config, &err) != 0) {
		fail_msg("%s", err.text);
	}
	assert_defaults(&config);
	assert_int_equal(config.n_cameras, 2);
	for (size_t i = 0; i < 2; i++) {
		struct camera_spec spec;
		assert_int_equal(
			camera_spec_parse(i ? "synthetic" : "v4l2:/dev/video0", &spec, &err), 0);
		assert_true(camera_spec_equal(&config.cameras[i].spec, &spec));
		assert_int_equal(config.cameras[i].idle_stop_ns, CONFIG_IDLE_STOP_DEFAULT_NS);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(pool_follows_buffers),
		cmocka_unit_test(command_line_wins),
		cmocka_unit_test(cameras_are_replaced_and_added_in_order),
		cmocka_unit_test(options_name_their_section),
		cmocka_unit_test(names_the_bad_option),
		cmocka_unit_test(refuses_options_out_of_form),
		cmocka_unit_test(judges_the_whole),
		cmocka_unit_test(judges_the_file),
		cmocka_unit_test(shipped_file_holds_the_defaults),
	};
	return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
