#include "watch/record/figure.h"

#include <errno.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "watch/record/sample.h"

static void test_finds_every_name(void **state)
{
	(void)state;
	struct figure figure;

	for (int i = 0; i < SYSTEM_FIGURE_COUNT; i++) {
		assert_non_null(system_figure_names[i]);
		assert_int_equal(figure_find(system_figure_names[i], &figure), 0);
		assert_int_equal(figure.kind, FIGURE_KIND_SYSTEM);
		assert_int_equal(figure.index, i);
	}
	assert_int_equal(figure_find("process.serve.pss_bytes", &figure), 0);
	assert_int_equal(figure.kind, FIGURE_KIND_PROCESS);
	assert_string_equal(figure.owner, "serve");
	assert_int_equal(figure_find("service.twinlens.socket_bytes", &figure), 0);
	assert_int_equal(figure.index, SERVICE_SOCKET);
	assert_int_equal(figure_find("fragmentation.external.1.Normal.9", &figure), 0);
	assert_int_equal(figure.node, 1);
	assert_int_equal(figure.index, 9);
	assert_string_equal(figure.owner, "Normal");
	assert_int_equal(figure_find("server.heap_bytes", &figure), 0);
	assert_int_equal(figure.index, SERVER_HEAP);
	assert_int_equal(figure_find("camera.cam0.state", &figure), 0);
	assert_int_equal(figure.index, CAMERA_STATE);
	assert_string_equal(figure.owner, "cam0");
}

static void test_states_are_words(void **state)
{
	(void)state;
	double lost, error;

	assert_true(figure_is_state("camera.cam0.state"));
	assert_false(figure_is_state("camera.cam0.fps"));
	assert_int_equal(figure_state_find("lost", &lost), 0);
	assert_int_equal(figure_state_find("error", &error), 0);
	assert_true(lost < error);
	assert_string_equal(figure_state_name(lost), "lost");
	assert_int_equal(figure_state_find("running", &lost), -ENOENT);
	assert_string_equal(figure_state_name(NAN), "-");
	assert_string_equal(figure_state_name(-1), "-");
	assert_string_equal(figure_state_name(5), "-");
}

static void test_refuses_other_names(void **state)
{
	(void)state;
	static const char *const names[] = {"", "memory", "memory.", "memory.used",
		"cpu.x.used_percent", "cpu.32.used_percent", "cpu.1.used", "process.serve",
		"process..pss_bytes", "process.serve.pss", "fragmentation.unusable.0.Normal",
		"fragmentation.unusable.0", "fragmentation.unusable.0.Normal.16",
		"fragmentation.unusable.0..1", "server.", "server.cam0.viewers", "camera.fps",
		"camera..fps", "camera.cam0.size",
		"process.a_name_that_is_longer_than_what_fits.pss_bytes"};
	struct figure figure = {.index = 7};

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		assert_int_equal(figure_find(names[i], &figure), -ENOENT);
	}
	assert_int_equal(figure.index, 7);
}

static double value_of(const char *name, const struct system_sample *system,
	const struct process_sample *processes)
{
	struct figure figure;

	assert_int_equal(figure_find(name, &figure), 0);
	return figure_value(&figure, system, processes);
}

static void test_looks_up_values(void **state)
{
	(void)state;
	struct system_sample *system = calloc(1, sizeof(*system));
	struct process_sample *processes = calloc(1, sizeof(*processes));

	assert_true(system && processes);
	system->values[FIGURE_SWAP_USED] = 5.0;
	system->cpus[3] = 50.0F;
	system->n_zones = 1;
	system->zones[0] =
		(struct zone_sample){.name = "DMA", .n_orders = 2, .unusable = {0, 0.5F}};
	processes->n = 1;
	strcpy(processes->entries[0].name, "serve");
	strcpy(processes->entries[0].service, "twinlens");
	processes->entries[0].values[PROCESS_PSS] = 7.0;
	processes->entries[0].service_values[SERVICE_CURRENT] = 9.0;
	assert_true(value_of("swap.used_bytes", system, NULL) == 5.0);
	assert_true(value_of("cpu.3.used_percent", system, NULL) == 50.0);
	assert_true(value_of("fragmentation.unusable.0.DMA.1", system, NULL) == 0.5);
	assert_true(isnan(value_of("fragmentation.unusable.0.DMA.2", system, NULL)));
	assert_true(isnan(value_of("fragmentation.unusable.1.DMA.1", system, NULL)));
	assert_true(value_of("process.serve.pss_bytes", NULL, processes) == 7.0);
	assert_true(isnan(value_of("process.other.pss_bytes", NULL, processes)));
	assert_true(isnan(value_of("process.serve.pss_bytes", system, NULL)));
	assert_true(isnan(value_of("swap.used_bytes", NULL, processes)));
	assert_true(value_of("service.twinlens.current_bytes", NULL, processes) == 9.0);
	processes->server.values[SERVER_VIEWERS] = 2.0;
	processes->server.n_cameras = 1;
	strcpy(processes->server.cameras[0].name, "cam1");
	processes->server.cameras[0].values[CAMERA_FPS] = 30.0;
	assert_true(value_of("server.viewers", NULL, processes) == 2.0);
	assert_true(value_of("camera.cam1.fps", NULL, processes) == 30.0);
	assert_true(isnan(value_of("camera.cam0.fps", NULL, processes)));
	assert_true(isnan(value_of("server.viewers", system, NULL)));
	processes->entries[0].is_ended = true;
	assert_true(isnan(value_of("service.twinlens.current_bytes", NULL, processes)));
	free(system);
	free(processes);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_finds_every_name),
		cmocka_unit_test(test_states_are_words),
		cmocka_unit_test(test_refuses_other_names),
		cmocka_unit_test(test_looks_up_values),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
