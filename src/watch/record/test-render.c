#include "watch/record/render.h"

#include <jansson.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "watch/record/figure.h"

static struct system_sample sample;
static struct process_sample processes;
static char buffer[RENDER_SIZE];
static struct text text;

static void fill(size_t n_zones, size_t n_processes)
{
	memset(&sample, 0, sizeof(sample));
	memset(&processes, 0, sizeof(processes));
	for (int i = 0; i < SYSTEM_FIGURE_COUNT; i++) {
		sample.values[i] = 18014398509481984.0;
	}
	for (int i = 0; i < CPU_MAX; i++) {
		sample.cpus[i] = 100.0F;
	}
	sample.n_zones = n_zones;
	for (size_t i = 0; i < n_zones; i++) {
		struct zone_sample *zone = &sample.zones[i];
		zone->node = (unsigned)i / 2;
		zone->n_orders = BUDDY_ORDERS_MAX;
		snprintf(zone->name, sizeof(zone->name), "Zone%zuxxxxxxxxxx", i);
		for (unsigned order = 0; order < BUDDY_ORDERS_MAX; order++) {
			zone->external[order] = -1.0F;
		}
	}
	processes.n = n_processes;
	for (size_t i = 0; i < n_processes; i++) {
		struct process_entry *entry = &processes.entries[i];
		snprintf(entry->name, sizeof(entry->name), "a-name-of-thirty-one-bytes-%04zu", i);
		snprintf(entry->service, sizeof(entry->service), "service-of-twenty-nine-%zu",
			i / 2);
		entry->pid = 4194304;
		for (int j = 0; j < PROCESS_FIGURE_COUNT; j++) {
			entry->values[j] = 18014398509481984.0;
		}
	}
	for (int i = 0; i < SERVER_FIGURE_COUNT; i++) {
		processes.server.values[i] = NAN;
	}
	text_init(&text, buffer, sizeof(buffer));
}

static void add_cameras(size_t n)
{
	processes.server.values[SERVER_VIEWERS] = 3;
	processes.server.values[SERVER_HEAP] = 18014398509481984.0;
	processes.server.n_cameras = n;
	for (size_t i = 0; i < n; i++) {
		struct camera_entry *camera = &processes.server.cameras[i];
		snprintf(camera->name, sizeof(camera->name), "a-camera-of-thirty-one-bytes-%02zu",
			i);
		camera->values[CAMERA_FPS] = 29.97;
		camera->values[CAMERA_STATE] = 2;
	}
}

/* The value of a dotted name, as interface documents promise it. */
static json_t *find(json_t *document, const char *name)
{
	char part[64];

	while (document && *name) {
		size_t length = strcspn(name, ".");
		snprintf(part, sizeof(part), "%.*s", (int)length, name);
		document = json_object_get(document, part);
		name += length + (name[length] == '.');
	}
	return document;
}

static void test_json_has_every_figure_by_its_name(void **state)
{
	(void)state;

	fill(3, 2);
	sample.values[FIGURE_ZRAM_STORED] = NAN;
	sample.values[FIGURE_ZRAM_RATIO] = 2.5;
	sample.cpus[1] = NAN;
	sample.time = (struct sample_time){.sequence = 7,
		.planned_ns = 1000000,
		.taken_ns = 3500000,
		.taken_unix_ms = 1795807200123};
	processes.entries[1].is_ended = true;
	processes.entries[1].values[PROCESS_PSS] = NAN;
	render_json(&text, &sample, &processes);
	assert_false(text.is_cut);
	json_t *document = json_loads(buffer, JSON_REJECT_DUPLICATES, NULL);
	assert_non_null(document);
	for (int i = 0; i < SYSTEM_FIGURE_COUNT; i++) {
		assert_non_null(find(document, system_figure_names[i]));
	}
	assert_string_equal(json_string_value(find(document, "time")), "2026-11-27T19:20:00Z");
	assert_int_equal(json_integer_value(find(document, "sample.sequence")), 7);
	assert_true(json_real_value(find(document, "sample.late_ms")) == 2.5);
	assert_true(json_is_null(find(document, "zram.stored_bytes")));
	assert_true(json_real_value(find(document, "zram.ratio")) == 2.5);
	assert_int_equal(
		json_integer_value(find(document, "memory.total_bytes")), 18014398509481984);
	assert_non_null(find(document, "cpu.0.used_percent"));
	assert_null(find(document, "cpu.1"));
	assert_true(json_real_value(
			    find(document, "fragmentation.external.0.Zone1xxxxxxxxxx.15")) == -1.0);
	assert_non_null(find(document, "fragmentation.unusable.1.Zone2xxxxxxxxxx.0"));
	json_t *ended = find(document, "process.a-name-of-thirty-one-bytes-0001");
	assert_string_equal(json_string_value(find(ended, "state")), "ended");
	assert_true(json_is_null(find(ended, "pss_bytes")));
	assert_int_equal(json_object_size(find(document, "service")), 1);
	json_decref(document);
}

