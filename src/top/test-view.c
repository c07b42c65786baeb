#include "top/view.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

#include "util/fixture-tree.h"
#include "util/json.h"

#define MIB 1048576.0

static struct model model;
static struct canvas canvas;
static const struct view_options options = {
	.interval_s = 1, .host = "board", .time = "2026-01-02 03:04:05"};

/* 4000 MiB: 1000 each of anonymous, cache and free, 500 of drivers, 400 of zram, 100 of the kernel.
 */
static int begin(void **state)
{
	(void)state;
	double *values = model.system.values;

	model = (struct model){.url = {.host = "127.0.0.1", .port = "8081"}};
	for (int i = 0; i < SYSTEM_FIGURE_COUNT; i++) {
		values[i] = NAN;
	}
	values[FIGURE_MEMORY_TOTAL] = 4000 * MIB;
	values[FIGURE_MEMORY_ANONYMOUS] = 1000 * MIB;
	values[FIGURE_MEMORY_CACHED] = 900 * MIB;
	values[FIGURE_MEMORY_BUFFERS] = 100 * MIB;
	values[FIGURE_MEMORY_FREE] = 1000 * MIB;
	values[FIGURE_MEMORY_UNACCOUNTED] = 500 * MIB;
	values[FIGURE_ZRAM_MEMORY] = 396 * MIB;
	values[FIGURE_ZRAM_TABLE] = 4 * MIB;
	values[FIGURE_MEMORY_USED_PERCENT] = 55;
	values[FIGURE_MEMORY_AVAILABLE] = 1800 * MIB;
	canvas_init(&canvas, 24, 80);
	return 0;
}

/* The text of a row, without blanks at its end. */
static const char *row_text(int row)
{
	static char text[CANVAS_COLUMNS_MAX * 4 + 1];
	size_t used = 0, last = 0;

	for (int i = 0; i < canvas.columns; i++) {
		const char *cell = canvas.cells[row][i].text;
		size_t size = cell[0] ? strlen(cell) : 1;
		memcpy(text + used, cell[0] ? cell : " ", size);
		used += size;
		last = cell[0] && strcmp(cell, " ") != 0 ? used : last;
	}
	text[last] = '\0';
	return text;
}

static bool has_row(const char *words)
{
	for (int row = 0; row < canvas.rows; row++) {
		if (strstr(row_text(row), words)) {
			return true;
		}
	}
	return false;
}

static void test_memory(void **state)
{
	(void)state;
	char bar[82];

	view_draw(&model, &options, &canvas);
	assert_string_equal(
		row_text(0), "twinlens top  board  2026-01-02 03:04:05  every 1 s  127.0.0.1:8081");
	assert_string_equal(
		row_text(2), "memory 4000 MiB, used 55.0 %, available 1800 MiB, swap 0 MiB");
	snprintf(bar, sizeof(bar), "[%.*s%.*s%.*s%.*s%.*s%*s]", 20, "aaaaaaaaaaaaaaaaaaaaaaaa", 7,
		"zzzzzzzz", 2, "kkkk", 10, "ddddddddddddd", 20, "cccccccccccccccccccc", 19, "");
	assert_string_equal(row_text(3), bar);
	assert_string_equal(row_text(4),
		"anonymous 1000  zram 400  kernel 100  drivers 500  cache 1000  free 1000 MiB");
}

/* Nothing is known: no figure is made up, and nothing divides by it. */
static void test_nothing_is_known(void **state)
{
	(void)state;
	for (int i = 0; i < SYSTEM_FIGURE_COUNT; i++) {
		model.system.values[i] = NAN;
	}
	view_draw(&model, &options, &canvas);
	assert_true(has_row("used -"));
	assert_false(has_row("nan"));
}

