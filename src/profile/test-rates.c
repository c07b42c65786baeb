#include "profile/rates.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

static void parse(const char *text, struct rates *ret_rates)
{
	json_t *status = json_loads(text, 0, NULL);

	assert_non_null(status);
	rates_parse(status, ret_rates);
	json_decref(status);
}

static void test_takes_the_cameras_that_are_of_the_form(void **state)
{
	(void)state;
	struct rates rates;
	char text[128];

	parse("{\"cameras\":[{\"name\":\"cam0\",\"state\":\"streaming\",\"fps\":29.97},{\"name\":5}"
	      ","
	      "{\"name\":\"cam1\",\"state\":\"idle\",\"fps\":0},7]}",
		&rates);
	assert_int_equal(rates.n, 2);
	assert_true(rates.cameras[0].is_streaming);
	assert_false(rates.cameras[1].is_streaming);
	rates_describe(&rates, text, sizeof(text));
	assert_string_equal(text, "cam0 30.0 frames/s");
	parse("{}", &rates);
	assert_int_equal(rates.n, 0);
	rates_describe(&rates, text, sizeof(text));
	assert_string_equal(text, "no camera is streaming");
	char tiny[8];
	rates_describe(&rates, tiny, sizeof(tiny));
	assert_int_equal(strlen(tiny), 7);
}

static void test_a_rate_is_back_at_nine_tenths(void **state)
{
	(void)state;
	const struct rates before = {.n = 2,
		.cameras = {
			{.name = "a", .is_streaming = true, .fps = 30}, {.name = "b", .fps = 9}}};
	struct rates now = {.n = 1, .cameras = {{.name = "a", .is_streaming = true, .fps = 27.1}}};

	assert_true(rates_are_back(&before, &now));
	now.cameras[0].fps = 26.9;
	assert_false(rates_are_back(&before, &now));
	now.n = 0;
	assert_false(rates_are_back(&before, &now));
}

static void test_a_process_that_listens_nowhere(void **state)
{
	(void)state;
	struct error err;
	struct url url;

	assert_int_equal(rates_find_server(getpid(), &url, &err), -ENOENT);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_takes_the_cameras_that_are_of_the_form),
		cmocka_unit_test(test_a_rate_is_back_at_nine_tenths),
		cmocka_unit_test(test_a_process_that_listens_nowhere),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
