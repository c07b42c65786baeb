#include "profile/log-file.h"

#include <dirent.h>
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "util/cleanup.h"
#include "util/clock.h"
#include "util/fixture-tree.h"

static struct tree tree;

static unsigned count_files(void)
{
	_cleanup_folder_ DIR *folder = opendir(tree.root.path);
	unsigned n = 0;

	assert_non_null(folder);
	for (struct dirent *entry = readdir(folder); entry; entry = readdir(folder)) {
		n += entry->d_type == DT_REG;
	}
	return n;
}

static void test_appears_when_it_is_whole(void **state)
{
	(void)state;
	struct log_file log;
	struct error err;
	struct stat status;
	const struct log_head head = {
		.what = "a", .how = "b", .command = "c d", .elapsed_ns = 1500 * NSEC_PER_MSEC};

	tree_write(&tree, "/x.log", "old\n");
	assert_int_equal(log_file_open(&log, tree.root.path, "x.log", &err), 0);
	log_file_head(&log, &head);
	fputs("line\n", log.file);
	assert_string_equal(tree_read(&tree, "/x.log"), "old");
	assert_int_equal(log_file_commit(&log, &err), 0);
	const char *text = tree_read(&tree, "/x.log");
	assert_non_null(strstr(text, "a\n"));
	assert_non_null(strstr(text, "for 1.500 s until 2"));
	assert_non_null(strstr(text, "c d\nline"));
	assert_int_equal(stat(log.path, &status), 0);
	assert_int_equal(status.st_mode & 0777, 0644);
	log_file_done(&log);
	assert_int_equal(count_files(), 1);
}

static void test_leaves_nothing_behind(void **state)
{
	(void)state;
	struct log_file log;
	struct error err;

	assert_int_equal(log_file_open(&log, tree.root.path, "x.log", &err), 0);
	fputs("line\n", log.file);
	log_file_done(&log);
	assert_int_equal(count_files(), 0);
	assert_int_equal(log_file_open(&log, "/no/such/folder", "x.log", &err), 0);
	assert_int_equal(log_file_commit(&log, &err), -ENOENT);
	log_file_done(&log);
}

static void test_appends_what_another_program_wrote(void **state)
{
	(void)state;
	struct log_file log;
	struct error err;
	char path[64];

	tree_write(&tree, "/tool", "one\ntwo\n");
	snprintf(path, sizeof(path), "%s/tool", tree.root.path);
	assert_int_equal(log_file_open(&log, tree.root.path, "x.log", &err), 0);
	fputs("head\n", log.file);
	assert_int_equal(log_file_append(&log, path), 0);
	assert_int_equal(log_file_append(&log, "/no/such/file"), -ENOENT);
	assert_int_equal(log_file_commit(&log, &err), 0);
	log_file_done(&log);
	assert_string_equal(tree_read(&tree, "/x.log"), "head\none\ntwo");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		tree_test(test_appears_when_it_is_whole, &tree),
		tree_test(test_leaves_nothing_behind, &tree),
		tree_test(test_appends_what_another_program_wrote, &tree),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
