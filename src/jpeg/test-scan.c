#include "jpeg/scan.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include "jpeg/fixture.h"
#include "util/cleanup.h"

static const struct jpeg_fixture kinds[] = {
	{.width = 200, .height = 120, .quality = 80, .h = 2, .v = 1},
	{.width = 203, .height = 117, .quality = 60, .h = 2, .v = 2, .restart_rows = 1},
	{.width = 97, .height = 65, .quality = 100},
	{.width = 64, .height = 64, .quality = 80, .h = 1, .v = 2, .has_optimized_tables = true},
	{.width = 200, .height = 120, .quality = 80, .h = 2, .v = 1, .thumbnail_bytes = 4096},
	{.width = 96, .height = 64, .quality = 80, .h = 2, .v = 1, .is_progressive = true},
};
#define N_KINDS (sizeof(kinds) / sizeof(kinds[0]))

/* In pieces of every size, with another picture behind it. */
static void test_walks_in_pieces(void **state)
{
	(void)state;
	for (size_t i = 0; i < N_KINDS; i++) {
		size_t size;
		_cleanup_free_ uint8_t *picture = jpeg_fixture_make(&kinds[i], &size);
		_cleanup_free_ uint8_t *two = malloc(2 * size);
		memcpy(two, picture, size);
		memcpy(two + size, picture, size);
		for (size_t piece = 1; piece < 2 * size; piece = piece * 5 / 4 + 1) {
			struct jpeg_walker walker = {.at = 2};
			size_t have = 0;
			bool is_over = false;
			while (!is_over && have < 2 * size) {
				have = have + piece < 2 * size ? have + piece : 2 * size;
				is_over = jpeg_walker_advance(&walker, two, have);
			}
			assert_true(is_over);
			assert_true(walker.has_scan);
			assert_true(walker.has_end);
			assert_int_equal(walker.at, size);
		}
	}
}

static void test_stops_at_the_next_picture(void **state)
{
	(void)state;
	size_t size;
	_cleanup_free_ uint8_t *picture = jpeg_fixture_make(&kinds[0], &size);
	_cleanup_free_ uint8_t *two = malloc(2 * size);
	struct jpeg_walker walker = {.at = 2};

	memcpy(two, picture, size - 2);
	assert_false(jpeg_walker_advance(&walker, two, size - 2));
	memcpy(two + size - 2, picture, size);
	assert_true(jpeg_walker_advance(&walker, two, 2 * size - 2));
	assert_int_equal(walker.at, size - 2);
	assert_false(walker.has_end);
}

static void test_measures_whole_pictures(void **state)
{
	(void)state;
	for (size_t i = 0; i < N_KINDS; i++) {
		struct jpeg_header header;
		size_t size, end = 0;
		_cleanup_free_ uint8_t *picture = jpeg_fixture_make(&kinds[i], &size);
		assert_int_equal(jpeg_header_read(picture, size, &header), 0);
		int r = jpeg_scan_measure(
			&header, picture, picture + header.scan_at, size - header.scan_at, &end);
		if (kinds[i].is_progressive) {
			assert_int_equal(r, -ENOTSUP);
			continue;
		}
		assert_int_equal(r, 0);
		assert_int_equal(header.scan_at + end, size - 2);
	}
}

static void test_tells_what_is_missing(void **state)
{
	(void)state;
	for (size_t i = 0; i < N_KINDS; i++) {
		struct jpeg_header header;
		size_t size, end;
		_cleanup_free_ uint8_t *picture = jpeg_fixture_make(&kinds[i], &size);
		assert_int_equal(jpeg_header_read(picture, size, &header), 0);
		for (size_t cut = header.scan_at; !header.is_progressive && cut < size - 2; cut++) {
			assert_int_equal(
				jpeg_scan_measure(&header, picture, picture + header.scan_at,
					cut - header.scan_at, &end),
				-ENODATA);
		}
	}
}

static void test_tells_a_code_that_does_not_exist(void **state)
{
	(void)state;
	struct jpeg_header header;
	size_t size, end;
	_cleanup_free_ uint8_t *picture = jpeg_fixture_make(&kinds[0], &size);
	uint8_t ones[200];

	for (size_t i = 0; i < sizeof(ones); i++) {
		ones[i] = i % 2 ? 0 : 0xff; /* stuffed */
	}
	assert_int_equal(jpeg_header_read(picture, size, &header), 0);
	assert_int_equal(jpeg_scan_measure(&header, picture, ones, sizeof(ones), &end), -EBADMSG);
	/* A table with more codes than there can be. */
	picture[header.huffman_at[0][0]] = 3;
	picture[header.huffman_at[0][0] + 2] = 3;
	assert_int_equal(jpeg_scan_measure(&header, picture, picture + header.scan_at,
				 size - header.scan_at, &end),
		-EBADMSG);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_walks_in_pieces),
		cmocka_unit_test(test_stops_at_the_next_picture),
		cmocka_unit_test(test_measures_whole_pictures),
		cmocka_unit_test(test_tells_what_is_missing),
		cmocka_unit_test(test_tells_a_code_that_does_not_exist),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