static void test_cameras_and_server_in_every_form(void **state)
{
	(void)state;

	fill(0, 0);
	add_cameras(2);
	render_json(&text, &sample, &processes);
	json_t *document = json_loads(buffer, JSON_REJECT_DUPLICATES, NULL);
	assert_int_equal(json_integer_value(find(document, "server.viewers")), 3);
	json_t *camera = find(document, "camera.a-camera-of-thirty-one-bytes-01");
	assert_string_equal(json_string_value(find(camera, "state")), "streaming");
	assert_true(json_real_value(find(camera, "fps")) == 29.97);
	json_decref(document);

	fill(0, 0);
	add_cameras(1);
	render_line(&text, &sample, &processes);
	assert_non_null(strstr(buffer, "server viewers 3, heap "));
	assert_non_null(strstr(buffer, ", a-camera-of-thirty-one-bytes-00 streaming 30.0 fps"));

	fill(0, 0);
	add_cameras(2);
	render_prometheus(&text, &sample, &processes);
	assert_non_null(strstr(buffer, "\ntwinlens_watch_server_viewers 3\n"));
	assert_non_null(strstr(buffer, "\ntwinlens_watch_camera_state{name=\"a-camera-of-thirty-one"
				       "-bytes-01\",state=\"streaming\"} 1\n"));
	assert_non_null(strstr(buffer, "bytes-00\"} 29.97\n"));

	fill(0, 0); /* no server */
	render_json(&text, &sample, &processes);
	document = json_loads(buffer, JSON_REJECT_DUPLICATES, NULL);
	assert_true(json_is_null(find(document, "server.viewers")));
	assert_int_equal(json_object_size(find(document, "camera")), 0);
	json_decref(document);
	fill(0, 0);
	render_prometheus(&text, &sample, &processes);
	assert_null(strstr(buffer, "twinlens_watch_server"));
	assert_null(strstr(buffer, "twinlens_watch_camera"));
}

static void test_json_without_parts(void **state)
{
	(void)state;

	fill(0, 0);
	render_json(&text, &sample, NULL);
	json_t *document = json_loads(buffer, JSON_REJECT_DUPLICATES, NULL);
	assert_non_null(document);
	assert_true(json_is_null(find(document, "fragmentation.unusable")));
	assert_null(find(document, "process"));
	json_decref(document);
}

static void test_the_largest_sample_fits(void **state)
{
	(void)state;

	fill(BUDDY_ZONES_MAX, WATCH_PROCESSES_MAX);
	add_cameras(WATCH_CAMERAS_MAX);
	render_json(&text, &sample, &processes);
	assert_false(text.is_cut);
	fill(BUDDY_ZONES_MAX, WATCH_PROCESSES_MAX);
	add_cameras(WATCH_CAMERAS_MAX);
	render_prometheus(&text, &sample, &processes);
	assert_false(text.is_cut);
	fill(BUDDY_ZONES_MAX, WATCH_PROCESSES_MAX);
	add_cameras(WATCH_CAMERAS_MAX);
	render_line(&text, &sample, &processes);
	assert_false(text.is_cut);
}

static void test_a_line_shows_absent_figures_as_dashes(void **state)
{
	(void)state;

	fill(0, 1);
	for (int i = 0; i < SYSTEM_FIGURE_COUNT; i++) {
		sample.values[i] = NAN;
	}
	sample.values[FIGURE_MEMORY_USED_PERCENT] = 12.34;
	processes.entries[0].is_ended = true;
	render_line(&text, &sample, &processes);
	assert_non_null(strstr(buffer, "used 12.3% of -, available -"));
	assert_non_null(strstr(buffer, "a-name-of-thirty-one-bytes-0000 ended"));
	assert_null(strstr(buffer, "nan"));
}

static void test_prometheus_text_has_one_type_a_metric(void **state)
{
	(void)state;

	fill(2, 2);
	sample.values[FIGURE_ZRAM_STORED] = NAN;
	render_prometheus(&text, &sample, &processes);
	assert_null(strstr(buffer, "zram_stored_bytes"));
	assert_non_null(strstr(buffer, "\ntwinlens_watch_memory_used_percent "));
	assert_non_null(strstr(buffer, "fragmentation_unusable_ratio{node=\"0\",zone=\"Zone1x"));
	const char *type = strstr(buffer, "# TYPE twinlens_watch_process_pss_bytes gauge\n");
	assert_non_null(type);
	assert_null(strstr(type + 1, "# TYPE twinlens_watch_process_pss_bytes "));
	assert_int_equal(buffer[text.used - 1], '\n');
}

static void test_text_is_quoted_and_cut(void **state)
{
	(void)state;
	char small[8];

	text_init(&text, buffer, sizeof(buffer));
	text_add_quoted(&text, "a\"b\\c\n\xff\xe5\x86\x85");
	assert_string_equal(buffer, "\"a\\\"b\\\\c??\xe5\x86\x85\"");
	text_init(&text, small, sizeof(small));
	text_add(&text, "0123456789");
	assert_true(text.is_cut);
	assert_string_equal(small, "0123456");
}

static void test_bytes_are_written_for_people(void **state)
{
	(void)state;
	char bytes[TEXT_BYTES_SIZE];

	text_format_bytes(512, bytes);
	assert_string_equal(bytes, "512B");
	text_format_bytes(3.75 * 1073741824, bytes);
	assert_string_equal(bytes, "3.8G");
	text_format_bytes(200.0 * 1048576, bytes);
	assert_string_equal(bytes, "200M");
	text_format_bytes(NAN, bytes);
	assert_string_equal(bytes, "-");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_json_has_every_figure_by_its_name),
		cmocka_unit_test(test_cameras_and_server_in_every_form),
		cmocka_unit_test(test_json_without_parts),
		cmocka_unit_test(test_the_largest_sample_fits),
		cmocka_unit_test(test_a_line_shows_absent_figures_as_dashes),
		cmocka_unit_test(test_prometheus_text_has_one_type_a_metric),
		cmocka_unit_test(test_text_is_quoted_and_cut),
		cmocka_unit_test(test_bytes_are_written_for_people),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
