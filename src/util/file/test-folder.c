#include "util/file/folder.h"

#include <errno.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "util/fixture-tree.h"

static struct tree tree;

static void full_path(const char *path, char full[256])
{
	assert_int_equal(sysroot_path(&tree.root, path, full, 256), 0);
}

static void test_replaces_a_file(void **state)
{
	(void)state;
	char path[256];
	struct stat status;

	full_path("/etc/file", path);
	assert_int_equal(folder_replace_file(path, "first", 5), 0);
	assert_string_equal(tree_read(&tree, "/etc/file"), "first");
	assert_int_equal(folder_replace_file(path, "second\n", 7), 0);
	assert_string_equal(tree_read(&tree, "/etc/file"), "second");
	assert_int_equal(stat(path, &status), 0);
	assert_int_equal(status.st_mode & 07777, 0644);
	assert_string_equal(tree_read(&tree, "/etc/file.new"), "(none)");
}

/* A full disk: what was there stays, and nothing is left beside it. */
static void test_keeps_the_old_one(void **state)
{
	(void)state;
	struct rlimit old, small;
	char path[256];

	full_path("/etc/file", path);
	assert_int_equal(folder_replace_file(path, "first", 5), 0);
	assert_int_equal(getrlimit(RLIMIT_FSIZE, &old), 0);
	small = (struct rlimit){.rlim_cur = 3, .rlim_max = old.rlim_max};
	signal(SIGXFSZ, SIG_IGN);
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &small), 0);
	int r = folder_replace_file(path, "second", 6);
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &old), 0);
	assert_true(r < 0);
	assert_string_equal(tree_read(&tree, "/etc/file"), "first");
	assert_string_equal(tree_read(&tree, "/etc/file.new"), "(none)");
}

static void test_no_folder(void **state)
{
	(void)state;
	char path[256];

	full_path("/none/file", path);
	assert_int_equal(folder_replace_file(path, "x", 1), -ENOENT);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		tree_test(test_replaces_a_file, &tree),
		tree_test(test_keeps_the_old_one, &tree),
		tree_test(test_no_folder, &tree),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
