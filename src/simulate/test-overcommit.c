#include "simulate/overcommit.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <unistd.h>

#include <cmocka.h>

#include "util/cleanup.h"
#include "util/fixture-tree.h"

#define SYSCTL "/proc/sys/vm/nr_overcommit_hugepages"
#define STATE  "/run/twinlens-simulate/nr_overcommit_hugepages.json"

static struct tree tree;

static int lock_with(const char *value)
{
	tree_write(&tree, SYSCTL, value);
	int fd = overcommit_lock(&tree.root, NULL);
	assert_true(fd >= 0);
	return fd;
}

static void test_raises_and_restores(void **state)
{
	(void)state;
	_cleanup_close_ int fd = lock_with("3\n");

	assert_int_equal(overcommit_restore(&tree.root, NULL), 0); /* nothing to restore */
	assert_int_equal(overcommit_raise(&tree.root, 512, NULL), 0);
	assert_string_equal(tree_read(&tree, SYSCTL), "515");
	assert_int_equal(overcommit_restore(&tree.root, NULL), 0);
	assert_string_equal(tree_read(&tree, SYSCTL), "3");
	assert_string_equal(tree_read(&tree, STATE), "(none)");
}

static void test_leaves_what_was_changed_since(void **state)
{
	(void)state;
	_cleanup_close_ int fd = lock_with("0\n");

	assert_int_equal(overcommit_raise(&tree.root, 512, NULL), 0);
	tree_write(&tree, SYSCTL, "700\n");
	assert_int_equal(overcommit_restore(&tree.root, NULL), 0);
	assert_string_equal(tree_read(&tree, SYSCTL), "700");
	assert_string_equal(tree_read(&tree, STATE), "(none)");
}

/* Killed between the file and the change. */
static void test_restores_what_was_not_changed_yet(void **state)
{
	(void)state;
	_cleanup_close_ int fd = lock_with("5\n");

	tree_write(&tree, STATE, "{\"before\": 5, \"set\": 9}");
	assert_int_equal(overcommit_restore(&tree.root, NULL), 0);
	assert_string_equal(tree_read(&tree, SYSCTL), "5");
	assert_string_equal(tree_read(&tree, STATE), "(none)");
}

static void test_a_file_that_is_damaged(void **state)
{
	(void)state;
	static const char *const texts[] = {
		"", "{", "[]", "{\"before\": \"5\", \"set\": 9}", "{\"before\": -1, \"set\": 9}"};
	_cleanup_close_ int fd = lock_with("9\n");

	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		tree_write(&tree, STATE, texts[i]);
		assert_int_equal(overcommit_restore(&tree.root, NULL), -EBADMSG);
		assert_string_equal(tree_read(&tree, SYSCTL), "9");
	}
}

static void test_one_at_a_time(void **state)
{
	(void)state;
	int fd = lock_with("0\n");

	assert_int_equal(overcommit_lock(&tree.root, NULL), -EBUSY);
	close_fd(fd);
	fd = overcommit_lock(&tree.root, NULL);
	assert_true(fd >= 0);
	close_fd(fd);
}

static void test_without_huge_pages(void **state)
{
	(void)state;
	assert_int_equal(overcommit_raise(&tree.root, 512, NULL), -ENOTSUP);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		tree_test(test_raises_and_restores, &tree),
		tree_test(test_leaves_what_was_changed_since, &tree),
		tree_test(test_restores_what_was_not_changed_yet, &tree),
		tree_test(test_a_file_that_is_damaged, &tree),
		tree_test(test_one_at_a_time, &tree),
		tree_test(test_without_huge_pages, &tree),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
