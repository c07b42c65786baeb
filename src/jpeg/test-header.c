#include "jpeg/header.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>
#include <sys/mman.h>

#include <cmocka.h>

#include "jpeg/fixture.h"
#include "jpeg/huffman.h"
#include "util/cleanup.h"

static const struct jpeg_fixture fixture = {
	.width = 321, .height = 123, .quality = 80, .h = 2, .v = 1, .restart_rows = 1};

static void test_reads_what_stands_there(void **state)
{
	(void)state;
	struct jpeg_header header;
	size_t size;
	_cleanup_free_ uint8_t *picture = jpeg_fixture_make(&fixture, &size);

	assert_int_equal(jpeg_header_read(picture, size, &header), 0);
	assert_int_equal(header.width, 321);
	assert_int_equal(header.height, 123);
	assert_int_equal(header.n_components, 3);
	assert_int_equal(header.n_scan_components, 3);
	assert_int_equal(header.components[0].h, 2);
	assert_int_equal(header.components[0].v, 1);
	assert_int_equal(header.components[1].dc, 1);
	assert_int_equal(header.restart_interval, 21);
	assert_false(header.is_progressive);
	assert_false(header.lacks_huffman);
	assert_memory_equal(picture + header.height_at, "\0\173\1\101", 4);
	assert_memory_equal(picture + header.tables_at, "\xff\xc0", 2);
	assert_memory_equal(picture + header.scan_at - 14, "\xff\xda", 2);
}

/* Of the tables that libjpeg writes, segment for segment. */
static void test_standard_tables_are_those_of_the_standard(void **state)
{
	(void)state;
	const uint8_t *standard = jpeg_huffman_segment + 4;
	struct jpeg_header header;
	size_t size;
	_cleanup_free_ uint8_t *picture = jpeg_fixture_make(&fixture, &size);
	static const unsigned order[4][2] = {{0, 0}, {1, 0}, {0, 1}, {1, 1}};

	assert_int_equal(jpeg_header_read(picture, size, &header), 0);
	for (int i = 0; i < 4; i++) {
		size_t at = header.huffman_at[order[i][0]][order[i][1]];
		size_t bytes = 17;
		for (int j = 0; j < 16; j++) {
			bytes += picture[at + j];
		}
		assert_memory_equal(picture + at - 1, standard, bytes);
		standard += bytes;
	}
	assert_ptr_equal(standard, jpeg_huffman_segment + JPEG_HUFFMAN_SEGMENT_BYTES);
}

/* Cut at every byte of the header: it says so, and reads nothing behind. */
static void test_tells_a_cut_header(void **state)
{
	(void)state;
	struct jpeg_header header;
	size_t size, mapping_bytes;
	void *mapping;
	_cleanup_free_ uint8_t *picture = jpeg_fixture_make(&fixture, &size);

	assert_int_equal(jpeg_header_read(picture, size, &header), 0);
	for (size_t cut = 0; cut <= header.scan_at; cut++) {
		uint8_t *data = jpeg_fixture_guarded(cut, &mapping, &mapping_bytes);
		memcpy(data, picture, cut);
		struct jpeg_header other;
		assert_int_equal(
			jpeg_header_read(data, cut, &other), cut == header.scan_at ? 0 : -ENODATA);
		munmap(mapping, mapping_bytes);
	}
}

static void test_skips_what_is_between_segments(void **state)
{
	(void)state;
	struct jpeg_header header;
	size_t size;
	_cleanup_free_ uint8_t *picture = jpeg_fixture_make(&fixture, &size);
	uint8_t *data = malloc(size + 9);

	memcpy(data, picture, 2);
	memcpy(data + 2, "\0\0\x12\xff\0\xff\1\xff\xff", 9);
	memcpy(data + 11, picture + 2, size - 2);
	assert_int_equal(jpeg_header_read(data, size + 9, &header), 0);
	assert_int_equal(header.width, 321);
	free(data);
}

static void test_finds_the_start(void **state)
{
	(void)state;
	size_t at;
	static const uint8_t data[] = {1, 0xff, 0xd8, 0xff, 0xd9, 0xff, 0xd8, 0xff, 0xe0, 0, 0xff};

	assert_int_equal(jpeg_find_start(data, sizeof(data), 100, &at), 0);
	assert_int_equal(at, 5);
	assert_int_equal(jpeg_find_start(data, sizeof(data), 6, &at), 0);
	assert_int_equal(jpeg_find_start(data, sizeof(data), 5, &at), -ENOENT);
	assert_int_equal(jpeg_find_start(data, 8, 100, &at), -ENOENT);
	assert_int_equal(jpeg_find_start(data, 0, 100, &at), -ENOENT);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_reads_what_stands_there),
		cmocka_unit_test(test_standard_tables_are_those_of_the_standard),
		cmocka_unit_test(test_tells_a_cut_header),
		cmocka_unit_test(test_skips_what_is_between_segments),
		cmocka_unit_test(test_finds_the_start),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
