#include "util/file/crc32.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

/* The check value of the catalogue of CRC algorithms, and those of zlib's crc32(). */
static void agrees_with_others(void **state)
{
	(void)state;
	assert_int_equal(crc32_of("123456789", 9), 0xcbf43926);
	assert_int_equal(crc32_of("", 0), 0);
	assert_int_equal(crc32_of("a", 1), 0xe8b7be43);
	assert_int_equal(crc32_of("\0\0\0\0", 4), 0x2144df1c);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(agrees_with_others),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
