#include "watch/log-file.h"

#include <errno.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>

#include <cmocka.h>

#include "util/clock.h"
#include "util/fixture-tree.h"
#include "watch/replace.h"

static struct tree tree;
static struct log_file_settings settings;
static struct log_file file;

static void start(uint64_t rotate_bytes, uint64_t rotate_age_ns, unsigned keep)
{
	settings = (struct log_file_settings){
		.rotate_bytes = rotate_bytes, .rotate_age_ns = rotate_age_ns, .keep = keep};
	snprintf(settings.path, sizeof(settings.path), "%s/log", tree.folder);
	log_file_init(&file, &settings);
}

static int put(const char *line, unsigned second)
{
	return log_file_write(&file, line, strlen(line), second * NSEC_PER_SEC);
}

static void test_rotates_by_size(void **state)
{
	(void)state;

	start(8, 0, 2);
	assert_int_equal(put("one\n", 1), 0);
	assert_int_equal(put("two\n", 1), 0); /* just fits */
	assert_string_equal(tree_read(&tree, "/log"), "one\ntwo");
	assert_int_equal(put("three, which is longer\n", 1), 0);
	assert_string_equal(tree_read(&tree, "/log.1"), "one\ntwo");
	assert_int_equal(put("four\n", 1), 0);
	assert_int_equal(put("five\n", 1), 0);
	assert_string_equal(tree_read(&tree, "/log"), "five");
	assert_string_equal(tree_read(&tree, "/log.1"), "four");
	assert_string_equal(tree_read(&tree, "/log.2"), "three, which is longer");
	assert_string_equal(tree_read(&tree, "/log.3"), "(none)");
	log_file_done(&file);
}

static void test_rotates_by_age(void **state)
{
	(void)state;

	start(0, 10 * NSEC_PER_SEC, 1);
	assert_int_equal(put("one\n", 5), 0);
	assert_int_equal(put("two\n", 14), 0);
	assert_int_equal(put("three\n", 15), 0);
	assert_string_equal(tree_read(&tree, "/log.1"), "one\ntwo");
	assert_int_equal(put("four\n", 24), 0);
	assert_string_equal(tree_read(&tree, "/log"), "three\nfour");
	log_file_done(&file);
}

static void test_keeps_none(void **state)
{
	(void)state;

	start(4, 0, 0);
	assert_int_equal(put("one\n", 1), 0);
	assert_int_equal(put("two\n", 1), 0);
	assert_string_equal(tree_read(&tree, "/log"), "two");
	assert_string_equal(tree_read(&tree, "/log.1"), "(none)");
	log_file_done(&file);
}

static void test_goes_on_after_others_moved_it(void **state)
{
	(void)state;
	char moved[64];

	start(0, 0, 1);
	assert_int_equal(put("one\n", 1), 0);
	snprintf(moved, sizeof(moved), "%s/moved", tree.folder);
	assert_int_equal(rename(settings.path, moved), 0);
	assert_int_equal(put("two\n", 1), 0);
	assert_string_equal(tree_read(&tree, "/moved"), "one");
	assert_string_equal(tree_read(&tree, "/log"), "two");
	tree_remove(&tree, "/log");
	assert_int_equal(put("three\n", 1), 0);
	assert_string_equal(tree_read(&tree, "/log"), "three");
	log_file_done(&file);
	log_file_init(&file, &settings); /* as after a restart */
	assert_int_equal(put("four\n", 1), 0);
	assert_string_equal(tree_read(&tree, "/log"), "three\nfour");
	log_file_done(&file);
}

static void test_takes_back_a_part_of_a_line(void **state)
{
	(void)state;
	struct rlimit before, limit;

	start(0, 0, 1);
	assert_int_equal(put("one\n", 1), 0);
	assert_int_equal(getrlimit(RLIMIT_FSIZE, &before), 0);
	assert_true(signal(SIGXFSZ, SIG_IGN) != SIG_ERR);
	limit = before;
	limit.rlim_cur = 6;
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &limit), 0);
	assert_int_equal(put("a line\n", 1), -ENOSPC);
	assert_string_equal(tree_read(&tree, "/log"), "one");
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &before), 0);
	assert_int_equal(put("a line\n", 1), 0);
	assert_string_equal(tree_read(&tree, "/log"), "one\na line");
	log_file_done(&file);
}

static void test_reports_what_cannot_be_opened(void **state)
{
	(void)state;

	start(0, 0, 1);
	snprintf(settings.path, sizeof(settings.path), "%s/none/log", tree.folder);
	assert_int_equal(put("one\n", 1), -ENOENT);
	settings.path[0] = '\0';
	assert_int_equal(put("one\n", 1), 0);
	log_file_done(&file);
}

static void test_replaces_a_file(void **state)
{
	(void)state;
	char path[64];

	snprintf(path, sizeof(path), "%s/state", tree.folder);
	assert_int_equal(replace_file(path, "one\n", 4), 0);
	assert_int_equal(replace_file(path, "two\n", 4), 0);
	assert_string_equal(tree_read(&tree, "/state"), "two");
	assert_string_equal(tree_read(&tree, "/state.tmp"), "(none)");
	snprintf(path, sizeof(path), "%s/none/state", tree.folder);
	assert_int_equal(replace_file(path, "two\n", 4), -ENOENT);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		tree_test(test_rotates_by_size, &tree),
		tree_test(test_rotates_by_age, &tree),
		tree_test(test_keeps_none, &tree),
		tree_test(test_goes_on_after_others_moved_it, &tree),
		tree_test(test_takes_back_a_part_of_a_line, &tree),
		tree_test(test_reports_what_cannot_be_opened, &tree),
		tree_test(test_replaces_a_file, &tree),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