static void test_history(void **state)
{
	(void)state;
	for (int i = 0; i < 500; i++) {
		history_add(&model.used, i < 499 ? 0 : 100);
	}
	history_add(&model.cpu, NAN);
	history_add(&model.cpu, 50);
	view_draw(&model, &options, &canvas);
	assert_string_equal(row_text(6),
		"used      100.0 %                                                              #");
	assert_string_equal(row_text(8),
		"CPU        50.0 %                                                              :");
	assert_true(isnan(history_get(&model.cpu, 1)));
	assert_true(isnan(history_get(&model.used, HISTORY_MAX)));
}

static void take(const char *text)
{
	_cleanup_json_ json_t *status = json_loads(text, 0, NULL);

	assert_non_null(status);
	model_take_status(&model, status);
}

static void test_server(void **state)
{
	(void)state;
	take("{\"cameras\":[{\"name\":\"cam0\",\"state\":\"streaming\",\"fps\":29.9,\"fps_target\":"
	     "30,"
	     "\"viewers\":2,\"dropped\":3,\"delivery\":{\"frames\":100,\"seconds\":1.0}},"
	     "{\"name\":\"cam1\",\"state\":\"lost\",\"error\":\"/dev/video2: the device is "
	     "gone\"}],"
	     "\"viewers\":[{\"peer\":\"10.0.0.1:5\",\"transport\":\"websocket\",\"sent\":9,"
	     "\"skipped\":4}]}");
	take("{\"cameras\":[{\"name\":\"cam0\",\"state\":\"streaming\",\"fps\":29.9,\"fps_target\":"
	     "30,"
	     "\"viewers\":2,\"dropped\":3,\"delivery\":{\"frames\":200,\"seconds\":1.4}},"
	     "{\"name\":\"cam1\",\"state\":\"lost\",\"error\":\"/dev/video2: the device is "
	     "gone\"}],"
	     "\"viewers\":[{\"peer\":\"10.0.0.1:5\",\"transport\":\"websocket\",\"sent\":9,"
	     "\"skipped\":4}]}");
	view_draw(&model, &options, &canvas);
	assert_true(has_row(
		"cam0                 streaming    29.9 of 30        4.0         2         3"));
	assert_true(has_row("cam1                 lost"));
	assert_true(has_row("  /dev/video2: the device is gone"));
	assert_true(has_row("10.0.0.1:5                     websocket             9         4"));
}

/* What a hostile server sends is cut, and what does not fit is counted. */
static void test_many(void **state)
{
	(void)state;
	_cleanup_json_ json_t *status = json_pack("{s:[],s:[]}", "cameras", "viewers");

	for (int i = 0; i < 100; i++) {
		json_array_append_new(json_object_get(status, "viewers"),
			json_pack("{s:s,s:i}", "peer", "192.0.2.1:50000", "sent", 7));
		json_array_append_new(
			json_object_get(status, "cameras"), json_pack("{s:i}", "name", 7));
	}
	json_array_append_new(json_object_get(status, "cameras"), json_true());
	model_take_status(&model, status);
	assert_int_equal(model.n_cameras, MODEL_CAMERAS_MAX);
	assert_int_equal(model.n_viewers, MODEL_VIEWERS_MAX);
	model.n_cameras = 0;
	view_draw(&model, &options, &canvas);
	assert_true(has_row(" more"));
}

static void test_a_long_error_takes_two_lines(void **state)
{
	(void)state;
	char *error = model.cameras[0].error;

	model.n_cameras = 1;
	strcpy(error, "/dev/video77: there is no such device; plug it in, or choose one that "
		      "`twinlens cameras` lists");
	view_draw(&model, &options, &canvas);
	assert_string_equal(row_text(12),
		"  /dev/video77: there is no such device; plug it in, or choose one that");
	assert_string_equal(row_text(13), "  `twinlens cameras` lists");
	canvas_init(&canvas, 24, 80);
	strcpy(error, "short");
	view_draw(&model, &options, &canvas);
	assert_string_equal(row_text(12), "  short");
	assert_string_equal(row_text(13), "");
	canvas_init(&canvas, 24, 80);
	memset(error, 'x', 100);
	error[100] = '\0';
	view_draw(&model, &options, &canvas);
	assert_int_equal(strlen(row_text(12)), 80);
}

