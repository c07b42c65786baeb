#include "client/stream/picture.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

/* SOI, APP0 of 2 bytes, SOF0, SOS, coded data with a byte 0xff and a restart marker. */
#define BEGIN "\xff\xd8\xff\xe0\x00\x04\xff\xd9\xff\xc0\x00\x03x"
#define SCAN  "\xff\xda\x00\x02z\xff\x00\xff\xd7zz"

/* However the bytes are cut, the verdict is the same. */
static bool is_whole(const char *bytes, size_t size)
{
	struct picture picture;
	bool verdict = false;

	for (size_t piece = 1; piece <= size; piece++) {
		picture_begin(&picture);
		for (size_t at = 0; at < size; at += piece) {
			size_t n = size - at < piece ? size - at : piece;
			picture_feed(&picture, (const uint8_t *)bytes + at, n);
		}
		assert_true(piece == 1 || picture_is_whole(&picture) == verdict);
		verdict = picture_is_whole(&picture);
	}
	return verdict;
}

#define IS_WHOLE(text) is_whole(text, sizeof(text) - 1)

static void test_whole(void **state)
{
	(void)state;
	assert_true(IS_WHOLE(BEGIN SCAN "\xff\xd9"));
	assert_true(IS_WHOLE(BEGIN SCAN "\xff\xff\xff\xd9"));                 /* fill bytes */
	assert_true(IS_WHOLE(BEGIN SCAN "\xff\xc4\x00\x02" SCAN "\xff\xd9")); /* progressive */
}

static void test_not_whole(void **state)
{
	(void)state;
	assert_false(IS_WHOLE(BEGIN SCAN));
	assert_false(IS_WHOLE(BEGIN SCAN "\xff"));
	assert_false(IS_WHOLE(BEGIN SCAN "\xff\xd9x"));        /* bytes behind it */
	assert_false(IS_WHOLE(BEGIN SCAN "\xff\xd8\xff\xd9")); /* a picture in a picture */
	assert_false(IS_WHOLE(BEGIN "\xff\xd9"));              /* no scan */
	assert_false(IS_WHOLE("\xff\xd8" SCAN "\xff\xd9"));    /* no frame header */
	assert_false(IS_WHOLE("\xff\xd8\xff\xd9"));
	assert_false(IS_WHOLE("x" BEGIN SCAN "\xff\xd9"));
	assert_false(IS_WHOLE("\xff\xd8\xff\xe0\x00\x01" SCAN "\xff\xd9")); /* a length of 1 */
	assert_false(IS_WHOLE("\xff\xd8zz" SCAN "\xff\xd9"));
	assert_false(IS_WHOLE(BEGIN "\xff\xe1\x7f\xff" SCAN "\xff\xd9")); /* a segment too long */
}

static void test_begin(void **state)
{
	(void)state;
	struct picture picture;

	picture_begin(&picture);
	assert_true(picture_begins_well(&picture));
	picture_feed(&picture, (const uint8_t *)"\xff\xd8zzz", 5);
	assert_true(picture_begins_well(&picture));
	picture_begin(&picture);
	picture_feed(&picture, (const uint8_t *)"\xff\xd9zzz", 5);
	assert_false(picture_begins_well(&picture));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_whole),
		cmocka_unit_test(test_not_whole),
		cmocka_unit_test(test_begin),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
