#include "util/error.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static void sets_code_and_text(void **state)
{
	(void)state;
	struct error err;
	assert_int_equal(error_set(&err, -EBUSY, "%s: held by %d", "/dev/video0", 42), -EBUSY);
	assert_int_equal(err.code, -EBUSY);
	assert_string_equal(err.text, "/dev/video0: held by 42");
	assert_int_equal(error_set(NULL, -EBUSY, "%s", "nobody wants to know"), -EBUSY);
}

static void stays_one_line(void **state)
{
	(void)state;
	struct error err;
	error_set(&err, -EINVAL, "a\nb\tc\x1b[31m\x7f%s", "\r");
	assert_string_equal(err.text, "a?b?c?[31m??");
	error_set(&err, -EINVAL, "%s", "图片 é");
	assert_string_equal(err.text, "图片 é");
	error_set(&err, -EINVAL, "%s", "Cam\xe9ra \xe5\x9b");
	assert_string_equal(err.text, "Cam?ra ??");
}

static void cuts_what_is_too_long(void **state)
{
	(void)state;
	struct error err;
	error_set(&err, -EINVAL, "%0*d", ERROR_TEXT_MAX - 1, 0);
	assert_int_equal(strlen(err.text), ERROR_TEXT_MAX - 1);
	error_set(&err, -EINVAL, "%0*d", 10 * ERROR_TEXT_MAX, 0);
	assert_int_equal(strlen(err.text), ERROR_TEXT_MAX - 1);
	error_set(&err, -EINVAL, "%0*d图", ERROR_TEXT_MAX - 3, 0);
	assert_string_equal(err.text + ERROR_TEXT_MAX - 3, "??"); /* half a character is none */
}

static void names_an_errno(void **state)
{
	(void)state;
	assert_string_equal(error_name(-ENOENT), "No such file or directory");
	assert_string_equal(error_name(-99999), "Unknown error");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(sets_code_and_text),
		cmocka_unit_test(stays_one_line),
		cmocka_unit_test(cuts_what_is_too_long),
		cmocka_unit_test(names_an_errno),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
