#include "simulate/shared.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "util/fixture-tree.h"

#define FOLDER "/sys/fs/cgroup/a"

static struct tree tree;

static void write_rollup(const char *path, const char *pss, const char *pss_anon, const char *swap)
{
	char text[512];

	snprintf(text, sizeof(text),
		"00400000-7fff0000 ---p 00000000 00:00 0 [rollup]\nRss: 9000 kB\nPss: %s kB\n"
		"Pss_Anon: %s kB\nSwapPss: %s kB\n",
		pss, pss_anon, swap);
	tree_write(&tree, path, text);
}

static void test_counts_what_is_charged_to_others(void **state)
{
	(void)state;
	const struct group group = {
		.root = &tree.root, .path = {.version = CGROUP_VERSION_2, .path = "/a"}};

	assert_int_equal(shared_read(&group), 0);
	tree_write(&tree, FOLDER "/memory.current", "4096\n");
	tree_write(&tree, FOLDER "/cgroup.procs", "7\n8\n9\n");
	write_rollup("/proc/7/smaps_rollup", "5000", "2000", "100");
	write_rollup("/proc/8/smaps_rollup", "700", "700", "0");
	assert_int_equal(shared_read(&group), 0); /* what is charged to it is not known */
	tree_write(&tree, FOLDER "/memory.stat", "file_mapped 1024000\n");
	assert_int_equal(shared_read(&group), 2000 * 1024);
	tree_write(&tree, FOLDER "/memory.stat", "file_mapped 9024000\n");
	assert_int_equal(shared_read(&group), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		tree_test(test_counts_what_is_charged_to_others, &tree),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
