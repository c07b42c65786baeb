#include "system/swap.h"

#include <errno.h>
#include <limits.h>
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include "system/fixture-tree.h"
#include "system/memory-limit.h"
#include "util/cleanup.h"

static struct tree tree;

static void check_area(
	const struct swap_area *area, const char *path, bool is_device, uint64_t used, int priority)
{
	assert_string_equal(area->path, path);
	assert_int_equal(area->is_device, is_device);
	assert_int_equal(area->size_bytes, 2048);
	assert_int_equal(area->used_bytes, used);
	assert_int_equal(area->priority, priority);
}

static void lists_what_is_in_use(void **state)
{
	(void)state;
	struct swap_list list;

	tree_write(&tree, "/proc/swaps",
		"Filename Type Size Used Priority\n/dev/zram0\tpartition\t2\t1\t10\n"
		"/a\\040\\134\\9\\ file 2 0 -2\n/zram1 partition 2 0 5\n"
		" partition 2 0 5\n/dev/zram2 partition 2 0\n"
		"/dev/zram3 partition 2 -1 5\n/dev/zram4 partition 18014398509481984 0 5\n");
	assert_int_equal(swap_list_init(&list, &tree.root), 0);
	assert_int_equal(list.n, 3);
	check_area(&list.areas[0], "/dev/zram0", true, 1024, 10);
	check_area(&list.areas[1], "/a \\\\9\\", false, 0, -2);
	check_area(&list.areas[2], "/zram1", true, 0, 5);
	assert_ptr_equal(swap_list_find(&list, "zram1"), &list.areas[2]);
	assert_null(swap_list_find(&list, "a \\\\9\\"));
	swap_list_done(&list);
	tree_remove(&tree, "/proc/swaps");
	assert_int_equal(swap_list_init(&list, &tree.root), -ENOENT);
}

/* The offsets are those of union swap_header, linux/swap.h. */
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

#define GROUP_1 "/sys/fs/cgroup/memory/a/b/"
#define GROUP_2 "/sys/fs/cgroup/a/b/"

/* Without it: no limit, or none that is too low. */
static void check_limit(uint64_t used, const char *path, uint64_t max, uint64_t swapped)
{
	struct memory_limit limit = {.max = 0};

	assert_int_equal(memory_limit_find(&tree.root, used, &limit), path != NULL);
	if (path) {
		assert_string_equal(limit.path, path);
		assert_int_equal(limit.max, max);
		assert_int_equal(limit.swapped, swapped);
	}
}

static void knows_the_limits_of_cgroups(void **state)
{
	(void)state;
	check_limit(1000, NULL, 0, 0); /* no cgroups at all */
	tree_write(&tree, GROUP_2 "memory.max", "max\n");
	tree_write(&tree, GROUP_2 "memory.current", "100\n");
	tree_write(&tree, GROUP_2 "memory.swap.current", "60\n");
	tree_write(&tree, GROUP_2 "memory.stat", "anon 70\ninactive_file 20\n");
	check_limit(1000, NULL, 0, 0);
	tree_write(&tree, GROUP_2 "memory.max", "140\n");
	check_limit(1000, NULL, 0, 0); /* the file pages make room */
	tree_write(&tree, GROUP_2 "memory.max", "139\n");
	check_limit(1000, GROUP_2 "memory.max", 139, 60);
	check_limit(59, NULL, 0, 0); /* the area has no more */
	tree_write(&tree, GROUP_2 "memory.max", "50\n");
	check_limit(1000, GROUP_2 "memory.max", 50, 60);
	tree_write(&tree, GROUP_2 "memory.swap.current", "0\n");
	check_limit(1000, NULL, 0, 0); /* nothing comes back */
	tree_remove(&tree, GROUP_2 "memory.swap.current");
	check_limit(61, GROUP_2 "memory.max", 50, 61); /* all may be its own */
}

static void knows_the_limits_of_old_cgroups(void **state)
{
	(void)state;
	tree_write(&tree, GROUP_1 "memory.limit_in_bytes", "9223372036854771712\n");
	tree_write(&tree, GROUP_1 "memory.usage_in_bytes", "100\n");
	tree_write(&tree, GROUP_1 "memory.stat", "swap 1\ntotal_inactive_file 20\ntotal_swap 60\n");
	check_limit(1000, NULL, 0, 0);
	tree_write(&tree, GROUP_1 "memory.limit_in_bytes", "140\n");
	check_limit(1000, NULL, 0, 0);
	tree_write(&tree, GROUP_1 "memory.limit_in_bytes", "139\n");
	check_limit(1000, GROUP_1 "memory.limit_in_bytes", 139, 60);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		tree_test(lists_what_is_in_use, &tree),
		tree_test(writes_the_header_of_a_swap_area, &tree),
		tree_test(proves_that_swapoff_fits, &tree),
		tree_test(knows_the_limits_of_cgroups, &tree),
		tree_test(knows_the_limits_of_old_cgroups, &tree),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