/* In 80x24, with alerts: the processes leave room for the viewers, and say how many there are. */
static void test_processes_leave_room_for_viewers(void **state)
{
	(void)state;

	model.n_alerts = 2;
	model.n_cameras = 2;
	model.n_viewers = 4;
	model.processes.n = 8;
	for (size_t i = 0; i < model.processes.n; i++) {
		strcpy(model.processes.entries[i].name, "twinlens-serve");
	}
	view_draw(&model, &options, &canvas);
	assert_string_equal(row_text(18), "7 more");
	assert_memory_equal(row_text(20), "viewer ", 7);
	assert_string_equal(row_text(23), "2 more");
	canvas_init(&canvas, 40, 80);
	view_draw(&model, &options, &canvas);
	assert_false(has_row(" more"));
}

/* Any size, down to nothing. */
static void test_sizes(void **state)
{
	(void)state;
	for (int rows = 0; rows < 30; rows += 7) {
		for (int columns = 0; columns < 500; columns += 33) {
			canvas_init(&canvas, rows, columns);
			view_draw(&model, &options, &canvas);
		}
	}
}

static void test_alerts(void **state)
{
	(void)state;
	_cleanup_json_ json_t *status =
		json_loads("{\"cameras\":[],\"alerts\":["
			   "{\"name\":\"memory\",\"figure\":\"memory.used_percent\",\"op\":\">\","
			   "\"value\":91.25,"
			   "\"limit\":85,\"since\":\"2026-11-27T19:20:00Z\"},"
			   "{\"name\":\"door\",\"figure\":\"camera.door.state\",\"op\":\">=\","
			   "\"value\":\"error\","
			   "\"limit\":\"lost\",\"since\":\"odd\"},"
			   "{\"name\":\"leak\",\"figure\":\"process.serve.pss_bytes\",\"op\":\">\","
			   "\"value\":null,"
			   "\"limit\":104857600,\"since\":\"\"}]}",
			0, NULL);

	assert_non_null(status);
	setenv("TZ", "UTC-8", 1);
	tzset();
	model_take_status(&model, status);
	view_draw(&model, &options, &canvas);
	assert_string_equal(row_text(1),
		"alert memory: memory.used_percent is 91.2 (> 85), since 2026-11-28 03:20");
	assert_string_equal(
		row_text(2), "alert door: camera.door.state is error (>= lost), since odd");
	assert_string_equal(
		row_text(3), "alert leak: process.serve.pss_bytes is - (> 100M), since");
	assert_string_equal(row_text(4), "");
	assert_memory_equal(row_text(5), "memory 4000 MiB", 15);
	assert_int_equal(canvas.cells[1][0].style, CANVAS_STYLE_BAD);

	json_array_append(json_object_get(status, "alerts"),
		json_array_get(json_object_get(status, "alerts"), 0));
	canvas_init(&canvas, 24, 80);
	model_take_status(&model, status);
	view_draw(&model, &options, &canvas);
	assert_string_equal(row_text(3), "2 more alerts");
	json_array_clear(json_object_get(status, "alerts"));
	canvas_init(&canvas, 24, 80);
	model_take_status(&model, status);
	view_draw(&model, &options, &canvas);
	assert_memory_equal(row_text(2), "memory 4000 MiB", 15);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(test_memory, begin),
		cmocka_unit_test_setup(test_alerts, begin),
		cmocka_unit_test_setup(test_nothing_is_known, begin),
		cmocka_unit_test_setup(test_history, begin),
		cmocka_unit_test_setup(test_server, begin),
		cmocka_unit_test_setup(test_many, begin),
		cmocka_unit_test_setup(test_a_long_error_takes_two_lines, begin),
		cmocka_unit_test_setup(test_processes_leave_room_for_viewers, begin),
		cmocka_unit_test_setup(test_sizes, begin),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
