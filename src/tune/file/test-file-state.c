#include "tune/file/file-state.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "util/fixture-tree.h"

#define FILE_PATH "/etc/new/deep/a.conf"

static struct tree tree;

static json_t *read_state(const char *path)
{
	json_t *state = NULL;

	assert_int_equal(file_state_read(&tree.root, path, &state), 0);
	return state;
}

static void put(const char *path, const json_t *state)
{
	assert_int_equal(file_state_write(&tree.root, path, state), 0);
}

/* Whatever stands there: another is written over it, and what was read puts it back. */
static void check_round_trip(const char *path)
{
	json_t *before = read_state(path);
	json_t *text = json_pack("{s:s,s:s,s:i}", "type", "file", "text", "ours\n", "mode", 0644);
	json_t *link = json_pack("{s:s,s:s}", "type", "link", "target", "/usr/lib/x");

	put(path, text);
	assert_string_equal(tree_read(&tree, path), "ours");
	put(path, link);
	put(path, before);
	json_t *after = read_state(path);
	assert_true(json_equal(before, after)); /* with mode, owner and time */
	assert_false(file_state_has_leftovers(&tree.root, path, before));
	json_decref(before);
	json_decref(after);
	json_decref(text);
	json_decref(link);
}

static void puts_back_what_was_there(void **state)
{
	(void)state;
	char full[PATH_MAX];
	const struct timespec times[] = {{.tv_sec = 1}, {.tv_sec = 1000000, .tv_nsec = 987654321}};

	check_round_trip(FILE_PATH);
	assert_false(sysroot_exists(&tree.root, "/etc/new"));
	tree_write(&tree, "/etc/a", "text\n");
	assert_int_equal(sysroot_path(&tree.root, "/etc/a", full, sizeof(full)), 0);
	if (geteuid() == 0) {
		assert_int_equal(chown(full, 1, 2), 0);
	}
	assert_int_equal(chmod(full, 04750), 0);
	assert_int_equal(utimensat(AT_FDCWD, full, times, 0), 0);
	check_round_trip("/etc/a");
	tree_write(&tree, "/etc/b", "\xff\xfe not UTF-8\n");
	check_round_trip("/etc/b");
	tree_write(&tree, "/etc/c", "");
	check_round_trip("/etc/c");
	tree_link(&tree, "/etc/d", "../anywhere");
	check_round_trip("/etc/d");
}

static void keeps_folders_that_others_use(void **state)
{
	(void)state;
	json_t *absent = read_state(FILE_PATH);
	json_t *text = json_pack("{s:s,s:s,s:i}", "type", "file", "text", "ours\n", "mode", 0644);

	assert_string_equal(json_string_value(json_object_get(absent, "made")), "/etc/new");
	put(FILE_PATH, text);
	tree_write(&tree, "/etc/new/other", "");
	put(FILE_PATH, absent);
	assert_true(sysroot_exists(&tree.root, "/etc/new/other"));
	assert_false(sysroot_exists(&tree.root, "/etc/new/deep"));
	put(FILE_PATH, absent); /* again, as after a kill */
	json_decref(absent);
	json_decref(text);
}

static void finds_what_a_killed_run_left(void **state)
{
	(void)state;
	json_t *absent = read_state(FILE_PATH);

	tree_write(&tree, FILE_PATH ".twinlens-new", "half");
	assert_true(file_state_has_leftovers(&tree.root, FILE_PATH, absent));
	put(FILE_PATH, absent);
	assert_false(file_state_has_leftovers(&tree.root, FILE_PATH, absent));
	assert_false(sysroot_exists(&tree.root, "/etc/new"));
	json_decref(absent);
}

static void refuses_what_is_no_file(void **state)
{
	(void)state;
	json_t *none = NULL;
	static char large[(64 << 10) + 1];

	assert_int_equal(file_state_read(&tree.root, "/etc/sysctl.d", &none), -ENOTSUP);
	memset(large, 'a', sizeof(large) - 1);
	tree_write(&tree, "/etc/large", large);
	assert_int_equal(file_state_read(&tree.root, "/etc/large", &none), -EFBIG);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		tree_test(puts_back_what_was_there, &tree),
		tree_test(keeps_folders_that_others_use, &tree),
		tree_test(finds_what_a_killed_run_left, &tree),
		tree_test(refuses_what_is_no_file, &tree),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
