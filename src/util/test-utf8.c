#include "util/utf8.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static void measures_characters(void **state)
{
	(void)state;
	assert_int_equal(utf8_printable("a\xff"), 1);
	assert_int_equal(utf8_printable(" "), 1);
	assert_int_equal(utf8_printable("~"), 1);
	assert_int_equal(utf8_printable("\xc2\xa0"), 2); /* the first and last of each length */
	assert_int_equal(utf8_printable("\xdf\xbf"), 2);
	assert_int_equal(utf8_printable("\xe0\xa0\x80"), 3);
	assert_int_equal(utf8_printable("\xed\x9f\xbf"), 3);
	assert_int_equal(utf8_printable("\xee\x80\x80"), 3);
	assert_int_equal(utf8_printable("\xef\xbf\xbf"), 3);
	assert_int_equal(utf8_printable("\xf0\x90\x80\x80"), 4);
	assert_int_equal(utf8_printable("\xf4\x8f\xbf\xbf"), 4);
}

static void refuses_what_is_none(void **state)
{
	(void)state;
	static const char *const bad[] = {
		"",
		"\n",
		"\x1f",
		"\x7f",
		"\x80",
		"\xbf",
		"\xff",
		"\xc2\x80", /* a control character */
		"\xc2\x9f",
		"\xc3", /* cut */
		"\xc3(",
		"\xe5\x9b",
		"\xe5\x9b(",
		"\xf0\x9f\x93",
		"\xc0\xaf", /* overlong */
		"\xc1\xbf",
		"\xe0\x9f\xbf",
		"\xf0\x8f\xbf\xbf",
		"\xed\xa0\x80", /* surrogates */
		"\xed\xbf\xbf",
		"\xf4\x90\x80\x80", /* beyond U+10FFFF */
		"\xf5\x80\x80\x80",
	};
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		if (utf8_printable(bad[i]) != 0) {
			fail_msg("number %zu is taken", i);
		}
	}
}

static void looks_at_a_whole_text(void **state)
{
	(void)state;
	assert_true(utf8_is_printable(""));
	assert_true(utf8_is_printable("/srv/\xc3\xa4"));
	assert_false(utf8_is_printable("/srv/\xff"));
	assert_false(utf8_is_printable("a\nb"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(measures_characters),
		cmocka_unit_test(refuses_what_is_none),
		cmocka_unit_test(looks_at_a_whole_text),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
