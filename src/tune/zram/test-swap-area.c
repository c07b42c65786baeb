#include "tune/zram/swap-area.h"

#include <errno.h>
#include <limits.h>
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include "tune/zram/swap-disable.h"
#include "util/cleanup.h"
#include "util/fixture-tree.h"

static struct tree tree;

static void writes_the_header_of_a_swap_area(void **state)
{
	(void)state;
	static const char uuid[] = "00112233-4455-4677-8899-aabbccddeeff";
	const size_t page = (size_t)sysconf(_SC_PAGESIZE);
	char path[PATH_MAX], found[SWAP_UUID_SIZE], other[SWAP_UUID_SIZE];
	uint32_t numbers[3];
	_cleanup_free_ char *header = malloc(page);

	assert_non_null(header);
	tree_write(&tree, "/dev/zram1", "");
	assert_int_equal(sysroot_path(&tree.root, "/dev/zram1", path, sizeof(path)), 0);
	assert_int_equal(truncate(path, (off_t)(4 * page)), 0);
	assert_int_equal(swap_header_read(path, found), 0);
	assert_string_equal(found, "");
	assert_int_equal(swap_header_write(path, 4 * page, uuid, "a-label-too-long"), -EINVAL);
	assert_int_equal(swap_header_write(path, 4 * page, "no-uuid", "label"), -EINVAL);
	assert_int_equal(swap_header_write(path, 4 * page, uuid, "label"), 0);
	assert_int_equal(swap_header_read(path, found), 0);
	assert_string_equal(found, uuid);
	_cleanup_file_ FILE *file = fopen(path, "re");
	assert_non_null(file);
	assert_int_equal(fread(header, 1, page, file), page);
	memcpy(numbers, header + 1024, sizeof(numbers));
	assert_int_equal(numbers[0], 1); /* the version */
	assert_int_equal(numbers[1], 3); /* the last page */
	assert_int_equal(numbers[2], 0); /* no bad ones */
	assert_memory_equal(header + 1036, "\x00\x11\x22\x33", 4);
	assert_memory_equal(header + 1052, "label\0\0\0\0\0\0\0\0\0\0", 16);
	assert_memory_equal(header + page - 10, "SWAPSPACE2", 10);

	assert_int_equal(swap_uuid_make(found), 0);
	assert_int_equal(swap_uuid_make(other), 0);
	assert_string_not_equal(found, other);
	assert_int_equal(found[14], '4'); /* of the random kind */
}

static void proves_that_swapoff_fits(void **state)
{
	(void)state;
	static const struct {
		uint64_t used, available, compressed, margin;
		bool fits;
	} cases[] = {
		{0, 0, 0, 100, true},
		{100, 300, 0, 200, true},
		{100, 299, 0, 200, false},
		{1000, 800, 400, 200, true},
		{1000, 799, 400, 200, false},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		const struct swap_fit fit = {.used = cases[i].used,
			.available = cases[i].available,
			.compressed = cases[i].compressed,
			.margin = cases[i].margin};
		assert_int_equal(swap_fit_holds(&fit), cases[i].fits);
	}
	const struct swap_area area = {.used_bytes = 5};
	struct swap_fit fit;
	assert_int_equal(swap_fit_init(&fit, &tree.root, &area, 7), 0);
	assert_int_equal(fit.used, 5);
	assert_int_equal(fit.available, UINT64_C(3) << 30);
	assert_int_equal(fit.compressed, 7);
	assert_int_equal(fit.margin, 64 << 20);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		tree_test(writes_the_header_of_a_swap_area, &tree),
		tree_test(proves_that_swapoff_fits, &tree),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
