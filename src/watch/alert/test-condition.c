#include "watch/alert/condition.h"

#include <errno.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static struct system_sample sample;

static void parse(const char *text, struct condition *condition)
{
	struct error err = {.text = ""};

	if (condition_parse(text, condition, &err) < 0) {
		fail_msg("%s: %s", text, err.text);
	}
}

static void test_parses_terms(void **state)
{
	(void)state;
	struct condition condition;

	parse("memory.available_bytes<=1.5G and  psi.memory.full_percent > 10% and "
	      "process.serve.descriptors >= 100 and fragmentation.external.0.DMA.4 < -0.5",
		&condition);
	assert_int_equal(condition.n, 4);
	assert_int_equal(condition.terms[0].op, CONDITION_OP_AT_MOST);
	assert_true(condition.terms[0].limit == 1.5 * 1073741824);
	assert_string_equal(condition.terms[0].name, "memory.available_bytes");
	assert_int_equal(condition.terms[1].op, CONDITION_OP_MORE);
	assert_true(condition.terms[1].limit == 10.0);
	assert_int_equal(condition.terms[2].op, CONDITION_OP_AT_LEAST);
	assert_int_equal(condition.terms[3].op, CONDITION_OP_LESS);
	assert_true(condition.terms[3].limit == -0.5);
}

static void test_refuses_other_text(void **state)
{
	(void)state;
	static const char *const texts[] = {"", "memory", "memory.used_percent",
		"memory.used_percent >", "memory.used_percent > x", "memory.used_percent = 5",
		"memory.used_percent > 5K", "memory.free_bytes > 5%", "memory.free_bytes > 5KB",
		"vm.oom_kills > 5 or vm.refaults > 5", "vm.oom_kills > 5 and",
		"vm.oom_kills > 5 andvm.refaults > 5", "vm.oom_kills > inf", "vm.oom_kills > 0x5",
		"vm.oom_kills > 1 and vm.oom_kills > 1 and vm.oom_kills > 1 and "
		"vm.oom_kills > 1 and vm.oom_kills > 1",
		"vm.oom_kills > 1234567890123456789", "camera.a.state > 3", "camera.a.state > odd",
		"camera.a.state >", "camera.a.state = lost", "camera.a.fps < lost"};
	struct condition condition = {.n = 7};
	struct error err;

	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		if (condition_parse(texts[i], &condition, &err) != -EINVAL) {
			fail_msg("%s: was taken", texts[i]);
		}
		assert_true(strlen(err.text) > 0);
	}
	assert_int_equal(condition.n, 7);
}

static void test_is_true_when_all_terms_are(void **state)
{
	(void)state;
	struct condition condition;

	parse("memory.used_percent > 85 and vm.oom_kills >= 1", &condition);
	sample.values[FIGURE_MEMORY_USED_PERCENT] = 85.1;
	sample.values[FIGURE_VM_OOM_KILLS] = 0.0;
	assert_false(condition_is_true(&condition, &sample, NULL));
	sample.values[FIGURE_VM_OOM_KILLS] = 1.0;
	assert_true(condition_is_true(&condition, &sample, NULL));
	sample.values[FIGURE_MEMORY_USED_PERCENT] = 85.0;
	assert_false(condition_is_true(&condition, &sample, NULL));
	sample.values[FIGURE_MEMORY_USED_PERCENT] = NAN;
	assert_false(condition_is_true(&condition, &sample, NULL));
	parse("memory.used_percent < 85", &condition);
	assert_false(condition_is_true(&condition, &sample, NULL));
}

static void test_is_over_with_points_to_spare(void **state)
{
	(void)state;
	struct condition condition;

	parse("memory.used_percent > 85", &condition);
	sample.values[FIGURE_MEMORY_USED_PERCENT] = 80.1;
	assert_false(condition_is_over(&condition, &sample, NULL));
	sample.values[FIGURE_MEMORY_USED_PERCENT] = 80.0;
	assert_true(condition_is_over(&condition, &sample, NULL));
	sample.values[FIGURE_MEMORY_USED_PERCENT] = NAN;
	assert_true(condition_is_over(&condition, &sample, NULL));
	parse("memory.free_bytes < 1000", &condition);
	sample.values[FIGURE_MEMORY_FREE] = 1049;
	assert_false(condition_is_over(&condition, &sample, NULL));
	sample.values[FIGURE_MEMORY_FREE] = 1050;
	assert_true(condition_is_over(&condition, &sample, NULL));
}

static void test_states_of_a_camera(void **state)
{
	(void)state;
	static struct process_sample processes = {.server.n_cameras = 1,
		.server.cameras = {{.name = "cam0", .values = {[CAMERA_FPS] = 30.0}}}};
	double *value = &processes.server.cameras[0].values[CAMERA_STATE];
	struct condition condition;

	parse("camera.cam0.state >= lost and camera.cam0.fps < 31", &condition);
	assert_int_equal(figure_state_find("streaming", value), 0);
	assert_false(condition_is_true(&condition, &sample, &processes));
	assert_true(condition_is_over(&condition, &sample, &processes));
	assert_int_equal(figure_state_find("error", value), 0);
	assert_true(condition_is_true(&condition, &sample, &processes));
	assert_false(condition_is_over(&condition, &sample, &processes));
	processes.server.n_cameras = 0; /* it does not answer */
	assert_false(condition_is_true(&condition, &sample, &processes));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_parses_terms),
		cmocka_unit_test(test_refuses_other_text),
		cmocka_unit_test(test_is_true_when_all_terms_are),
		cmocka_unit_test(test_is_over_with_points_to_spare),
		cmocka_unit_test(test_states_of_a_camera),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
