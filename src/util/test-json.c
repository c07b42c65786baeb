#include "util/json.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static void test_text(void **state)
{
	(void)state;
	_cleanup_json_ json_t *object = json_pack("{s:s,s:i}", "name", "cam0", "index", 1);

	assert_string_equal(json_text(object, "name"), "cam0");
	assert_string_equal(json_text(object, "index"), "");
	assert_string_equal(json_text(object, "none"), "");
	assert_string_equal(json_text(NULL, "name"), "");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_text),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
